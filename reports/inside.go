package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/result"
)

// inside shows the statements of one call of each operation under each strategy, at one distance: the only one that a
// file has, or that at which first uses were measured too, or the far end. A terminal has room for one operation.
func inside(f *result.File, workload string) []part {
	cells := traced(f, workload)
	if len(cells) == 0 {
		return nil
	}
	var all []part
	for _, op := range operations(cells) {
		p := part{title: fmt.Sprintf("Inside %s, %s at a round trip of %s", op, workload, rtt(cells[0].MeasuredRTT)), only: "markdown"}
		p.tables = []grid{waterfall(cells, op, true)}
		all = append(all, p)
	}
	const first = "fetch_orchestration_item"
	brief := part{title: fmt.Sprintf("Inside %s, %s at a round trip of %s", first, workload, rtt(cells[0].MeasuredRTT)), only: "terminal"}
	if g := waterfall(cells, first, false); len(g.rows) > 0 {
		brief.tables = []grid{g}
		brief.text = []string{"One call each, the middle one by duration, in ms; first use: the same on a new connection. Server: mean " +
			"time of the statement there. The other operations are in the Markdown report."}
		all = append(all, brief)
	}
	return all
}

// insideOnPaper is inside for every workload, for where there is room.
func insideOnPaper(f *result.File) (all []part) {
	var done []string
	for _, c := range f.Cells {
		if !slices.Contains(done, c.Workload) {
			done = append(done, c.Workload)
			all = append(all, inside(f, c.Workload)...)
		}
	}
	return slices.DeleteFunc(all, func(p part) bool { return p.only == "terminal" })
}

// traced gives the cells to be shown.
func traced(f *result.File, workload string) []*result.Cell {
	var all []*result.Cell
	for i := range f.Cells {
		if c := &f.Cells[i]; c.Workload == workload && !c.Control && len(c.Summary.Traces) > 0 {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	best := slices.MaxFunc(all, func(a, b *result.Cell) int {
		return cmp.Or(cmp.Compare(coldCalls(a), coldCalls(b)), cmp.Compare(a.AddedRTT, b.AddedRTT))
	})
	return slices.DeleteFunc(all, func(c *result.Cell) bool { return c.AddedRTT != best.AddedRTT })
}

func coldCalls(c *result.Cell) int {
	if c.Cold == nil {
		return 0
	}
	return 1
}

func operations(cells []*result.Cell) (names []string) {
	for _, c := range cells {
		for _, t := range c.Summary.Traces {
			if worked(t) && !slices.Contains(names, t.Operation) {
				names = append(names, t.Operation)
			}
		}
	}
	return names
}

func worked(t result.Trace) bool { return t.Outcome == result.Loaded || t.Outcome == result.OK }

// waterfall has a row for each strategy and under it one for each statement; full adds the statements of first uses.
func waterfall(cells []*result.Cell, operation string, full bool) grid {
	g := grid{left: map[int]bool{0: true}, head: []string{"statement", "start", "wait", "end", "server"}}
	var longest []time.Duration
	for _, c := range cells {
		for _, t := range c.Summary.Traces {
			if t.Operation == operation && worked(t) {
				longest = append(longest, t.Duration)
			}
		}
	}
	ms := scaleOf(longest...)
	for _, c := range cells {
		g.trace(c, c.Summary.Traces, operation, c.Strategy, ms, true)
		if c.Cold != nil {
			g.trace(c, cold(c.Cold.Traces), operation, c.Strategy+", first use", ms, full)
		}
	}
	return g
}

func cold(in []result.Trace) (out []result.Trace) {
	for _, t := range in {
		if t.Cold {
			out = append(out, t)
		}
	}
	return out
}

func (g *grid) trace(c *result.Cell, traces []result.Trace, operation, name string, ms scale, steps bool) {
	i := slices.IndexFunc(traces, func(t result.Trace) bool { return t.Operation == operation && worked(t) })
	if i < 0 {
		return
	}
	t := traces[i]
	g.rows = append(g.rows, []cell{text(name), {}, {}, text(ms.ms(t.Duration)), {}})
	if !steps {
		return
	}
	for _, s := range t.Steps {
		label := "  " + step(s.Name)
		if s.Cold {
			label += " (prepared first)"
		}
		g.rows = append(g.rows, []cell{text(label), text(ms.of(float64(s.Start))), text(ms.of(float64(s.End - s.Start))),
			text(ms.of(float64(s.End))), text(serverMean(c, s.Name))})
	}
}

// step leaves out of a statement's name the strategy and the operation, which stand above it.
func step(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) == 2 {
		return parts[1]
	}
	return parts[len(parts)-1]
}

func serverMean(c *result.Cell, statement string) string {
	for _, q := range c.Summary.Queries {
		if q.Name == statement && q.Server != nil {
			return scaleOf(q.Server.ExecPerCall()).ms(q.Server.ExecPerCall())
		}
	}
	return ""
}
