package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// runDocument lays out a run: for each cell its operations, its statements and what was completed.
func runDocument(f *result.File, o Options) *document {
	d := &document{
		title: "Run of " + strings.Join(names(f), ", "), paths: paths(o), notes: f.Warnings,
		facts: []string{"Server: " + server(f), "Client: " + client(f), runFacts(f)},
		legend: "Times in ms, all rounds merged. err: calls that failed, not in the times. RT: round trips for each call, " +
			"counted.",
	}
	lines, doubts := offered(f)
	d.facts, d.notes = append(d.facts, lines...), slices.Concat(d.notes, doubts)
	for _, c := range f.Checks {
		if !c.OK {
			d.notes = append(d.notes, strings.TrimSpace(fmt.Sprintf("Check %q failed. %s", c.Name, c.Detail)))
		}
	}
	for i := range f.Cells {
		d.parts = append(d.parts, cellPart(&f.Cells[i]))
	}
	return d
}

func names(f *result.File) []string {
	var out []string
	for _, c := range f.Cells {
		if !slices.Contains(out, c.Strategy) {
			out = append(out, c.Strategy)
		}
	}
	return out
}

func cellPart(c *result.Cell) part {
	g := group{workload: c.Workload, added: c.AddedRTT, measured: c.MeasuredRTT, base: c.Strategy, head: c.Strategy}
	p := part{title: g.title()}
	if c.Control {
		p.title += " (control)"
	}
	if len(c.Summary.Operations) == 0 {
		p.text = append(p.text, "No operation was measured.")
		return p
	}
	p.tables = append(p.tables, operationGrid(c.Summary.Operations))
	if len(c.Summary.Queries) > 0 {
		p.tables = append(p.tables, queryGrid(c.Strategy, c.Summary.Queries))
	}
	if line := failures(c.Summary.Operations); line != "" {
		p.text = append(p.text, line)
	}
	if o := c.Summary.Orchestrations; o != nil {
		p.text = append(p.text, orchestrations(o))
	}
	return p
}

func orchestrations(o *result.Orchestrations) string {
	s := fmt.Sprintf("Orchestrations: %d completed, %d failed", o.Completed, o.Failed)
	if o.Completed == 0 {
		return s + "."
	}
	ms := scaleOf(o.P50)
	return fmt.Sprintf("%s, %s per second, p50 %s ms, p99 %s ms.", s,
		strconv.FormatFloat(o.PerSecond, 'f', int(scaleOf(time.Duration(o.PerSecond*1e6))), 64), ms.ms(o.P50), ms.ms(o.P99))
}

func operationGrid(ops []result.Operation) grid {
	g := grid{
		head: []string{"operation", "count", "err", "p50", "p90", "p99", "max", "RT"},
		left: map[int]bool{0: true},
	}
	var p50 []time.Duration
	for _, op := range ops {
		p50 = append(p50, op.P50)
	}
	s := scaleOf(p50...)
	for _, op := range ops {
		name := op.Name
		if op.Outcome == result.Empty || op.Outcome == result.Failed {
			name += fmt.Sprintf(" (%s)", op.Outcome)
		}
		g.rows = append(g.rows, append(latencyCells(name, op.Latency, s), text(trips(op.RoundTripsPerOp))))
	}
	return g
}

func queryGrid(strategy string, queries []result.Query) grid {
	g := grid{
		title: "Statements",
		head:  []string{"statement", "count", "err", "p50", "p90", "p99", "max"},
		left:  map[int]bool{0: true},
	}
	var p50 []time.Duration
	for _, q := range queries {
		p50 = append(p50, q.P50)
	}
	s := scaleOf(p50...)
	for _, q := range queries {
		g.rows = append(g.rows, latencyCells(strings.TrimPrefix(q.Name, strategy+"."), q.Latency, s))
	}
	return g
}

func latencyCells(name string, l result.Latency, s scale) []cell {
	errors := cell{text: count(l.Errors)}
	if l.Errors > 0 {
		errors.verdict = compare.Slower
	}
	return []cell{
		text(name), text(count(l.Count)), errors,
		text(s.ms(l.P50)), text(s.ms(l.P90)), text(s.ms(l.P99)), text(s.ms(l.Max)),
	}
}

// server says what was measured and where it runs.
func server(f *result.File) string {
	s := f.Environment.Server
	out := "PostgreSQL " + s.Version
	if s.Location != "" {
		out += ", " + s.Location
	}
	if s.Address != "" {
		out += " at " + s.Address
	}
	if s.Network != "" {
		out += " (" + s.Network + ")"
	}
	if s.Pooler != "" {
		out += ", through " + s.Pooler
	}
	return out
}

func client(f *result.File) string {
	c := f.Environment.Client
	out := fmt.Sprintf("%s/%s, %s", c.OS, c.Arch, plural(c.Cores, "core", "cores"))
	if c.CPU != "" {
		out += ", " + c.CPU
	}
	return out
}

func paths(o Options) [][2]string {
	var out [][2]string
	if o.ResultPath != "" {
		out = append(out, [2]string{"Result", o.ResultPath})
	}
	if o.ReportPath != "" {
		out = append(out, [2]string{"Report", o.ReportPath})
	}
	return out
}
