package chart

import (
	"fmt"
	"html/template"
)

// Span is a bar from one time to another; part of it, in its middle because nobody knows where, may be told apart.
type Span struct {
	Name       string
	Start, End float64
	Inner      float64 // length of the part told apart; 0 for none
}

// Lane is what happened under one name: a total and its spans in order.
type Lane struct {
	Name  string
	Style int
	Total float64
	About string // the total in words
	Minor bool   // belongs to the lane above
	Spans []Span
}

// Waterfall is spans of several lanes on one time axis, one lane below the other.
type Waterfall struct {
	Title, About string
	Unit         string
	Lanes        []Lane
}

const (
	names = 132. // room for the names of spans
	bar   = 15.
	lane  = 23.
)

// Draw gives the chart as an SVG element.
func (w Waterfall) Draw() template.HTML {
	height, longest, ends := 0., 0., []float64{0}
	for _, l := range w.Lanes {
		height += lane + bar*float64(len(l.Spans))
		if !l.Minor {
			longest = max(longest, l.Total)
		}
	}
	for _, l := range w.Lanes {
		ends = append(ends, min(l.Total, 1.5*longest)) // a first use may take many times as long, and would flatten the rest
	}
	c := begin(height+44, w.Title, w.About)
	x := Linear(w.Unit+" since the call began", true, ends...)
	p := plot{c, x, Axis{}, names, 2, Width - names - 20, height + 2}
	for _, t := range x.Ticks {
		c.line("grid", p.x(t.At), 2, p.x(t.At), 4+height)
	}
	y := 2.
	for _, l := range w.Lanes {
		y = w.draw(p, l, y)
	}
	p.xAxis()
	return c.end()
}

func (w Waterfall) draw(p plot, l Lane, y float64) float64 {
	style := fmt.Sprintf(" s%d", l.Style%Styles)
	class := "lane"
	if l.Minor {
		class = "small"
	} else {
		p.marker(l.Style, "", 6, y+10)
	}
	p.text(class, "start", 14, y+14, short(l.Name, 10))
	p.text("small", "end", names-6, y+14, Number(l.Total)+" "+w.Unit)
	p.rect("total"+style, p.x0, y+7, p.x(min(l.Total, p.ax.Top))-p.x0, 5, l.About)
	if l.Total > p.ax.Top {
		p.text("small halo", "end", p.x0+p.w, y+14, "»")
	}
	y += 18
	for _, s := range l.Spans {
		from, to := p.x(s.Start), p.x(s.End)
		p.text("tick", "end", names-6, y+11, short(s.Name, 19))
		p.rect("span"+style, from, y+2, max(to-from, 1), bar-4, fmt.Sprintf("%s: %s to %s %s", s.Name, Number(s.Start), Number(s.End), w.Unit))
		if wide := p.x(min(s.Inner, s.End-s.Start)) - p.x(0); s.Inner > 0 {
			p.rect("inner"+style, (from+to-wide)/2, y+2, max(wide, 1), bar-4, "")
		}
		y += bar
	}
	return y + lane - 18
}
