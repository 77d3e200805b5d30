package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
)

// VerdictFormats are those of [RenderVerdict].
func VerdictFormats() []string { return []string{"table", "markdown", "json", "junit", "github"} }

// RenderVerdict writes what a gate decided: table and markdown show every case that did not simply pass. It returns
// [ErrUnknownFormat] or an error of w.
func RenderVerdict(w io.Writer, format string, v *gate.Verdict, o Options) error {
	switch format {
	case "table":
		return terminal(w, verdictDocument(v), o)
	case "markdown":
		return markdown(w, verdictDocument(v))
	case "json":
		return writeJSON(w, v)
	case "junit":
		return JUnit(w, verdictDocument(v).title, ChecksOfVerdict(v))
	case "github":
		return github(w, ChecksOfVerdict(v), func(b io.Writer) error { return markdown(b, verdictDocument(v)) })
	}
	return fmt.Errorf("%w %q", ErrUnknownFormat, format)
}

func verdictDocument(v *gate.Verdict) *document {
	n := v.Counts
	title := "Gate: passed"
	switch {
	case n.Fail > 0:
		title = "Gate: FAILED"
	case n.Suspected > 0 || n.Pass+n.Better == 0:
		title = "Gate: undecided"
	}
	d := &document{title: title, notes: v.Notes}
	d.facts = []string{fmt.Sprintf("%s: %d pass, %d fail, %d suspected, %d better, %d undecided, %d not gated",
		plural(len(v.Cases), "case", "cases"), n.Pass, n.Fail, n.Suspected, n.Better, n.Inconclusive, n.NotGated)}
	for _, status := range []struct {
		gate.Status
		title string
	}{
		{gate.Fail, "Worse than the baseline allows"}, {gate.Suspected, "Suspected, not confirmed"},
		{gate.Inconclusive, "Undecided"}, {gate.Better, "Better: update the baseline"},
	} {
		if g, notes := casesOf(v, status.Status); len(g.rows) > 0 {
			d.parts = append(d.parts, part{title: status.title, tables: []grid{g}, text: notes})
		}
	}
	if g, _ := exceeded(v); len(g.rows) > 0 {
		d.parts = append(d.parts, part{title: "Over budget; --strict would fail", tables: []grid{g}})
	}
	return d
}

func casesOf(v *gate.Verdict, status gate.Status) (g grid, notes []string) {
	return cases(v, func(c gate.Case) bool { return c.Status == status })
}

func exceeded(v *gate.Verdict) (grid, []string) {
	return cases(v, func(c gate.Case) bool { return c.Over && c.Status != gate.Fail })
}

func cases(v *gate.Verdict, of func(gate.Case) bool) (g grid, notes []string) {
	g = grid{left: map[int]bool{0: true, 1: true}, head: []string{"case", "metric", "baseline", "now", "change", "limit"}}
	for _, c := range v.Cases {
		if !of(c) {
			continue
		}
		name := shortName(c)
		if several(v) {
			name = c.Workload + ": " + name
		}
		colour := compare.Verdict("")
		if c.Status == gate.Fail {
			colour = compare.Slower
		}
		g.rows = append(g.rows, []cell{{clean(name), colour}, text(string(c.Metric)), figure(c, c.Baseline), figure(c, c.Now), changed(c), figure(c, c.Limit)})
		if c.Note != "" {
			notes = append(notes, c.Name+": "+c.Note+".")
		}
	}
	return g, notes
}

func several(v *gate.Verdict) bool {
	return slices.ContainsFunc(v.Cases, func(c gate.Case) bool { return c.Workload != v.Cases[0].Workload })
}

// shortName leaves out of a case's name the tier and the workload, which are mostly the same, and the metric.
func shortName(c gate.Case) string {
	s := c.Strategy
	if c.Base != "" {
		s += "/" + c.Base
	}
	s += " " + c.Operation
	if c.Outcome == result.Empty {
		s += " empty"
	}
	if c.AddedRTT > 0 {
		s += " +" + c.AddedRTT.String()
	}
	return s
}

// figure is in the case's unit; times are in ms.
func figure(c gate.Case, n compare.Number) cell {
	if !n.Valid() {
		return cell{}
	}
	v := float64(n)
	if c.Unit == "ns" {
		return text(scaleOf(value(n)).of(v) + " ms")
	}
	decimals := 3 // ratios and slopes
	if c.Tier == gate.Exact {
		// What is counted repeats to about three digits; whole numbers stay whole.
		decimals = map[bool]int{true: 0, false: max(0, 2-int(math.Log10(max(v, 1))))}[v == math.Trunc(v)]
	}
	return text(strconv.FormatFloat(v, 'f', decimals, 64))
}

func changed(c gate.Case) cell {
	if !c.Change.Valid() {
		return cell{}
	}
	if c.Metric == gate.Slope {
		return text(signed(float64(c.Change), 2))
	}
	s := signed(100*(float64(c.Change)-1), 1) + " %"
	if c.Low.Valid() && c.High.Valid() && c.Low != c.High {
		s += fmt.Sprintf(" [%s, %s]", signed(100*(float64(c.Low)-1), 1), signed(100*(float64(c.High)-1), 1))
	}
	return text(s)
}
