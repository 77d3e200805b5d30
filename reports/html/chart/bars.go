package chart

import (
	"fmt"
	"html/template"
	"math"
)

// Bar is a value with the range it moved in, if Low is not NaN.
type Bar struct {
	Name             string
	Style            int
	Value, Low, High float64
	Faint            bool
}

// Bars are horizontal and begin at 0: their lengths compare as their values do.
type Bars struct {
	Title, About string
	Label        string // of the axis, with its unit
	Bars         []Bar
}

// Draw gives the chart as an SVG element.
func (b Bars) Draw() template.HTML {
	const step = 26.
	values := []float64{0}
	for _, v := range b.Bars {
		values = append(values, v.Value, v.High)
	}
	height := step*float64(len(b.Bars)) + 4
	c := begin(height+42, b.Title, b.About)
	p := plot{c, Linear(b.Label, true, values...), Axis{}, 112, 2, Width - 112 - 44, height}
	for _, t := range p.ax.Ticks {
		c.line("grid", p.x(t.At), 2, p.x(t.At), 2+height)
	}
	for i, v := range b.Bars {
		y, class := 6+step*float64(i), fmt.Sprintf("solid s%d", v.Style%Styles)
		if v.Faint {
			class = "solid faint"
		}
		c.text("name", "end", p.x0-20, y+14, short(v.Name, 15))
		if !v.Faint {
			c.marker(v.Style, "", p.x0-11, y+10)
		}
		c.rect(class, p.x0, y, p.x(v.Value)-p.x0, 20, "")
		end := p.x(v.Value)
		if !math.IsNaN(v.Low) {
			c.line("range", p.x(v.Low), y+10, p.x(v.High), y+10)
			c.line("range", p.x(v.Low), y+6, p.x(v.Low), y+14)
			c.line("range", p.x(v.High), y+6, p.x(v.High), y+14)
			end = max(end, p.x(v.High))
		}
		c.text("name halo", "start", end+5, y+14, Number(v.Value))
	}
	p.xAxis()
	return c.end()
}
