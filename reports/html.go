package reports

import (
	"io"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html"
)

func runHTML(w io.Writer, f *result.File, o Options) error {
	return html.Write(w, pageOf(runDocument(f, o), html.Page{Base: f, Head: f}))
}

func comparisonHTML(w io.Writer, a *compare.Analysis, o Options) error {
	return html.Write(w, comparisonPage(a, o))
}

func comparisonPage(a *compare.Analysis, o Options) html.Page {
	d, p, s := comparisonDocument(a, o), html.Page{Base: a.Base, Head: a.Head, Compared: a}, sweepOf(a, o)
	if s != nil {
		p.Distance = s.Analysis
		p.Headline = map[string]time.Duration{}
		for _, t := range s.targets {
			at, _ := t.headlineAt()
			p.Headline[t.workload] = at.Added
		}
		p.Words = glossary(names(a.Base))
		s.reorder(d)
	}
	if p = pageOf(d, p); s != nil {
		p.Legend += " A change in bold has a verdict; for a plain one the rounds had too few calls."
	}
	if p.Base == nil { // an analysis without its files has no page
		return p
	}
	all := groups(a)
	for i := range p.Parts {
		part := &p.Parts[i]
		if t := s.of(part.Title); t != nil {
			if part.Answers = s.answers(t, len(d.notes)); part.Answers != nil { // which have the break-evens of the whole
				part.Text = s.headlines(t)
			}
		} else if at := slices.IndexFunc(all, func(g *group) bool { return g.title() == part.Title }); at >= 0 && s == nil {
			part.Answers = answers(a, besides(all, at), len(d.notes))
		}
	}
	return p
}

// besides gives all groups of a workload at a distance to the first of them, and none to the others.
func besides(all []*group, at int) (same []*group) {
	for i, g := range all {
		if g.workload == all[at].workload && g.added == all[at].added && (g.base != g.head || g.base == all[at].base) {
			if i < at {
				return nil
			}
			same = append(same, g)
		}
	}
	return same
}

// reorder puts what was measured before the lines. What saves it is told by a chart and its numbers.
func (s *sweep) reorder(d *document) {
	for i := range d.parts {
		if t := s.of(d.parts[i].title); t != nil {
			lines := s.fits(t)
			lines.title = "S and R of each operation"
			d.parts[i].tables = []grid{s.byDistance(t), lines, s.operationsTable(t)}
		}
	}
}

// of gives the workload of a part by its title; nil for a part of something else.
func (s *sweep) of(title string) *target {
	if s == nil {
		return nil
	}
	for _, t := range s.targets {
		if title == t.title() {
			return t
		}
	}
	return nil
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
			if g.only != "" {
				continue
			}
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
	t := html.Table{Title: g.title, Left: map[int]bool{}, Fold: g.fold}
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
