// Package html writes a report as one page that needs nothing else: no script, no network, no font. It is for a telephone,
// a screen and paper, light and dark. The words come from package reports; the charts are drawn here from the files and
// their analyses.
package html

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html/chart"
)

// Page is a report. Its order is that of reading: what was found, the parts, the charts, how it was measured.
type Page struct {
	Title  string
	Facts  []string // what was measured, a line each
	Parts  []Part
	Notes  []string // doubts, a sentence each
	Words  []Fact   // what words mean
	Legend string
	Paths  [][2]string // label, path

	// Base and Head are the files; the same one unless two were compared.
	Base, Head *result.File
	Compared   *compare.Analysis  // nil for a run
	Distance   *distance.Analysis // nil when there are too few distances for a line

	Headline map[string]time.Duration // added round trip that the headline of a workload is about
}

// Part is what is said of one workload or of one pair of strategies. The first of Text is its finding, and Answers are to
// what is asked next.
type Part struct {
	Title   string
	Answers []Fact
	Text    []string
	Tables  []Table
}

// Table is rows under headings. The first of a part stands open, later ones too if they are short and have no long texts.
type Table struct {
	Title string
	Head  []string // may have line breaks
	Left  map[int]bool
	Rows  [][]Cell
	Fold  bool
}

// Cell is a text and the verdict that it states, if any.
type Cell struct {
	Text    string
	Verdict compare.Verdict
}

// Figure is a chart with its finding and its numbers.
type Figure struct {
	Name    string // of its file, where it is one
	Title   string // the finding
	Caption string // what it is of
	How     string // to read it; shown with the first chart that has it
	SVG     template.HTML
	Table   Table
}

// ErrNoFile is returned for a page without files.
var ErrNoFile = errors.New("a page needs the result files that it is about")

//go:embed page.tmpl style.css
var files embed.FS

var page = template.Must(template.New("page.tmpl").Funcs(template.FuncMap{
	"clean": chart.Clean,
	"class": func(v compare.Verdict) string { return chart.Clean(strings.ReplaceAll(string(v), "_", "-")) },
	"lines": func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }) },
	"prose": prose,
	"words": func(s string) []string { return strings.SplitAfter(together.Replace(chart.Clean(s)), "_") },
}).ParseFS(files, "page.tmpl"))

// together keeps an interval and a percentage on one line.
var together = strings.NewReplacer(" %", "\u00a0%", ", −", ",\u00a0−", ", +", ",\u00a0+", ", 0", ",\u00a00")

// Write writes the page. It returns [ErrNoFile] or an error of w.
func Write(w io.Writer, p Page) error {
	if p.Base == nil || p.Head == nil {
		return ErrNoFile
	}
	css, err := files.ReadFile("style.css")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = page.Execute(&b, struct {
		Page
		CSS       template.CSS
		Headlines []Part
		Charts    []Section
		Measured  []Fact
		Folded    []Table
	}{p, template.CSS(css), p.headlines(), p.charts(), p.measured(), p.settings()}) //nolint:gosec // our own file
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// headed is how many parts may have their finding at the head of the page; of more the first has.
const headed = 4

func (p Page) headlines() (out []Part) {
	for _, part := range p.Parts {
		if len(part.Text) > 0 {
			out = append(out, part)
		}
	}
	if len(out) > headed {
		return out[:1]
	}
	return out
}

// Finding is the first sentence of a part, unless it stands at the head of the page.
func (p Page) Finding(part Part) string {
	if len(part.Text) == 0 || slices.ContainsFunc(p.headlines(), func(h Part) bool { return h.Title == part.Title && h.Text[0] == part.Text[0] }) {
		return ""
	}
	return part.Text[0]
}

// Open reports whether the i-th table of a part is shown at once.
func (t Table) Open(i int) bool { return i == 0 || len(t.Rows) <= 8 && !t.Fold }

// Section is the charts of one workload.
type Section struct {
	Title   string
	Figures []Figure
}

func (p Page) charts() (out []Section) {
	told := map[string]bool{}
	for _, workload := range p.workloads() {
		s := Section{Title: workload}
		add := func(figures ...Figure) {
			for _, f := range figures {
				if f.SVG != "" {
					if told[f.How] {
						f.How = ""
					}
					told[f.How] = true
					s.Figures = append(s.Figures, f)
				}
			}
		}
		views := p.views(workload)
		add(p.distanceChart(workload), p.attributionChart(workload))
		for _, v := range p.few(views) {
			add(p.roundsChart(v), p.throughputChart(v))
		}
		if len(views) > 0 {
			add(percentileCharts(views[0])...)
			for _, v := range views[1:] {
				if added, ok := p.Headline[workload]; ok && v.added == added {
					add(percentileChart(v, v.main()))
				}
			}
		}
		add(waterfalls(views)...)
		if len(s.Figures) > 0 {
			out = append(out, s)
		}
	}
	return out
}
