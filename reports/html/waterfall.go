package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html/chart"
)

// waterfalls shows the statements of one call of each operation under each strategy: where first uses were measured, or
// at the far end.
func waterfalls(views []view) (out []Figure) {
	views = slices.DeleteFunc(slices.Clone(views), func(v view) bool {
		return !slices.ContainsFunc(v.arms, func(a arm) bool { return len(a.cell.Summary.Traces) > 0 })
	})
	if len(views) == 0 {
		return nil
	}
	v := slices.MaxFunc(views, func(a, b view) int { return cmp.Or(a.colds()-b.colds(), cmp.Compare(a.added, b.added)) })
	var done []string
	for _, a := range v.arms {
		for _, t := range a.cell.Summary.Traces {
			if worked(t) && !slices.Contains(done, t.Operation) {
				done = append(done, t.Operation)
				out = append(out, waterfall(v, t.Operation))
			}
		}
	}
	return out
}

func (v view) colds() (n int) {
	for _, a := range v.arms {
		if a.cell.Cold != nil {
			n = 1
		}
	}
	return n
}

func worked(t result.Trace) bool { return t.Outcome == result.Loaded || t.Outcome == result.OK }

func waterfall(v view, operation string) Figure {
	w := chart.Waterfall{Unit: "ms", About: "The statements of one call by start and end, one strategy below the other. The table below has the numbers."}
	t := Table{Head: []string{"statement", "start ms", "end ms", "waited for a connection ms", "server ms"}, Left: map[int]bool{0: true}}
	type total struct {
		name  string
		takes time.Duration
		steps int
	}
	var totals []total
	for _, a := range v.arms {
		traces := a.cell.Summary.Traces
		i := slices.IndexFunc(traces, func(x result.Trace) bool { return x.Operation == operation && worked(x) })
		if i < 0 {
			continue
		}
		x := traces[i]
		totals = append(totals, total{a.name, x.Duration, len(x.Steps)})
		w.Lanes = append(w.Lanes, lane(a, x))
		t.trace(a, x, a.name)
		if cold := firstUse(a.cell, operation); cold != nil {
			prepared := 0
			for _, s := range cold.Steps {
				if s.Cold {
					prepared++
				}
			}
			w.Lanes = append(w.Lanes, chart.Lane{Name: "first use", Style: a.style, Minor: true, Total: inMS(cold.Duration),
				About: fmt.Sprintf("%s, first use: %s, %s prepared", a.name, millis(cold.Duration), plural(prepared, "statement"))})
			t.trace(a, *cold, a.name+", first use")
		}
	}
	if len(totals) == 0 {
		return Figure{}
	}
	describe := func(x total) string {
		return fmt.Sprintf("%s and %s with %s", millis(x.takes), plural(x.steps, "statement"), x.name)
	}
	slices.SortStableFunc(totals, func(a, b total) int { return cmp.Compare(b.takes, a.takes) })
	w.Title = operation + at(v.measured) + ": " + describe(totals[0])
	if len(totals) > 1 {
		w.Title += ", " + describe(totals[len(totals)-1])
	}
	return Figure{Name: "statements-" + operation, Title: w.Title, SVG: w.Draw(), Table: t, Caption: v.title() + ".", How: "One real call of each strategy, the middle one by duration. " +
		"Thin: the whole call. Inner bar: the mean time of the statement on the server, set in the middle of its bar. First use: the same on a new connection, which prepares its statements; missing where no call with work prepared any. » goes beyond the axis. " +
		"Statements sent together follow each other; the first bears the round trip."}
}

func firstUse(c *result.Cell, operation string) *result.Trace {
	if c.Cold == nil {
		return nil
	}
	for i := range c.Cold.Traces {
		if t := &c.Cold.Traces[i]; t.Cold && t.Operation == operation && worked(*t) {
			return t
		}
	}
	return nil
}

func lane(a arm, t result.Trace) chart.Lane {
	l := chart.Lane{Name: a.name, Style: a.style, Total: inMS(t.Duration), About: a.name + ": " + millis(t.Duration)}
	for _, s := range t.Steps {
		name := step(s.Name)
		if name == t.Operation {
			name = "one statement"
		}
		l.Spans = append(l.Spans, chart.Span{Name: name, Start: inMS(s.Start), End: inMS(s.End), Inner: inMS(server(a.cell, s.Name))})
	}
	return l
}

// step leaves out of a statement's name the strategy and the operation, which stand above it.
func step(name string) string {
	parts := strings.Split(name, ".")
	return parts[len(parts)-1]
}

func server(c *result.Cell, statement string) time.Duration {
	for _, q := range c.Summary.Queries {
		if q.Name == statement {
			return q.Server.ExecPerCall()
		}
	}
	return 0
}

func (t *Table) trace(a arm, x result.Trace, name string) {
	t.Rows = append(t.Rows, []Cell{{Text: name}, {}, number(x.Duration), number(x.Wait), {}})
	for _, s := range x.Steps {
		label := "– " + step(s.Name)
		if s.Cold {
			label += " (prepared first)"
		}
		t.Rows = append(t.Rows, []Cell{{Text: label}, number(s.Start), number(s.End), {}, number(server(a.cell, s.Name))})
	}
}
