package chart

import (
	"fmt"
	"html/template"
)

// Stack is one column: parts that add up to Sum, those below 0 hang down.
type Stack struct {
	Label string
	Parts []float64
	Sum   float64
}

// Panel is a row of stacks.
type Panel struct {
	Name   string
	Style  int
	Stacks []Stack
}

// Stacks is panels one below the other that share their axes. Every stack of every panel has the same parts.
type Stacks struct {
	Title, About   string
	XLabel, YLabel string
	Parts          []string
	Panels         []Panel
}

const panel, between = 96., 26.

// Draw gives the chart as an SVG element.
func (s Stacks) Draw() template.HTML {
	values := []float64{0}
	for _, p := range s.Panels {
		for _, t := range p.Stacks {
			up, down := t.ends()
			values = append(values, up, down, t.Sum)
		}
	}
	y := Linear(s.YLabel, true, values...)
	c := begin(44+(panel+between)*float64(len(s.Panels))+26, s.Title, s.About)
	c.text("label", "start", 2, 12, s.YLabel)
	at := left
	for i, part := range s.Parts {
		c.rect(fmt.Sprintf("part p%d", i), at, 21, 10, 10, "")
		c.text("small", "start", at+14, 30, part)
		at += 26 + 6*float64(len([]rune(part)))
	}
	c.marker(0, "sum", at+5, 26)
	c.text("small", "start", at+14, 30, "together")
	for i, p := range s.Panels {
		s.panel(plot{c, Axis{}, y, left, 58 + (panel+between)*float64(i), Width - left - 12, panel}, p, i == len(s.Panels)-1)
	}
	c.text("label", "middle", left+(Width-left-12)/2, 44+(panel+between)*float64(len(s.Panels))+18, s.XLabel)
	return c.end()
}

func (s Stacks) panel(p plot, of Panel, last bool) {
	p.marker(of.Style, "", p.x0+4, p.y0-8)
	p.text("lane", "start", p.x0+12, p.y0-4, short(of.Name, 40))
	for _, t := range p.ay.Ticks {
		class := "grid"
		if t.At == 0 {
			class = "axis"
		}
		p.line(class, p.x0, p.y(t.At), p.x0+p.w, p.y(t.At))
		p.text("tick", "end", p.x0-5, p.y(t.At)+4, t.Label)
	}
	step := p.w / float64(len(of.Stacks))
	wide := min(step*0.6, 34)
	for i, t := range of.Stacks {
		x := p.x0 + step*(float64(i)+0.5)
		up, down := 0., 0.
		for j, v := range t.Parts {
			from := &up
			if v < 0 {
				from = &down
			}
			high, low := p.y(max(*from, *from+v)), p.y(min(*from, *from+v))
			*from += v
			p.rect(fmt.Sprintf("part p%d", j), x-wide/2, high, wide, low-high, fmt.Sprintf("%s: %s", s.Parts[j], Number(v)))
		}
		p.marker(0, "sum", x, p.y(t.Sum))
		if last {
			p.text("tick", "middle", x, p.y0+p.h+14, t.Label)
		}
	}
}

func (t Stack) ends() (up, down float64) {
	for _, v := range t.Parts {
		up, down = up+max(v, 0), down+min(v, 0)
	}
	return up, down
}
