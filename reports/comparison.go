package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// comparisonDocument lays out an analysis: for each workload, distance and head a table and what it says in words.
func comparisonDocument(a *compare.Analysis, o Options) *document {
	d := &document{title: comparisonTitle(a), facts: facts(a), notes: a.Warnings, paths: paths(o)}
	if a.Head != nil {
		lines, doubts := offered(a.Head)
		d.facts, d.notes = append(d.facts, lines...), slices.Concat(d.notes, doubts)
	}
	if a.Base != nil && a.Base == a.Head && slices.ContainsFunc(a.Base.Cells, func(c result.Cell) bool { return isHotRow(c.Workload) }) {
		p, doubts := contention(a.Base)
		d.parts, d.notes = append(d.parts, p), slices.Concat(d.notes, doubts)
	}
	swept := sweepOf(a, o)
	swept.write(d)
	if a.Base == a.Head {
		addReproduction(d, a.Base)
	}
	lines := len(d.parts)
	for _, g := range groups(a) {
		if swept.covers(g) {
			continue
		}
		p := part{title: g.title(), text: []string{g.sentence(a)}}
		if floors := g.floors(); floors != "" {
			p.text = append(p.text, floors)
		}
		p.tables = append(p.tables, g.table(a, false))
		if found := g.table(a, true); len(found.rows) > 0 {
			found.title = "Fetches that found nothing"
			p.tables = append(p.tables, found)
		}
		p.tables = append(p.tables, g.byRound(a))
		d.parts = append(d.parts, p)
	}
	if len(d.parts) == 0 {
		d.facts = append(d.facts, "Nothing was compared: the two sides have no operation in common.")
		return d
	}
	if len(d.parts) == lines {
		return d
	}
	if swept == nil && a.Base == a.Head {
		d.parts = append(d.parts, insideOnPaper(a.Base)...)
	}
	d.legend += fmt.Sprintf("p50 in ms, all rounds merged. RT: round trips for each call, counted; of an orchestration, all "+
		"of its calls that found work. Change of the p50 over rounds with its %.4g %% interval; a verdict needs the whole "+
		"interval beyond ±%s, or within it for equivalent.", 100*a.Confidence, percent(a.Margin))
	return d
}

func comparisonTitle(a *compare.Analysis) string {
	if a.Paired {
		var heads []string
		base := ""
		for _, g := range groups(a) {
			base = g.base
			if !slices.Contains(heads, g.head) {
				heads = append(heads, g.head)
			}
		}
		return fmt.Sprintf("%s against %s", strings.Join(heads, " and "), base)
	}
	return fmt.Sprintf("%s against %s", source(a.HeadSource, "head"), source(a.BaseSource, "base"))
}

func source(name, role string) string {
	if name == "" {
		return role
	}
	return fmt.Sprintf("%s (%s)", name, role)
}

func facts(a *compare.Analysis) []string {
	if a.Head == nil || a.Base == nil {
		return nil
	}
	out := []string{"Server: " + server(a.Head), "Client: " + client(a.Head), runFacts(a.Head)}
	if !a.Paired {
		out[2] = "base: " + runFacts(a.Base) + "; head: " + runFacts(a.Head)
	}
	return out
}

// group is what is compared side by side.
type group struct {
	workload     string
	added        time.Duration
	measured     time.Duration
	base, head   string
	baseN, headN string // headings
	rows         []*compare.Comparison
}

func groups(a *compare.Analysis) []*group {
	var out []*group
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		n := len(out)
		if n == 0 || out[n-1].workload != c.Workload || out[n-1].added != c.AddedRTT ||
			out[n-1].head != c.Head || out[n-1].base != c.Base {
			g := &group{
				workload: c.Workload, added: c.AddedRTT, measured: c.MeasuredRTT,
				base: c.Base, head: c.Head, baseN: c.Base, headN: c.Head,
			}
			if c.Base == c.Head {
				g.baseN, g.headN = "base", "head"
			}
			out = append(out, g)
			n++
		}
		out[n-1].rows = append(out[n-1].rows, c)
	}
	return out
}

func (g *group) title() string {
	s := g.workload
	if g.added > 0 {
		s += ", " + rtt(g.added) + " added"
	}
	if g.measured > 0 {
		s += ", measured round trip " + rtt(g.measured)
	}
	if g.base == g.head {
		return s + ": " + g.head
	}
	return s + ": " + g.head + " against " + g.base
}

func (g *group) find(operation string, outcome result.Outcome, m compare.Metric) *compare.Comparison {
	for _, c := range g.rows {
		if c.Operation == operation && c.Outcome == outcome && c.Metric == m {
			return c
		}
	}
	return nil
}

// table has a row for each operation: those that found nothing, or all others.
func (g *group) table(a *compare.Analysis, empty bool) grid {
	t := grid{left: map[int]bool{0: true, 5: true, 6: true}, head: []string{
		"\noperation", g.baseN + "\np50 ms", "\nRT", g.headN + "\np50 ms", "\nRT",
		fmt.Sprintf("change\n(%.4g %% interval)", 100*a.Confidence), "\nverdict",
	}}
	var values []time.Duration
	for _, c := range g.rows {
		if c.Metric == compare.P50 {
			values = append(values, value(c.BaseValue), value(c.HeadValue))
		}
	}
	s := scaleOf(values...)
	for _, c := range g.rows {
		if c.Metric != compare.P50 || (c.Outcome == result.Empty) != empty {
			continue
		}
		var base, head string
		if r := g.find(c.Operation, c.Outcome, compare.RoundTrips); r != nil {
			base, head = trips(float64(r.BaseValue)), trips(float64(r.HeadValue))
		}
		row := []cell{
			text(c.Operation), text(s.ms(value(c.BaseValue))), text(base), text(s.ms(value(c.HeadValue))), text(head),
			text(change(c)), {verdict(c.Verdict), c.Verdict},
		}
		if c.Verdict == compare.NotEnoughData { // wider than any other verdict, and its change is empty anyway
			row[5], row[6] = row[6], text("")
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func value(n compare.Number) time.Duration {
	if !n.Valid() {
		return 0
	}
	return time.Duration(n)
}
