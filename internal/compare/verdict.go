package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// conclude corrects the p-values, gives the verdicts of the noisy metrics and adds the warnings.
func (a *Analysis) conclude(o Options) {
	var family []*Comparison
	for i := range a.Comparisons {
		if c := &a.Comparisons[i]; c.Metric == P50 && c.Verdict == "" {
			family = append(family, c)
		}
	}
	holm(family)
	for i := range a.Comparisons {
		if c := &a.Comparisons[i]; c.Verdict == "" {
			o.conclude(c, len(family))
		}
	}
	a.warn(o, len(family))
}

// holm sets the adjusted p-values of a family: the k-th smallest of m times m-k+1, and never below the one before.
func holm(family []*Comparison) {
	sorted := slices.Clone(family)
	slices.SortStableFunc(sorted, func(x, y *Comparison) int { return cmp.Compare(x.est.p, y.est.p) })
	last := 0.0
	for k, c := range sorted {
		last = max(last, min(1, c.est.p*float64(len(sorted)-k)))
		c.PAdjusted = Number(last)
	}
}

// attainable reports whether rounds that all agree could pass Holm's correction in a family of that size.
func (o Options) attainable(pMin float64, family int) bool {
	return pMin*float64(family) <= 1-o.Confidence
}

// significant reports whether the primary metric passed its test. With too few rounds for any p-value to pass, rounds
// that all agree have to do, and a warning says so.
func (o Options) significant(c *Comparison, family int) bool {
	if c.Metric != P50 {
		return true // the other metrics describe; only the interval speaks
	}
	if o.attainable(c.est.pMin, family) {
		return float64(c.PAdjusted) <= 1-o.Confidence
	}
	return c.est.p <= c.est.pMin*(1+1e-9)
}

// rounding is what differences of logs are off by: a change exactly as large as the margin is not beyond it.
const rounding = 1e-9

// conclude gives the verdict of one noisy metric.
func (o Options) conclude(c *Comparison, family int) {
	e, delta, noise := c.est, o.delta(), c.floor.value()
	near, far := max(e.low, -e.high), max(-e.low, e.high)
	significant := o.significant(c, family)
	c.Detected = near > rounding && significant
	c.Verdict = Inconclusive
	switch {
	case near > max(delta, noise)+rounding && !significant:
		c.Note = fmt.Sprintf("p = %.2g after correction for %d comparisons", float64(c.PAdjusted), family)
	case near > max(delta, noise)+rounding && e.point < 0:
		c.Verdict = Faster
	case near > max(delta, noise)+rounding:
		c.Verdict = Slower
	case near > delta+rounding:
		c.Note = fmt.Sprintf("not surely beyond the noise floor of %s that the control arm shows; ", c.floor) + o.needed(c)
	case far <= delta+rounding && noise > delta:
		c.Note = fmt.Sprintf("the noise floor of %s is wider than the margin; ", c.floor) + o.needed(c)
	case far <= delta+rounding:
		c.Verdict = Equivalent
	case e.low > 0:
		c.Note = "slower, but not surely by more than the margin; " + o.needed(c)
	case e.high < 0:
		c.Note = "faster, but not surely by more than the margin; " + o.needed(c)
	default:
		c.Note = o.needed(c)
	}
}

// percent gives 0.05 as "5 %", with two digits or all before the point.
func percent(x float64) string {
	if math.Abs(x) >= 0.1 {
		return fmt.Sprintf("%.0f %%", 100*x)
	}
	return fmt.Sprintf("%.2g %%", 100*x)
}
