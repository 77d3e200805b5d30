package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// sentence says what a group shows in plain words: the change of the whole orchestration, or of the operation where the
// time goes, then round trips, the share a third strategy gets, and the noise floor.
func (g *group) sentence(a *compare.Analysis) string {
	c := g.primary()
	if c == nil {
		return "No latency was measured on both sides."
	}
	parts := []string{g.headline(c, a)}
	if s := g.roundTrips(); s != "" {
		parts = append(parts, s)
	}
	if s := g.share(c, a); s != "" {
		parts = append(parts, s)
	}
	if c.NoiseFloor.Valid() {
		parts = append(parts, fmt.Sprintf("Noise floor (A/A): %s.", floorOf(c)))
	} else if c.Verdict != compare.NotEnoughData {
		parts = append(parts, "No control arm was run, so the noise floor is not known.")
	}
	return strings.Join(parts, " ")
}

// floorOf gives both ends, which differ: +49 % up is −33 % down.
func floorOf(c *compare.Comparison) string {
	return minus + percent(-float64(c.NoiseFloorDown)) + " to +" + percent(float64(c.NoiseFloor))
}

// floors are those of the operations with a claim, which stand in a table that has no room for them.
func (g *group) floors() string {
	var all []string
	for _, c := range g.rows {
		if c.Metric == compare.P50 && c.Outcome != result.Empty && c.NoiseFloor.Valid() && (c.Verdict == compare.Faster || c.Verdict == compare.Slower) && c != g.primary() {
			all = append(all, fmt.Sprintf("%s %s", c.Operation, floorOf(c)))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "Noise floors of the other claims: " + strings.Join(all, "; ") + "."
}

// primary is the orchestration's p50, or that of the operation that takes most of the base's time.
func (g *group) primary() *compare.Comparison {
	if c := g.find(compare.Orchestration, "", compare.P50); c != nil {
		return c
	}
	var best *compare.Comparison
	for _, c := range g.rows {
		if c.Metric == compare.P50 && c.Outcome != result.Empty && (best == nil || c.BaseValue > best.BaseValue) {
			best = c
		}
	}
	return best
}

func (g *group) headline(c *compare.Comparison, a *compare.Analysis) string {
	at := "At a round trip that was not measured"
	if g.measured > 0 {
		at = fmt.Sprintf("At your measured round trip of %s", rtt(g.measured))
	}
	what := "for the whole orchestration (p50)"
	if c.Operation != compare.Orchestration {
		what = fmt.Sprintf("for %s (p50)", c.Operation)
	}
	head, base := g.headN, g.baseN
	switch c.Verdict {
	case compare.NotEnoughData:
		return fmt.Sprintf("%s, there is not enough data to compare %s with %s %s: %s.", at, head, base, what, c.Note)
	case compare.Equivalent:
		return fmt.Sprintf("%s, %s and %s are equivalent within ±%s %s: %s.", at, head, base, percent(a.Margin), what, change(c))
	case compare.Inconclusive:
		return fmt.Sprintf("%s, %s against %s is inconclusive %s: %s; %s.", at, head, base, what, change(c), c.Note)
	}
	s := fmt.Sprintf("%s, %s is %s than %s %s: %s", at, head, verdict(c.Verdict), base, what, change(c))
	if f := factor(c); f != "" {
		s += ", " + f
	}
	return s + "."
}

// roundTrips names the operations whose count changed most, three at most.
func (g *group) roundTrips() string {
	var changed []*compare.Comparison
	for _, c := range g.rows {
		if c.Metric == compare.RoundTrips && c.Operation != compare.Orchestration && c.Outcome != result.Empty &&
			(c.Verdict == compare.Fewer || c.Verdict == compare.More) {
			changed = append(changed, c)
		}
	}
	if len(changed) == 0 {
		return "Round trips are the same."
	}
	slices.SortStableFunc(changed, func(x, y *compare.Comparison) int {
		return cmp.Compare(math.Abs(float64(y.BaseValue-y.HeadValue)), math.Abs(float64(x.BaseValue-x.HeadValue)))
	})
	var names []string
	for _, c := range changed[:min(3, len(changed))] {
		names = append(names, fmt.Sprintf("%s %s → %s", c.Operation, short(c.BaseValue), short(c.HeadValue)))
	}
	out := "Round trips: " + strings.Join(names, ", ")
	if more := len(changed) - len(names); more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out + "."
}

// short drops the decimals of a whole number.
func short(n compare.Number) string {
	return strings.TrimSuffix(strings.TrimSuffix(trips(float64(n)), ".00"), ".0")
}

// share says how much of this head's saving the other heads get: with the procedure as head, what the pipeline gets is
// owed to fewer round trips, and the rest to where the logic runs.
func (g *group) share(c *compare.Comparison, a *compare.Analysis) string {
	if c.Verdict != compare.Faster || !a.Paired {
		return ""
	}
	saving := float64(c.BaseValue - c.HeadValue)
	var out []string
	for i := range a.Comparisons {
		x := &a.Comparisons[i]
		if x.Head == c.Head || x.Workload != c.Workload || x.AddedRTT != c.AddedRTT || x.Operation != c.Operation ||
			x.Outcome != c.Outcome || x.Metric != c.Metric || x.Verdict != compare.Faster {
			continue
		}
		if part := float64(x.BaseValue-x.HeadValue) / saving; part <= 1 {
			out = append(out, fmt.Sprintf("%s gets %.0f %% of that saving.", x.Head, 100*part))
		}
	}
	return strings.Join(out, " ")
}
