package html

import (
	"fmt"
	"strings"

	"pgbench-provider/reports/html/chart"
)

// File is a chart as an SVG file of its own, light and dark.
type File struct {
	Name           string // "hello-world-distance.svg"
	Title, Caption string
	SVG            []byte
}

// Files gives the charts of a page as files. It returns [ErrNoFile].
func Files(p Page) ([]File, error) {
	if p.Base == nil || p.Head == nil {
		return nil, ErrNoFile
	}
	css, err := files.ReadFile("style.css")
	if err != nil {
		return nil, err
	}
	style, taken := chartStyle(string(css)), map[string]bool{}
	var out []File
	for _, s := range p.charts() {
		for _, f := range s.Figures {
			name := fileName(s.Title + "-" + f.Name)
			for i := 2; taken[name]; i++ {
				name = fileName(fmt.Sprintf("%s-%s-%d", s.Title, f.Name, i))
			}
			taken[name] = true
			caption := strings.TrimSpace(f.Caption + " " + f.How)
			out = append(out, File{name + ".svg", chart.Clean(f.Title), chart.Clean(caption), chart.File(f.SVG, style)})
		}
	}
	return out, nil
}

// chartStyle is what of the page's style sheet a chart needs: the palettes for light and dark, and its own rules.
func chartStyle(css string) string {
	palettes, rest, _ := strings.Cut(css, "* {")
	out := palettes
	for line := range strings.Lines(rest) {
		if strings.HasPrefix(line, ".chart .") || strings.HasPrefix(line, ".chart text") || strings.HasPrefix(line, ".chart path") {
			out += line
		}
	}
	return out
}

// fileName keeps what every file system and every link takes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, s)
}
