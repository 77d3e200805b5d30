package reports

import (
	"io"
	"slices"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html"
)

func runHTML(w io.Writer, f *result.File, o Options) error {
	return html.Write(w, pageOf(runDocument(f, o), html.Page{Base: f, Head: f}))
}

func comparisonHTML(w io.Writer, a *compare.Analysis, o Options) error {
	d, p := comparisonDocument(a, o), html.Page{Base: a.Base, Head: a.Head, Compared: a}
	if s := sweepOf(a, o); s != nil {
		p.Distance = s.Analysis
		s.reorder(d)
	}
	return html.Write(w, pageOf(d, p))
}

// reorder puts what was measured before the lines. What saves it is told by a chart and its numbers.
func (s *sweep) reorder(d *document) {
	for _, t := range s.targets {
		for i := range d.parts {
			if p := &d.parts[i]; strings.HasPrefix(p.title, t.workload+": latency = ") {
				lines := s.fits(t)
				lines.title = "S and R of each operation"
				p.tables = []grid{s.byDistance(t), lines}
			}
		}
	}
}

// pageOf puts the words of d into p, but for the statements of calls, which a chart shows with its numbers.
func pageOf(d *document, p html.Page) html.Page {
	p.Title, p.Facts, p.Notes, p.Legend, p.Paths = d.title, d.facts, d.notes, d.legend, d.paths
	for _, part := range d.parts {
		if part.only != "" {
			continue
		}
		out := html.Part{Title: part.title, Text: part.text}
		for _, g := range part.tables {
			out.Tables = append(out.Tables, tableOf(g))
		}
		p.Parts = append(p.Parts, out)
	}
	return p
}

func tableOf(g grid) html.Table {
	var order []int
	for i := range g.head {
		order = append(order, i)
	}
	if n := len(order); n > 3 && strings.TrimSpace(g.head[n-1]) == "verdict" { // a telephone shows the first columns
		order = slices.Concat(order[:1], order[n-2:], order[1:n-2])
	}
	t := html.Table{Title: g.title, Left: map[int]bool{}}
	for i, column := range order {
		t.Head = append(t.Head, g.head[column])
		t.Left[i] = g.left[column]
	}
	for _, row := range g.rows {
		var cells []html.Cell
		for _, column := range order {
			cells = append(cells, html.Cell{Text: row[column].text, Verdict: row[column].verdict})
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
