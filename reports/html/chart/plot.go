package chart

import (
	"math"
	"slices"
)

// plot is a canvas with two axes.
type plot struct {
	*canvas
	ax, ay       Axis
	x0, y0, w, h float64
}

func (p plot) x(v float64) float64 { return p.x0 + p.w*p.ax.place(v) }
func (p plot) y(v float64) float64 { return p.y0 + p.h*(1-p.ay.place(v)) }

func (p plot) axes() {
	for _, t := range p.ay.Ticks {
		p.line("grid", p.x0, p.y(t.At), p.x0+p.w, p.y(t.At))
		p.text("tick", "end", p.x0-5, p.y(t.At)+4, t.Label)
	}
	p.text("label", "start", 2, 12, p.ay.Label)
	p.xAxis()
}

func (p plot) xAxis() {
	bottom := p.y0 + p.h
	p.line("axis", p.x0, bottom, p.x0+p.w, bottom)
	last := math.Inf(-1)
	for _, t := range p.ax.Ticks {
		x, half := p.x(t.At), 3.2*float64(len([]rune(t.Label)))
		p.line("axis", x, bottom, x, bottom+4)
		if x-half > last+4 {
			p.text("tick", "middle", x, bottom+16, t.Label)
			last = x + half
		}
	}
	p.text("label", "middle", p.x0+p.w/2, bottom+33, p.ax.Label)
}

// labels name the series at their last points, moved apart where they would overlap.
func (p plot) labels(all []Series) {
	type label struct {
		Series
		x, y, at float64
	}
	var labels []label
	for _, s := range all {
		points := s.Line
		if len(points) == 0 {
			points = s.Points
		}
		for _, q := range slices.Backward(points) {
			if p.ax.holds(q.X) && !math.IsNaN(q.Y) && !(p.ay.Log && q.Y <= 0) {
				y := p.y(p.ay.clamp(q.Y))
				labels = append(labels, label{s, p.x(q.X), y, y})
				break
			}
		}
	}
	slices.SortStableFunc(labels, func(a, b label) int { return int(math.Copysign(1, a.y-b.y)) })
	var wanted []float64
	for _, l := range labels {
		wanted = append(wanted, l.y)
	}
	for i, y := range apart(wanted, row, p.y0+2, p.y0+p.h) {
		l := labels[i]
		x := p.x0 + p.w + 10
		p.line("leader", l.x+4, l.at, x, y)
		if l.Faint {
			p.text("cross", "middle", x+5, y+4, "×")
		} else {
			p.marker(l.Style, "", x+5, y)
		}
		p.text("name", "start", x+12, y+4, short(l.Name, 10))
	}
}

// apart moves ascending places as little as need be so that they are gap apart and within low and high.
func apart(wanted []float64, gap, low, high float64) []float64 {
	out := slices.Clone(wanted)
	for i := range out {
		out[i] = max(out[i], low+gap*float64(i))
		if i > 0 {
			out[i] = max(out[i], out[i-1]+gap)
		}
	}
	for i := len(out) - 1; i >= 0; i-- {
		if i == len(out)-1 {
			out[i] = min(out[i], max(high, low+gap*float64(i)))
		} else {
			out[i] = min(out[i], out[i+1]-gap)
		}
	}
	return out
}
