package chart

import (
	"fmt"
	"html/template"
	"math"
	"slices"
)

// Point is a value with its interval, if Low is not NaN.
type Point struct{ X, Y, Low, High float64 }

// At is a point without an interval.
func At(x, y float64) Point { return Point{x, y, math.NaN(), math.NaN()} }

// Series is a named line, or points, or both.
type Series struct {
	Name   string
	Style  int     // of colour, dash and marker
	Line   []Point // joined, with a band where there are intervals
	Points []Point // marked
	Faint  bool    // something to compare with, not a subject
}

// Mark is a place on the x axis, such as a break-even, and its interval, if Low is not NaN.
type Mark struct {
	X, Y      float64 // Y is where on the line
	Low, High float64
	Label     string
	Style     int
}

// Lines is a chart of series over two axes. Each series is labelled where it ends.
type Lines struct {
	Title, About string // what it shows and how to read it, for those who cannot see it
	X, Y         Axis
	Series       []Series
	Marks        []Mark
	Levels       []float64 // on the y axis, to compare with
	Height       float64   // of the plot; 0 is 230
}

const (
	left  = 46. // room for the labels of the y axis
	right = 82. // and of the lines
	row   = 14. // height of a line of text
)

// Draw gives the chart as an SVG element.
func (l Lines) Draw() template.HTML {
	height := l.Height
	if height == 0 {
		height = 230
	}
	top := 22 + row*float64(len(l.Marks))
	c := begin(top+height+40, l.Title, l.About)
	p := plot{c, l.X, l.Y, left, top, Width - left - right, height}
	p.axes()
	p.marks(l.Marks)
	for _, v := range l.Levels {
		c.line("level", p.x0, p.y(v), p.x0+p.w, p.y(v))
	}
	for _, s := range l.Series {
		p.series(s)
	}
	p.labels(l.Series)
	return c.end()
}

func (p plot) series(s Series) {
	class := fmt.Sprintf("s%d", s.Style%Styles)
	if s.Faint {
		class = "faint"
	}
	var line, band, back [][2]float64
	for _, q := range s.Line {
		y := q.Y
		if p.ay.Log && !(y > 0) {
			y = math.NaN()
		}
		line = append(line, [2]float64{p.x(q.X), p.y(p.ay.clamp(y))})
		if !math.IsNaN(q.Low) && (!p.ay.Log || q.Low > 0) {
			band = append(band, [2]float64{p.x(q.X), p.y(p.ay.clamp(q.High))})
			back = append(back, [2]float64{p.x(q.X), p.y(p.ay.clamp(q.Low))})
		}
	}
	if len(band) > 1 {
		slices.Reverse(back)
		p.path("band "+class, append(band, back...))
	}
	if len(line) > 1 {
		p.path("line "+class, line)
	}
	for _, q := range s.Points {
		if !p.ax.holds(q.X) || !p.ay.holds(q.Y) {
			continue
		}
		if !math.IsNaN(q.Low) {
			p.line("whisker "+class, p.x(q.X), p.y(p.ay.clamp(q.Low)), p.x(q.X), p.y(p.ay.clamp(q.High)))
		}
		if s.Faint {
			p.text("cross", "middle", p.x(q.X), p.y(q.Y)+4, "×")
		} else {
			p.marker(s.Style, "", p.x(q.X), p.y(q.Y))
		}
	}
}

// marks stand above the plot, one to a line, each with a thread down to its place.
func (p plot) marks(marks []Mark) {
	bottom := p.y0 + p.h
	for i, m := range marks {
		if !p.ax.holds(m.X) {
			continue
		}
		class, x, y := fmt.Sprintf("s%d", m.Style%Styles), p.x(m.X), p.y0-4-row*float64(len(marks)-1-i)
		if !math.IsNaN(m.Low) {
			from, to := p.x(p.ax.clamp(m.Low)), p.x(p.ax.clamp(m.High))
			p.rect("band "+class, from, p.y0, max(to-from, 1), p.h, "")
		}
		p.line("thread "+class, x, y+2, x, bottom)
		if p.ay.holds(m.Y) {
			fmt.Fprintf(p, `<circle class="ring" cx="%s" cy="%s" r="5"/>`, n(x), n(p.y(m.Y)))
		}
		anchor := "start"
		if x > p.x0+p.w/2 {
			anchor = "end"
		}
		p.text("small", anchor, x, y, m.Label)
	}
}
