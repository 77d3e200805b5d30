package gate

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/compare"
)

// ratios is tier 2. A pair that has lines on both sides is compared by them, at stated round trips, and else at each
// distance that both runs have.
func (c *checker) ratios(t *timings) {
	byLines := map[string]bool{}
	pair := func(r Ratio) string { return join(r.Workload, r.Base, r.Head, r.Operation, string(r.Outcome)) }
	for _, base := range c.baseline.Ratios {
		if !base.Lines {
			continue
		}
		if now, ok := t.at(base); ok {
			byLines[pair(base)] = true
			c.add(c.ratio(base, now))
		}
	}
	for _, base := range c.baseline.Ratios {
		if !base.Lines && !byLines[pair(base)] {
			c.measured(base, t)
		}
	}
	for _, now := range t.ratios {
		if i := slices.IndexFunc(c.baseline.Ratios, func(r Ratio) bool { return r.name() == now.name() }); i < 0 {
			x := now.newCase()
			x.Now, x.Status, x.Note = now.Value, NotGated, "not in the baseline: update it"
			c.add(x)
		}
	}
}

func (r Ratio) newCase() Case {
	x := newCase(Ratios, r.name(), P50Ratio, "ratio")
	x.Workload, x.Strategy, x.Base, x.Operation, x.Outcome = r.Workload, r.Head, r.Base, r.Operation, r.Outcome
	x.AddedRTT, x.RTT = r.AddedRTT, r.RTT
	return x
}

// measured compares at one added distance.
func (c *checker) measured(base Ratio, t *timings) {
	i := slices.IndexFunc(t.ratios, func(r Ratio) bool { return r.name() == base.name() })
	headCell, head := has(t.file, base.Workload, base.Head, base.Operation, base.Outcome, base.AddedRTT)
	baseCell, ref := has(t.file, base.Workload, base.Base, base.Operation, base.Outcome, base.AddedRTT)
	x := base.newCase()
	x.Baseline = base.Value
	switch {
	case !headCell || !baseCell: // only where the run is partial
		x.Status, x.Note = NotGated, "not measured this time"
	case !head || !ref || i < 0:
		x.Status, x.Note = Fail, fmt.Sprintf("missing operation: %s never ended %s under %s or %s", base.Operation, base.Outcome, base.Head, base.Base)
	default:
		x = c.ratio(base, t.ratios[i])
		if far := farther(base, t.ratios[i]); far != "" {
			x.Status, x.Note = Inconclusive, far
		}
	}
	c.add(x)
}

// farther says why two ratios are not of the same distance, or "".
func farther(base, now Ratio) string {
	switch {
	case base.RTT <= 0 || now.RTT <= 0:
		return "the round trip was not measured, so the distances cannot be told to be the same"
	case base.RTT < Loopback && now.RTT < Loopback:
		return "" // a processor's work like all the rest, and as fast or slow as that
	case math.Abs(math.Log(float64(now.RTT)/float64(base.RTT))) > RTTTolerance:
		return fmt.Sprintf("the round trip was %v in the baseline and is %v now: run a sweep, whose lines tell the ratio at any distance", base.RTT, now.RTT)
	}
	return ""
}

// ratio compares two ratios on the log scale. The runs are independent, so the half-widths of their intervals add as
// squares do; each side of the interval has its own.
func (c *checker) ratio(base, now Ratio) Case {
	x := base.newCase()
	tolerance := c.tolerance(P50Ratio, c.floors[x.Name], float64(base.NoiseFloor), float64(now.NoiseFloor))
	x.RTT, x.Rounds = now.RTT, now.Rounds
	x.Baseline, x.Now = base.Value, now.Value
	x.Tolerance, x.Limit = compare.Number(tolerance), base.Value*compare.Number(1+tolerance)
	b, n := logs(base), logs(now)
	d := n.point - b.point
	low, high := d-math.Hypot(n.point-n.low, b.high-b.point), d+math.Hypot(n.high-n.point, b.point-b.low)
	x.Change, x.Low, x.High = exp(d), exp(low), exp(high)
	delta := math.Log1p(tolerance)
	switch {
	case !base.Value.Valid():
		x.Status, x.Note = NotGated, "the baseline has no ratio: "+base.Note
	case now.Note != "":
		x.Status, x.Note = Inconclusive, now.Note
	case !x.Low.Valid() || !x.High.Valid():
		x.Status, x.Note = Inconclusive, fmt.Sprintf("no interval: %d rounds in the baseline and %d now", base.Rounds, now.Rounds)
	case low > delta+noise:
		x.Status = Suspected
	case high < -delta-noise:
		x.Status = Better
	case high <= delta+noise:
		x.Status = Pass
	default:
		x.Status, x.Note = Inconclusive, "the interval holds the limit: run more rounds"
	}
	return x
}

type estimate struct{ point, low, high float64 }

func logs(r Ratio) estimate {
	return estimate{math.Log(float64(r.Value)), math.Log(float64(r.Low)), math.Log(float64(r.High))}
}

func exp(x float64) compare.Number { return compare.Number(math.Exp(x)) }
