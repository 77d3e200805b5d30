package compare

import (
	"fmt"
	"math"

	"pgbench-provider/internal/result"
)

// count compares a counted metric: no test, any change is a verdict. Where the count itself varies from round to round,
// because rounds end in the middle of a mix of cheap and dear calls, a change is one only when the rounds of the two
// arms do not overlap.
func (m measure) count(c *Comparison, base, head *result.Cell) {
	c.est = noEstimate
	b, h := float64(c.BaseValue), float64(c.HeadValue)
	if !(b > 0) || !(h > 0) {
		c.Verdict, c.Note = NotEnoughData, "round trips were not counted"
		return
	}
	bs, hs := m.spread(base), m.spread(head)
	c.Rounds = min(bs.n, hs.n)
	c.Ratio = Number(h / b)
	c.CILow, c.CIHigh = c.Ratio, c.Ratio
	apart := bs.low > hs.high || hs.low > bs.high
	switch {
	case equal(b, h):
		c.Verdict = Same
	case !apart && !(bs.constant() && hs.constant()):
		c.Verdict = Same
		c.Note = fmt.Sprintf("varies by round: %.4g to %.4g against %.4g to %.4g", bs.low, bs.high, hs.low, hs.high)
	case h < b:
		c.Verdict = Fewer
	default:
		c.Verdict = More
	}
	c.Detected = c.Verdict != Same
}

// extent is the range of a counted metric over the rounds of an arm.
type extent struct {
	low, high float64
	n         int
}

func (e extent) constant() bool { return equal(e.low, e.high) }

// spread takes the summary alone when the rounds do not have the metric.
func (m measure) spread(c *result.Cell) extent {
	e := extent{low: math.Inf(1), high: math.Inf(-1)}
	for _, r := range c.Rounds {
		if v, _ := m.value(r.Operations, r.Orchestrations); v > 0 {
			e.low, e.high, e.n = min(e.low, v), max(e.high, v), e.n+1
		}
	}
	if e.n == 0 {
		v := m.total(c)
		e.low, e.high = v, v
	}
	return e
}

// equal allows for the rounding of sums of counts that were divided and multiplied again.
func equal(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(a, b) }
