package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/aclements/go-moremath/stats"
)

// estimate is a change on the log scale. Its fields are NaN where nothing could be estimated.
type estimate struct {
	point, low, high float64
	p                float64 // two-sided
	pMin             float64 // smallest p that so many rounds can give
}

var noEstimate = estimate{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()}

// mirror is the estimate with the two sides swapped.
func (e estimate) mirror() estimate {
	return estimate{-e.point, -e.high, -e.low, e.p, e.pMin}
}

// paired estimates the centre of the differences d, at least two of them.
func (o Options) paired(d []float64) estimate {
	e := o.centre(d)
	e.p, e.pMin = o.signFlip(d)
	return e
}

// centre is paired without its test.
func (o Options) centre(d []float64) estimate {
	w := newWalsh(d)
	rng := o.rng(len(d))
	counts := make([]int, len(d))
	boot := make([]float64, o.Resamples)
	for i := range boot {
		resample(rng, counts)
		boot[i] = w.median(counts)
	}
	e := o.interval(boot, len(d))
	for i := range counts {
		counts[i] = 1
	}
	e.point = w.median(counts)
	return e
}

// interval gives the percentile interval of bootstrap replicates from n rounds. The percentiles are moved outwards so
// that for few rounds the interval is as much wider as Student's t is than the normal, and by the bootstrap's factor
// sqrt(n/(n-1)); for 20 rounds they are 1.6 and 98.4 instead of 2.5 and 97.5.
func (o Options) interval(boot []float64, n int) estimate {
	slices.Sort(boot)
	df := float64(n - 1)
	t := stats.InvCDF(stats.TDist{V: df})((1 + o.Confidence) / 2)
	tail := stats.StdNormal.CDF(-t * math.Sqrt(float64(n)/df))
	return estimate{low: quantile(boot, tail), high: quantile(boot, 1-tail)}
}

func (o Options) rng(n int) *rand.Rand { return rand.New(rand.NewPCG(o.Seed, uint64(n))) }

// resample draws len(counts) rounds with replacement, as how often each was drawn.
func resample(rng *rand.Rand, counts []int) {
	clear(counts)
	for range counts {
		counts[rng.IntN(len(counts))]++
	}
}

// quantile interpolates linearly between the order statistics of sorted, so that it mirrors: q(p) of x is -q(1-p) of -x.
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(math.Floor(h))
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	f := h - float64(i)
	return sorted[i]*(1-f) + sorted[i+1]*f
}

// combos are sorted values each made of two rounds. The median of a resample needs no new sorting: a value counts as
// often as its two rounds were drawn together.
type combos struct {
	v    []float64
	i, j []int32
}

func (c *combos) Len() int           { return len(c.v) }
func (c *combos) Less(a, b int) bool { return c.v[a] < c.v[b] }
func (c *combos) Swap(a, b int) {
	c.v[a], c.v[b] = c.v[b], c.v[a]
	c.i[a], c.i[b] = c.i[b], c.i[a]
	c.j[a], c.j[b] = c.j[b], c.j[a]
}

func (c *combos) add(v float64, i, j int) {
	c.v, c.i, c.j = append(c.v, v), append(c.i, int32(i)), append(c.j, int32(j))
}

// at walks to the middle of total weighted values.
func (c *combos) at(total int, weight func(i, j int32) int) float64 {
	seen, lower := 0, math.NaN()
	for k, v := range c.v {
		seen += weight(c.i[k], c.j[k])
		if math.IsNaN(lower) && 2*seen >= total {
			lower = v
		}
		if 2*seen > total {
			return lower + (v-lower)/2
		}
	}
	return lower
}

// walsh are the means of all pairs of one sample, each value with itself included.
type walsh struct{ combos }

func newWalsh(d []float64) *walsh {
	w := &walsh{}
	for i := range d {
		for j := i; j < len(d); j++ {
			w.add((d[i]+d[j])/2, i, j)
		}
	}
	sort.Sort(&w.combos)
	return w
}

// median is the Hodges-Lehmann estimate of the sample in which d[i] stands counts[i] times.
func (w *walsh) median(counts []int) float64 {
	n := 0
	for _, c := range counts {
		n += c
	}
	return w.at(n*(n+1)/2, func(i, j int32) int {
		if i == j {
			return counts[i] * (counts[i] + 1) / 2
		}
		return counts[i] * counts[j]
	})
}

// exactFlips is the number of rounds up to which all 2^n sign patterns are tried.
const exactFlips = 16

// signFlip tests whether d is centred at 0: had the sides been exchanged in any round, its sign would be the other. It
// gives the share of sign patterns whose sum is at least as far from 0, and the smallest share possible.
func (o Options) signFlip(d []float64) (p, pMin float64) {
	n := len(d)
	var sum, scale float64
	for _, x := range d {
		sum += x
		scale += math.Abs(x)
	}
	limit := math.Abs(sum) - 1e-9*scale // sums in another order differ in the last digits
	hits := 0
	if n <= exactFlips {
		total := 1 << (n - 1) // the first sign stays: flipping all changes nothing
		for mask := range total {
			s := d[0]
			for i, x := range d[1:] {
				if mask>>i&1 == 1 {
					x = -x
				}
				s += x
			}
			if math.Abs(s) >= limit {
				hits++
			}
		}
		return float64(hits) / float64(total), 1 / float64(total)
	}
	rng := o.rng(n)
	for range o.Flips {
		s := 0.0
		bits := uint64(0)
		for i, x := range d {
			if i%64 == 0 {
				bits = rng.Uint64()
			}
			if bits&1 == 1 {
				x = -x
			}
			bits >>= 1
			s += x
		}
		if math.Abs(s) >= limit {
			hits++
		}
	}
	return float64(hits+1) / float64(o.Flips+1), 1 / float64(o.Flips+1)
}
