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

// conclude gives the verdict of one noisy metric.
func (o Options) conclude(c *Comparison, family int) {
	e, delta := c.est, o.delta()
	claim := e.low > delta || e.high < -delta
	c.Verdict = Inconclusive
	switch {
	case claim && math.Abs(e.point) <= c.floor:
		c.Note = fmt.Sprintf("not beyond the noise floor of ±%s that the control arm shows", percent(math.Expm1(c.floor)))
	case claim && !o.significant(c, family):
		c.Note = fmt.Sprintf("p = %.2g after correction for %d comparisons", float64(c.PAdjusted), family)
	case claim && e.point < 0:
		c.Verdict = Faster
	case claim:
		c.Verdict = Slower
	case e.low >= -delta && e.high <= delta && c.floor > delta:
		c.Note = fmt.Sprintf("the noise floor of ±%s is wider than the margin", percent(math.Expm1(c.floor)))
	case e.low >= -delta && e.high <= delta:
		c.Verdict = Equivalent
	default:
		o.needed(c)
	}
}

// needed estimates the rounds for a verdict: n (halfwidth / distance)^2, since a half-width shrinks with the root of n.
// The distance is that of the point estimate from the nearer margin, which is the margin itself when there is no effect.
func (o Options) needed(c *Comparison) {
	e, delta := c.est, o.delta()
	half := (e.high - e.low) / 2
	distance := math.Abs(delta - math.Abs(e.point))
	n := max(c.Rounds, c.HeadRounds)
	ratio := half / distance
	switch {
	case !(ratio*ratio <= 50):
		c.Note = fmt.Sprintf("the change is close to the margin of ±%s: more rounds will hardly settle it", percent(o.Margin))
	default:
		c.RoundsNeeded = max(n+1, int(math.Ceil(float64(n)*ratio*ratio)))
		c.Note = fmt.Sprintf("about %d rounds needed", c.RoundsNeeded)
	}
	switch {
	case e.low > 0:
		c.Note = "slower, but not surely by more than the margin; " + c.Note
	case e.high < 0:
		c.Note = "faster, but not surely by more than the margin; " + c.Note
	}
}

// percent gives 0.05 as "5 %".
func percent(x float64) string { return fmt.Sprintf("%.2g %%", 100*x) }
