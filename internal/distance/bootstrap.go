package distance

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/aclements/go-moremath/stats"

	"pgbench-provider/internal/compare"
)

// draws gives the resamples of n rounds, each as how often each round was drawn.
func (o Options) draws(n int) [][]int {
	rng := rand.New(rand.NewPCG(o.Seed, uint64(n)))
	out := make([][]int, o.Resamples)
	for i := range out {
		out[i] = make([]int, n)
		for range n {
			out[i][rng.IntN(n)]++
		}
	}
	return out
}

// fit sets the lines of a; draws are those of the rounds of its workload.
func (a *arm) fit(rounds int, draws [][]int) bool {
	points := make([]point, 0, len(a.legs))
	of := func(counts []int, y func(*leg) *column) (line, bool) {
		points = points[:0]
		for _, l := range a.legs {
			// NaN, when a resample has no round of a distance, is not above 0.
			points = append(points, point{l.x.median(counts), y(l).median(counts)})
		}
		return through(points)
	}
	p50 := func(l *leg) *column { return &l.y }
	var ok bool
	if a.line, ok = of(ones(rounds), p50); !ok {
		return false
	}
	a.mean, _ = of(ones(rounds), func(l *leg) *column { return &l.mean })
	a.boot = make([]line, len(draws))
	for i, counts := range draws {
		a.boot[i], _ = of(counts, p50)
	}
	return true
}

// rounds is the fewest rounds of a distance of a, which is what its interval rests on.
func (a *arm) rounds() int {
	n := math.MaxInt
	for _, l := range a.legs {
		n = min(n, len(l.x.v))
	}
	return n
}

// interval gives the percentile interval of what f makes of each resample, NaN for fewer than compare.MinRounds rounds.
// The percentiles are moved outwards for few rounds as package compare does (Hesterberg, Am. Stat. 69, 2015).
func (o Options) interval(rounds int, f func(i int) float64) (low, high float64) {
	if rounds < compare.MinRounds {
		return math.NaN(), math.NaN()
	}
	boot := make([]float64, 0, o.Resamples)
	for i := range o.Resamples {
		if v := f(i); !math.IsNaN(v) {
			boot = append(boot, v)
		}
	}
	if 2*len(boot) < o.Resamples {
		return math.NaN(), math.NaN()
	}
	slices.Sort(boot)
	df := float64(rounds - 1)
	t := stats.InvCDF(stats.TDist{V: df})((1 + o.Confidence) / 2)
	tail := stats.StdNormal.CDF(-t * math.Sqrt(float64(rounds)/df))
	return quantile(boot, tail), quantile(boot, 1-tail)
}

// quantile interpolates linearly between the order statistics of sorted.
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(math.Floor(h))
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	if f := h - float64(i); f > 0 { // a neighbour at infinity must not make NaN of 0 times it
		return sorted[i] + f*(sorted[i+1]-sorted[i])
	}
	return sorted[i]
}
