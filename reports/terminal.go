package reports

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

func runTable(w io.Writer, f *result.File, o Options) error {
	return terminal(w, runDocument(f, o), o)
}

func comparisonTable(w io.Writer, a *compare.Analysis, o Options) error {
	return terminal(w, comparisonDocument(a, o), o)
}

// terminal writes d as plain text.
func terminal(w io.Writer, d *document, o Options) error {
	var b bytes.Buffer
	b.WriteString(style(o, bold, clean(d.title)) + "\n")
	for _, f := range d.facts {
		b.WriteString(wrap(clean(f), o.width(), "", "  "))
	}
	for _, p := range d.parts {
		if p.only != "" && p.only != "terminal" {
			continue
		}
		b.WriteString("\n" + style(o, bold, clean(p.title)) + "\n")
		for i, g := range p.tables {
			if len(g.rows) == 0 {
				continue
			}
			if i > 0 && g.title != "" {
				b.WriteString("\n")
			}
			if g.title != "" {
				b.WriteString(clean(g.title) + "\n")
			}
			if err := drawGrid(&b, g, o); err != nil {
				return err
			}
		}
		for _, t := range p.text {
			b.WriteString("\n" + wrap(clean(t), o.width(), "", ""))
		}
	}
	if d.legend != "" {
		b.WriteString("\n" + wrap(d.legend, o.width(), "", ""))
	}
	if len(d.notes) > 0 {
		b.WriteString("\n" + style(o, yellow, "Warnings") + "\n")
		for _, n := range d.notes {
			b.WriteString(wrap(clean(n), o.width(), "! ", "  "))
		}
	}
	if len(d.paths) > 0 {
		b.WriteString("\n")
		for _, p := range d.paths {
			fmt.Fprintf(&b, "%s: %s\n", p[0], clean(p[1]))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// drawGrid draws without lines: columns that are aligned need none, and the text can be pasted anywhere. Of a table that
// is too wide the operations are named without the _item that most of them end with.
func drawGrid(b *bytes.Buffer, g grid, o Options) error {
	raw, err := layout(g, o)
	if err != nil {
		return err
	}
	if widest(raw) > o.width() {
		short := g
		short.rows = nil
		for _, row := range g.rows {
			row = slices.Clone(row)
			row[0].text = strings.TrimSuffix(row[0].text, "_item")
			short.rows = append(short.rows, row)
		}
		if raw, err = layout(short, o); err != nil {
			return err
		}
	}
	b.WriteString(raw)
	return nil
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func widest(text string) (n int) {
	for line := range strings.Lines(escapes.ReplaceAllString(text, "")) {
		n = max(n, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return n
}

func layout(g grid, o Options) (string, error) {
	align := make([]tw.Align, len(g.head))
	padding := make([]tw.Padding, len(g.head))
	for i := range g.head {
		align[i], padding[i] = tw.AlignRight, tw.Padding{Left: " ", Right: "", Overwrite: true}
		if g.left[i] {
			align[i], padding[i].Left = tw.AlignLeft, "  "
		}
		if i == 0 {
			padding[i].Left = ""
		}
	}
	cfg := func(header bool) tw.CellConfig {
		c := tw.CellConfig{
			Alignment:  tw.CellAlignment{PerColumn: align},
			Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
			Padding:    tw.CellPadding{PerColumn: padding},
		}
		if header {
			c.Formatting.AutoWrap = tw.WrapNormal // keeps the two lines of a heading
		}
		return c
	}
	var raw bytes.Buffer
	t := tablewriter.NewTable(&raw,
		tablewriter.WithConfig(tablewriter.Config{Header: cfg(true), Row: cfg(false)}),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.Separators{ShowHeader: tw.Off, ShowFooter: tw.Off, BetweenRows: tw.Off, BetweenColumns: tw.Off},
				Lines:      tw.LinesNone,
			},
		})),
		tablewriter.WithEastAsian(tw.Off), // or widths would depend on the locale
		tablewriter.WithTrimSpace(tw.Off),
	)
	t.Header(g.head)
	for _, row := range g.rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = style(o, colour(c.verdict), c.text)
		}
		if err := t.Append(cells); err != nil {
			return "", err
		}
	}
	if err := t.Render(); err != nil {
		return "", err
	}
	var b strings.Builder
	for line := range strings.Lines(raw.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String(), nil
}

// The few ANSI attributes in use.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func colour(v compare.Verdict) string {
	switch v {
	case compare.Faster:
		return green
	case compare.Slower:
		return red
	case compare.Inconclusive, compare.NotEnoughData:
		return yellow
	}
	return ""
}

func style(o Options, code, s string) string {
	if !o.Color || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// wrap breaks s at spaces; a word longer than the line stays whole. first begins the first line, rest the others.
func wrap(s string, width int, first, rest string) string {
	var b strings.Builder
	line := first
	empty := true
	for _, word := range strings.Fields(s) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > width {
			b.WriteString(line + "\n")
			line, empty = rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	return b.String() + line + "\n"
}
