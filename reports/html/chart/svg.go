package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Width of every chart in its own units; text is 12 of them high. A page shows it about as wide as a telephone.
const Width = 400

// Styles is how many series can be told apart; further ones repeat.
const Styles = 6

// canvas collects the elements of one drawing.
type canvas struct {
	strings.Builder
}

// begin opens the element with what a screen reader says.
func begin(height float64, title, desc string) *canvas {
	c := &canvas{}
	fmt.Fprintf(c, `<svg class="chart" viewBox="0 0 %d %s" role="img">`, Width, n(height))
	fmt.Fprintf(c, `<title>%s</title>`, esc(title))
	if desc != "" {
		fmt.Fprintf(c, `<desc>%s</desc>`, esc(desc))
	}
	return c
}

func (c *canvas) end() template.HTML {
	c.WriteString("</svg>")
	return template.HTML(c.String()) //nolint:gosec // all text in it went through esc
}

// File makes a drawing a file of its own, with a style sheet and paper below it.
func File(drawing template.HTML, css string) []byte {
	head, rest, _ := strings.Cut(string(drawing), ">")
	var w, h float64
	if _, err := fmt.Sscanf(head[strings.Index(head, "viewBox"):], `viewBox="0 0 %g %g"`, &w, &h); err != nil {
		w, h = Width, Width
	}
	const zoom = 1.75 // as wide as text is
	return fmt.Appendf(nil, `%s xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" font-size="12.5">
<style>%s.paper { fill: var(--paper); }
</style>
<rect class="paper" width="100%%" height="100%%"/>
%s
`, head, n(zoom*w), n(zoom*h), css, rest)
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(c, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, n(x1), n(y1), n(x2), n(y2))
}

func (c *canvas) rect(class string, x, y, w, h float64, about string) {
	fmt.Fprintf(c, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"`, class, n(x), n(y), n(max(w, 0)), n(h))
	if about == "" {
		c.WriteString("/>")
		return
	}
	fmt.Fprintf(c, `><title>%s</title></rect>`, esc(about))
}

// text is anchored at its start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, s string) {
	if s != "" {
		fmt.Fprintf(c, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, n(x), n(y), esc(s))
	}
}

// path joins points; a gap is a point whose y is NaN.
func (c *canvas) path(class string, xy [][2]float64) {
	var d strings.Builder
	pen := "M"
	for _, p := range xy {
		if math.IsNaN(p[1]) {
			pen = "M"
			continue
		}
		d.WriteString(pen + n(p[0]) + " " + n(p[1]))
		pen = "L"
	}
	fmt.Fprintf(c, `<path class="%s" d="%s"/>`, class, d.String())
}

// marker is one of five shapes.
func (c *canvas) marker(style int, class string, x, y float64) {
	const r = 3.2
	class = fmt.Sprintf("m s%d %s", style%Styles, class)
	switch style % Styles {
	case 0:
		fmt.Fprintf(c, `<circle class="%s" cx="%s" cy="%s" r="3.2"/>`, class, n(x), n(y))
	case 1:
		c.rect(class, x-r+.3, y-r+.3, 2*r-.6, 2*r-.6, "")
	case 2:
		c.path(class, [][2]float64{{x, y - r - 0.6}, {x + r + .5, y + r}, {x - r - .5, y + r}, {x, y - r - 0.6}})
	case 3:
		c.path(class, [][2]float64{{x, y - r - 1}, {x + r + 1, y}, {x, y + r + 1}, {x - r - 1, y}, {x, y - r - 1}})
	case 4:
		c.path(class, [][2]float64{{x, y + r + 0.6}, {x + r + .5, y - r}, {x - r - .5, y - r}, {x, y + r + 0.6}})
	default:
		c.path(class, [][2]float64{{x - r, y - r}, {x + r, y + r}, {x, math.NaN()}, {x - r, y + r}, {x + r, y - r}})
	}
}

// n writes a coordinate with one decimal at most.
func n(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64)
}

func esc(s string) string { return html.EscapeString(Clean(s)) }

// Clean drops what XML cannot hold, control characters, and those that turn the direction of writing, since names come from
// files. A line break becomes a space.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffe || r == 0xffff || r == 0xfffd {
			return -1
		}
		return r
	}, s)
}

// short cuts s to so many characters.
func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
