package compare

import (
	"math"
	"testing"
)

func TestDetectedNeedsTheAdjustedP(t *testing.T) {
	t.Parallel()
	o := defaults(t)
	for _, x := range []struct {
		metric   Metric
		low      float64
		adjusted Number
		want     bool
	}{
		{P50, 0.01, 0.04, true},
		{P50, 0.01, 0.06, false},
		{P50, -0.01, 0.04, false},
		{P90, 0.01, None, true}, // it describes: only the interval speaks
		{P90, -0.01, None, false},
	} {
		c := &Comparison{Metric: x.metric, PAdjusted: x.adjusted, Rounds: 20, est: estimate{point: 0.02, low: x.low, high: 0.03, p: 0.01, pMin: 0.0001}}
		o.conclude(c, 6)
		if c.Detected != x.want || c.Verdict != map[bool]Verdict{true: Equivalent}[c.est.high <= o.delta()] {
			t.Errorf("%+v: detected %v, %s", x, c.Detected, c.Verdict)
		}
	}
}

func TestVerdictAtTheEdges(t *testing.T) {
	t.Parallel()
	o := defaults(t)
	none := floor{}
	for _, x := range []struct {
		low, high float64 // as factors
		floor     floor
		want      Verdict
	}{
		{1.051, 1.2, none, Slower},
		{1.05, 1.2, none, Inconclusive}, // the margin itself is not beyond it
		{1 / 1.2, 0.95, none, Faster},   // 1/1.05 is 0.952
		{1 / 1.2, 0.955, none, Inconclusive},
		{1 / 1.05, 1.05, none, Equivalent},
		{0.99, 1.051, none, Inconclusive},
		{1.09, 1.2, floor{0.08, 0.02, true}, Slower},
		{1.07, 1.2, floor{0.08, 0.02, true}, Inconclusive},
		{1.07, 1.2, floor{0.02, 0.08, true}, Inconclusive},
		{1 / 1.2, 1 / 1.09, floor{0.02, 0.08, true}, Faster},
		{0.99, 1.01, floor{0.02, 0.04, true}, Equivalent},
		{0.99, 1.01, floor{0.02, 0.06, true}, Inconclusive},
	} {
		low, high := math.Log(x.low), math.Log(x.high)
		c := &Comparison{Metric: P50, Rounds: 20, floor: x.floor, est: estimate{point: (low + high) / 2, low: low, high: high, pMin: 0.0001}}
		o.conclude(c, 6)
		if c.Verdict != x.want || (c.Verdict == Inconclusive) != (c.Note != "") {
			t.Errorf("%+v: %s %q", x, c.Verdict, c.Note)
		}
	}
}
