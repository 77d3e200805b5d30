package reports

import (
	"fmt"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/reports/html"
)

// answers are what a reader of a comparison asks first, for the groups of one workload at one distance.
func answers(a *compare.Analysis, groups []*group, doubts int) []html.Fact {
	if len(groups) == 0 {
		return nil
	}
	first := groups[0].primary()
	if first == nil {
		return nil
	}
	var gains []string
	for _, g := range groups {
		c := g.find(first.Operation, first.Outcome, compare.P50)
		if c == nil || !c.Ratio.Valid() {
			continue
		}
		gains = append(gains, fmt.Sprintf("%s against %s: %s ms against %s ms, %s: %s", g.headN, g.baseN, pointMS(c.HeadValue), pointMS(c.BaseValue),
			change(c), verdict(c.Verdict)))
	}
	if len(gains) == 0 {
		return nil
	}
	name := "Fastest"
	if groups[0].measured > 0 {
		name += " at " + rtt(groups[0].measured)
	}
	return []html.Fact{
		{Name: name, Text: standing(ranked(a, groups, first)).String()},
		{Name: "By how much", Text: strings.Join(gains, "\n") + "\n" + ofWhat(a, first)},
		{Name: "How sure", Text: certainty(a, groups, first) + seeWarnings(doubts)},
		{Name: "Break-even", Text: "One distance tells neither it nor what is fastest at another: the command sweep measures several, and says where one overtakes another."},
		{Name: "What would change it", Text: limits(a, groups[0])},
	}
}

func ofWhat(a *compare.Analysis, c *compare.Comparison) string {
	out := "These are p50s of " + whole(c.Operation)
	if !a.Paired {
		return out + "."
	}
	return out + ". The times are of all rounds together; the change compares each round with its neighbour, so that it may differ from their ratio."
}

// ranked compares each head with the base. Two heads met only through the base: unless their intervals are further apart
// than the margin they are not told apart.
func ranked(a *compare.Analysis, groups []*group, k *compare.Comparison) compare.Standing {
	out, best := compare.Standing{Best: groups[0].baseN}, (*compare.Comparison)(nil)
	var all []*compare.Comparison
	names := map[*compare.Comparison]string{}
	for _, g := range groups {
		if c := g.find(k.Operation, k.Outcome, compare.P50); c != nil {
			all, names[c] = append(all, c), g.headN
			if c.Verdict == compare.Faster && (best == nil || c.Ratio < best.Ratio) {
				best, out.Best = c, g.headN
			}
		}
	}
	if best != nil {
		out.Behind = append(out.Behind, groups[0].baseN)
	}
	for _, c := range all {
		switch {
		case c == best:
		case best == nil && c.Verdict == compare.Slower, best != nil && c.CILow.Valid() && float64(c.CILow) > float64(best.CIHigh)*(1+a.Margin):
			out.Behind = append(out.Behind, names[c])
		default:
			out.Tied = append(out.Tied, names[c])
		}
	}
	return out
}

func certainty(a *compare.Analysis, groups []*group, c *compare.Comparison) string {
	of := fmt.Sprintf("%d interleaved rounds", c.Rounds)
	if !a.Paired {
		of = fmt.Sprintf("%d rounds, and %d of the head, not interleaved", c.Rounds, c.HeadRounds)
	}
	out := sureness(c.Rounds, a.Confidence, of) + fmt.Sprintf(" A verdict of faster or slower needs the whole interval beyond ±%s.", percent(a.Margin))
	if !c.NoiseFloor.Valid() {
		return out + noControl + doubtsOf(a)
	}
	return out + fmt.Sprintf(" %s ran twice as a control: equal ones differed by %s.", groups[0].baseN, floorOf(c)) + doubtsOf(a)
}

func limits(a *compare.Analysis, g *group) string {
	out := ""
	for i := range a.Base.Cells {
		if c := &a.Base.Cells[i]; c.Workload == g.workload && c.AddedRTT == g.added {
			out = restsOn(a.Base, c, g.added > 0)
			break
		}
	}
	if !a.Paired {
		out += " The two files were measured at different times: what else changed on the machine in between counts as a change too."
	}
	return out
}
