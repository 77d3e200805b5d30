package compare

import (
	"fmt"
	"math"
	"time"

	"github.com/aclements/go-moremath/stats"

	"pgbench-provider/internal/result"
)

// manyTimes is how many times the rounds so far are still worth proposing.
const manyTimes = 50

// needed sets RoundsNeeded of an inconclusive comparison and says it in words. A half-width shrinks with the root of the
// rounds n, so it is as wide as some distance after n (half-width / distance)^2. With just that many the next estimate has
// an even chance to fall on the wrong side, so room is left for an error that is not exceeded in four of five cases.
func (o Options) needed(c *Comparison) string {
	delta, size, half := o.delta(), math.Abs(c.est.point), (c.est.high-c.est.low)/2
	z := stats.StdNormal
	half *= 1 + stats.InvCDF(z)(0.8)/stats.InvCDF(z)((1+o.Confidence)/2)
	bound := max(delta, c.floor.bias)
	ratio := max(half/math.Abs(bound-size), c.floor.half/delta)
	if size > bound {
		ratio = max(half/(size-bound), (half+c.floor.half)/size)
	}
	switch {
	case c.floor.bias >= delta && size <= c.floor.bias:
		return "equal arms differ by as much on this machine, which more rounds will not change"
	case !(ratio*ratio <= manyTimes):
		return fmt.Sprintf("the change is close to the margin of ±%s: more rounds will hardly settle it", percent(o.Margin))
	}
	n := max(c.Rounds, c.HeadRounds)
	c.RoundsNeeded = max(n+1, int(math.Ceil(float64(n)*ratio*ratio)))
	return fmt.Sprintf("about %d rounds needed", c.RoundsNeeded)
}

// Precision is how well the primary figure of two arms is known: the p50 of the whole orchestration, or of the slowest
// operation where a workload runs none.
type Precision struct {
	Workload   string         `json:"workload"`
	AddedRTT   time.Duration  `json:"added_rtt_ns"`
	Base       string         `json:"base"`
	Head       string         `json:"head"`
	Operation  string         `json:"operation"`
	Outcome    result.Outcome `json:"outcome"`
	Rounds     int            `json:"rounds"`
	HalfWidth  Number         `json:"half_width"`  // of the interval: 0.03 for a factor of 1.03; NaN without an estimate
	Reached    bool           `json:"reached"`     // HalfWidth is as small as wanted
	MoreRounds int            `json:"more_rounds"` // about; 0 when Reached
}

// Precision holds the interval of each primary figure against the half-width wanted, above 0, as 0.03 for 3 %. It looks
// at the width alone and never at the side the interval lies on, so measuring on until it is reached favours no result. It
// is not reached with fewer than 12 rounds, whose intervals differ too much in width by chance.
func (a *Analysis) Precision(want float64) []Precision {
	var out []Precision
	for _, c := range a.primaries() {
		p := Precision{
			Workload: c.Workload, AddedRTT: c.AddedRTT, Base: c.Base, Head: c.Head, Operation: c.Operation, Outcome: c.Outcome,
			Rounds: max(c.Rounds, c.HeadRounds), HalfWidth: None,
		}
		half := math.Log(float64(c.CIHigh/c.CILow)) / 2
		if c.CILow.Valid() && c.CIHigh.Valid() {
			p.HalfWidth = Number(math.Expm1(half))
		}
		p.Reached, p.MoreRounds = more(p.Rounds, half, math.Log1p(want))
		out = append(out, p)
	}
	return out
}

// more gives the rounds that n rounds with an interval of that half-width, NaN for none, lack to the one wanted.
func more(n int, half, want float64) (reached bool, rounds int) {
	switch {
	case math.IsNaN(half) || n < fewRounds:
		return false, max(1, fewRounds-n)
	case half <= want:
		return true, 0
	}
	return false, max(1, int(math.Min(math.Ceil(float64(n)*(half*half/(want*want)-1)), 1e6)))
}

// primaries gives a comparison for each workload, distance and head.
func (a *Analysis) primaries() []*Comparison {
	var out []*Comparison
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		if c.Metric != P50 || c.Outcome == result.Empty {
			continue
		}
		last := len(out) - 1
		switch {
		case last < 0 || out[last].Workload != c.Workload || out[last].AddedRTT != c.AddedRTT || out[last].Head != c.Head:
			out = append(out, c)
		case c.Operation == Orchestration || out[last].Operation != Orchestration && c.BaseValue > out[last].BaseValue:
			out[last] = c
		}
	}
	return out
}
