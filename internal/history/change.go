package history

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Limits of the search for changes.
const (
	MinRuns      = 10    // below, no series is looked at
	Significance = 0.001 // of a change, by permutation
	MinMagnitude = 0.05  // of the medians before and after, as a share
	permutations = 1999
	least        = 3 // runs on each side of a change
)

// Change is a place at which a series changed.
type Change struct {
	At     int     `json:"at"` // the first run after it
	Before float64 `json:"before"`
	After  float64 `json:"after"` // medians up to the changes next to it
	Share  float64 `json:"share"` // After/Before - 1
	P      float64 `json:"p_value"`
}

// Changes finds the changes of a series of values above 0 by the E-divisive method: the split whose two sides differ most
// in the energy statistic, if no more than one in a thousand permutations of the runs does as well, and then the same on
// each side (Matteson and James, "A nonparametric approach for multiple change point analysis of multivariate data",
// JASA 109, 2014; Apache Otava looks for changes of benchmarks by the same statistic, with a t-test). Changes of less than
// [MinMagnitude] are left out. Values are compared on the log scale. The same series gives the same changes.
func Changes(values []float64) []Change {
	if len(values) < MinRuns {
		return nil
	}
	logs := make([]float64, len(values))
	for i, v := range values {
		logs[i] = math.Log(v)
	}
	type split struct {
		at int
		p  float64
	}
	var splits []split
	var search func(low, high int)
	search = func(low, high int) {
		at, p := best(logs[low:high])
		if at == 0 || p > Significance {
			return
		}
		splits = append(splits, split{low + at, p})
		search(low, low+at)
		search(low+at, high)
	}
	search(0, len(logs))
	slices.SortFunc(splits, func(a, b split) int { return a.at - b.at })
	at := func(i int) int { // bounds of the stretches between splits
		switch {
		case i < 0:
			return 0
		case i == len(splits):
			return len(values)
		}
		return splits[i].at
	}
	for {
		var out []Change
		smallest := -1
		for i, s := range splits {
			c := Change{At: s.at, Before: median(values[at(i-1):s.at]), After: median(values[s.at:at(i+1)]), P: s.p}
			c.Share = c.After/c.Before - 1
			out = append(out, c)
			if c.size() < math.Log1p(MinMagnitude) && (smallest < 0 || c.size() < out[smallest].size()) {
				smallest = i
			}
		}
		if smallest < 0 {
			return out
		}
		// Its neighbours then reach farther: small steps may be a large change together.
		splits = slices.Delete(splits, smallest, smallest+1)
	}
}

func (c Change) size() float64 { return math.Abs(math.Log1p(c.Share)) }

// best gives the split of x with the greatest statistic, 0 when x is too short, and the share of permutations that reach
// it.
func best(x []float64) (at int, p float64) {
	if len(x) < 2*least {
		return 0, 1
	}
	at, top := energy(x)
	if top <= 0 {
		return 0, 1
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(x))))
	shuffled := slices.Clone(x)
	reached := 1
	for range permutations {
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if _, q := energy(shuffled); q >= top*(1-1e-12) {
			reached++
		}
	}
	return at, float64(reached) / (permutations + 1)
}

// energy gives the split with the greatest weighted energy distance of its sides, n m / (n + m) (2 E|X-Y| - E|X-X'| -
// E|Y-Y'|), and that distance. Moving a value from right to left changes the sums by its distances to both sides.
func energy(x []float64) (at int, top float64) {
	var within, between, right float64 // sums over pairs: both left, one on each side, both right
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			right += math.Abs(x[i] - x[j])
		}
	}
	for k := range len(x) - least {
		toLeft, toRight := 0.0, 0.0
		for i, v := range x {
			if d := math.Abs(v - x[k]); i < k {
				toLeft += d
			} else {
				toRight += d
			}
		}
		within, right, between = within+toLeft, right-toRight, between-toLeft+toRight
		n, m := float64(k+1), float64(len(x)-k-1)
		if k+1 < least {
			continue
		}
		q := n * m / (n + m) * (2*between/(n*m) - within/(n*(n-1)/2) - right/(m*(m-1)/2))
		if q > top {
			at, top = k+1, q
		}
	}
	return at, top
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}
