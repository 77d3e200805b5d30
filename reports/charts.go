package reports

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html"
)

// Chart is a chart of the page that format html makes, as an SVG file to stand beside a Markdown report.
type Chart struct {
	Name           string // of the file
	Title, Caption string // what it shows, and how to read it
	SVG            []byte
}

// Charts draws the charts of a file, none if it measured nothing. It returns the errors of [Render].
func Charts(f *result.File, o Options) ([]Chart, error) {
	p := html.Page{Base: f, Head: f}
	if f.Kind != result.KindRun {
		a, err := compare.Strategies(f, o.Compare)
		if errors.Is(err, compare.ErrNothingToCompare) && f.Kind == result.KindSweep {
			a, err = alone(f, o, err)
		}
		switch {
		case err == nil:
			p = comparisonPage(a, o)
		case !errors.Is(err, compare.ErrNothingToCompare) || o.Compare.Base != "":
			return nil, err
		}
	}
	files, err := html.Files(p)
	if err != nil {
		return nil, err
	}
	var out []Chart
	for _, c := range files {
		out = append(out, Chart(c))
	}
	return out, nil
}

// markdownCharts shows them as pictures. What it is of stands in the text too, for those who see none.
func markdownCharts(b *bytes.Buffer, d *document) {
	if len(d.charts) == 0 {
		return
	}
	b.WriteString("\n### Charts\n")
	for _, c := range d.charts {
		link := (&url.URL{Path: path.Join(d.chartsAt, c.Name)}).EscapedPath()
		link = strings.NewReplacer("(", "%28", ")", "%29").Replace(link)
		fmt.Fprintf(b, "\n**%s**\n\n![%s](%s)\n\n%s\n", escape(c.Title), strings.NewReplacer("[", "(", "]", ")").Replace(escape(c.Title)), link, escape(c.Caption))
	}
}
