package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

func runMarkdown(w io.Writer, f *result.File, o Options) error {
	d := runDocument(f, o)
	d.charts, d.chartsAt = o.Charts, o.ChartsAt
	return markdown(w, d)
}

func comparisonMarkdown(w io.Writer, a *compare.Analysis, o Options) error {
	d := comparisonDocument(a, o)
	d.charts, d.chartsAt = o.Charts, o.ChartsAt
	return markdown(w, d)
}

// markdown writes d as GitHub-flavoured Markdown whose source can be read as well. It is written by hand so that the
// alignment of the source does not change with a library.
func markdown(w io.Writer, d *document) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## %s\n\n", escape(d.title))
	for _, f := range d.facts {
		fmt.Fprintf(&b, "- %s\n", escape(f))
	}
	for _, p := range d.parts {
		if p.only != "" && p.only != "markdown" {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n", escape(p.title))
		for _, t := range p.text { // the answer first: in a pull request the table is what one scrolls to
			fmt.Fprintf(&b, "\n%s\n", escape(t))
		}
		for _, g := range p.tables {
			if len(g.rows) == 0 || g.only == "terminal" {
				continue
			}
			if g.title != "" {
				fmt.Fprintf(&b, "\n%s\n", escape(g.title))
			}
			b.WriteString("\n")
			markdownGrid(&b, g)
		}
	}
	markdownCharts(&b, d)
	if d.legend != "" {
		fmt.Fprintf(&b, "\n%s\n", escape(d.legend))
	}
	if len(d.notes) > 0 {
		b.WriteString("\n**Warnings**\n\n")
		for _, n := range d.notes {
			fmt.Fprintf(&b, "- %s\n", escape(n))
		}
	}
	if len(d.paths) > 0 {
		b.WriteString("\n")
		for _, p := range d.paths {
			fmt.Fprintf(&b, "- %s: `%s`\n", p[0], strings.ReplaceAll(clean(p[1]), "`", "'"))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func markdownGrid(b *bytes.Buffer, g grid) {
	lines := [][]string{make([]string, len(g.head))}
	for i, h := range g.head {
		lines[0][i] = escape(strings.TrimSpace(strings.ReplaceAll(h, "\n", " ")))
	}
	for _, row := range g.rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, escape(c.text))
		}
		lines = append(lines, cells)
	}
	widths := make([]int, len(g.head))
	for _, cells := range lines {
		for i, c := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c), 3)
		}
	}
	for n, cells := range lines {
		for i, c := range cells {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if g.left[i] {
				b.WriteString("| " + c + pad + " ")
			} else {
				b.WriteString("| " + pad + c + " ")
			}
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			if g.left[i] {
				b.WriteString("| " + strings.Repeat("-", width) + " ")
			} else {
				b.WriteString("| " + strings.Repeat("-", width-1) + ": ")
			}
		}
		b.WriteString("|\n")
	}
}

var escaper = strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'", "*", `\*`)

// escape keeps text from being markup. Underscores inside words are not markup on GitHub and stay readable.
func escape(s string) string { return escaper.Replace(clean(s)) }
