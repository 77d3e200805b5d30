package peer

import (
	"math"
	"slices"
)

// A Median is the middle of some rounds and its interval.
type Median struct{ Value, Low, High float64 }

// confidence is the least that an interval covers, where there are rounds enough: five give 0.9375, from the least to the
// greatest.
const confidence = 0.93

// MedianOf gives the median with the narrowest interval between two of the values, equally far from either end, that holds
// the true median with probability 0.93: the order statistics of a binomial distribution with p = 1/2, so nothing is
// assumed of the values' distribution. Fewer than five values give their whole range. No values give NaN.
func MedianOf(values []float64) Median {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n == 0 {
		return Median{math.NaN(), math.NaN(), math.NaN()}
	}
	k := 0
	for outside := tail(n, 0); k+1 < (n+1)/2; k++ {
		if outside += tail(n, k+1); 1-2*outside < confidence {
			break
		}
	}
	return Median{(v[(n-1)/2] + v[n/2]) / 2, v[k], v[n-1-k]}
}

// tail is the probability that exactly k of n values lie below the true median.
func tail(n, k int) float64 {
	choose, _ := math.Lgamma(float64(n + 1))
	a, _ := math.Lgamma(float64(k + 1))
	b, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(choose - a - b - float64(n)*math.Ln2)
}

// Ratios divides pair by pair.
func Ratios(a, b []float64) []float64 {
	r := make([]float64, min(len(a), len(b)))
	for i := range r {
		r[i] = a[i] / b[i]
	}
	return r
}
