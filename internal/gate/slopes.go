package gate

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/compare"
)

// slopes is tier 2b.
func (c *checker) slopes(t *timings) {
	if len(c.baseline.Lines) == 0 {
		return
	}
	if t.sweep == nil {
		c.note("The timed run has too few distances for lines: slopes are not gated.")
		return
	}
	lines := t.lines()
	for _, base := range c.baseline.Lines {
		i := slices.IndexFunc(lines, func(l Line) bool { return l.name() == base.name() })
		if i >= 0 {
			c.add(c.slope(base, lines[i]))
			continue
		}
		x := base.newCase()
		cell, op := has(t.file, base.Workload, base.Strategy, base.Operation, base.Outcome, -1)
		switch {
		case !cell:
			x.Status, x.Note = NotGated, "not measured this time"
		case op:
			x.Status, x.Note = Inconclusive, "no line this time: too few distances with rounds"
		default:
			x.Status, x.Note = Fail, fmt.Sprintf("missing operation: %s never ended %s", base.Operation, base.Outcome)
		}
		c.add(x)
	}
}

func (l Line) newCase() Case {
	x := newCase(Slopes, l.name(), Slope, "round_trips")
	x.Workload, x.Strategy, x.Operation, x.Outcome, x.Baseline = l.Workload, l.Strategy, l.Operation, l.Outcome, l.R
	return x
}

// slope compares R. A change in either direction fails: fewer round trips on the critical path are either meant, and then
// the baseline is to be updated, or a line that does not fit.
func (c *checker) slope(base, now Line) Case {
	x := base.newCase()
	tolerance := c.tolerance(Slope, c.floors[x.Name])
	d := float64(now.R - base.R)
	low := d - math.Hypot(float64(now.R-now.RLow), float64(base.RHigh-base.R))
	high := d + math.Hypot(float64(now.RHigh-now.R), float64(base.R-base.RLow))
	x.Now, x.Change, x.Low, x.High = now.R, compare.Number(d), compare.Number(low), compare.Number(high)
	x.Tolerance, x.Limit, x.Rounds = compare.Number(tolerance), base.R+compare.Number(tolerance), now.Points
	beyond := math.Abs(d) > tolerance+noise
	switch {
	case base.Statistic != now.Statistic:
		x.Status, x.Note = Inconclusive, fmt.Sprintf("the line is of the %s in the baseline and of the %s now", base.Statistic, now.Statistic)
	case !x.Low.Valid() || !x.High.Valid():
		x.Status, x.Note = Inconclusive, "no interval: too few rounds in the baseline or now"
	case beyond && low <= 0 && high >= 0:
		x.Status, x.Note = Inconclusive, "the interval holds no change: run more rounds"
	case beyond && d < 0:
		x.Status, x.Note = Suspected, "fewer round trips on the critical path: update the baseline if that is meant"
	case beyond:
		x.Status = Suspected
	case (high-low)/2 > tolerance+noise:
		x.Status, x.Note = Inconclusive, "the interval is wider than the tolerance: run more rounds"
	default:
		x.Status = Pass
	}
	return x
}
