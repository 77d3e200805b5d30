package compare

import (
	"math"
	"sort"

	"github.com/aclements/go-moremath/stats"
)

// unpaired estimates the shift from the logs of base to those of head, at least two each, whose rounds have nothing to
// do with each other.
func (o Options) unpaired(base, head []float64) estimate {
	s := newShift(base, head)
	if point := s.median(ones(len(base)), ones(len(head))); point < 0 {
		// One orientation is always computed, so that swapping the files mirrors the result to the last digit.
		return o.shifted(newShift(head, base), head, base).mirror()
	}
	return o.shifted(s, base, head)
}

func (o Options) shifted(s *shift, base, head []float64) estimate {
	rng := o.rng(len(base) + len(head))
	cb, ch := ones(len(base)), ones(len(head))
	point := s.median(cb, ch)
	boot := make([]float64, o.Resamples)
	for i := range boot {
		resample(rng, cb)
		resample(rng, ch)
		boot[i] = s.median(cb, ch)
	}
	e := o.interval(boot, min(len(base), len(head)))
	e.point = point
	e.p, e.pMin = mannWhitney(base, head)
	return e
}

// mannWhitney gives the two-sided p-value, 1 when all values are equal, and the smallest that such samples can give. With
// ties in samples of different sizes the library's p depends on which comes first, because it takes the distribution of
// U to be symmetric, which it is not then; the larger of the two is never too small.
func mannWhitney(a, b []float64) (p, pMin float64) {
	la, lb := len(a), len(b)
	ways := math.Exp(lgamma(la+lb+1) - lgamma(la+1) - lgamma(lb+1))
	pMin = 2 / ways
	ab, err := stats.MannWhitneyUTest(a, b, stats.LocationDiffers)
	if err != nil {
		return 1, pMin
	}
	ba, err := stats.MannWhitneyUTest(b, a, stats.LocationDiffers)
	if err != nil {
		return 1, pMin
	}
	return min(1, max(ab.P, ba.P)), pMin
}

func lgamma(n int) float64 {
	v, _ := math.Lgamma(float64(n))
	return v
}

func ones(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

// shift are the differences of all pairs, one of each sample.
type shift struct{ combos }

func newShift(base, head []float64) *shift {
	s := &shift{}
	for i, b := range base {
		for j, h := range head {
			s.add(h-b, i, j)
		}
	}
	sort.Sort(&s.combos)
	return s
}

func (s *shift) median(base, head []int) float64 {
	return s.at(len(base)*len(head), func(i, j int32) int { return base[i] * head[j] })
}
