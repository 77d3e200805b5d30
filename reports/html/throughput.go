package html

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html/chart"
)

// throughputChart has a bar for each strategy at the distance of v. Where a workload was measured under several numbers of
// dispatchers, each a workload of its own, the first shows all.
func (p Page) throughputChart(v view) Figure {
	var family []view
	for _, w := range p.workloads() {
		for _, x := range p.views(w) {
			if x.added == v.added && x.family() == v.family() && x.arms[0].cell.Strategy == v.arms[0].cell.Strategy {
				family = append(family, x)
			}
		}
	}
	if family[0].workload != v.workload {
		return Figure{}
	}
	b := chart.Bars{Label: "orchestrations per second", About: "Throughput by strategy. The table below has the numbers."}
	for _, x := range family {
		suffix := given(len(family) > 1, " "+x.load())
		for _, a := range x.arms {
			b.Bars = append(b.Bars, bars(a.name+suffix, a.style, false, a.cell)...)
			b.Bars = append(b.Bars, bars("control"+suffix, a.style, true, a.control)...)
		}
	}
	if len(b.Bars) == 0 {
		return Figure{}
	}
	t := Table{Head: []string{"", "per second", "slowest round", "fastest round"}, Left: map[int]bool{0: true}}
	var said []string
	for _, x := range b.Bars {
		t.Rows = append(t.Rows, cells(x.Name, chart.Number(x.Value), chart.Number(x.Low), chart.Number(x.High)))
		if !x.Faint {
			said = append(said, x.Name+" "+chart.Number(x.Value))
		}
	}
	b.Title = "Orchestrations per second" + at(v.measured) + ": " + strings.Join(said, ", ")
	about := v.title()
	if len(family) > 1 {
		about = v.family() + " with several numbers of orchestration:worker dispatchers"
	}
	return Figure{Name: "throughput" + v.suffix(), Title: b.Title, SVG: b.Draw(), Table: t, Caption: about + ".", How: "Bar: all rounds. Whisker: slowest to fastest round."}
}

func (v view) load() string {
	if d, ok := v.arms[0].cell.Parameters["dispatchers"]; ok {
		return fmt.Sprint(d)
	}
	return ""
}

// family is the workload without its load.
func (v view) family() string { return strings.TrimSuffix(v.workload, " "+v.load()) }

// bars gives the bar of a cell, none if it completed nothing or is nil.
func bars(name string, style int, faint bool, c *result.Cell) []chart.Bar {
	if c == nil || c.Summary.Orchestrations == nil || c.Summary.Orchestrations.Completed == 0 {
		return nil
	}
	var rates []float64
	for _, r := range c.Rounds {
		if r.Orchestrations != nil {
			rates = append(rates, r.Orchestrations.PerSecond)
		}
	}
	bar := chart.Bar{Name: name, Style: style, Faint: faint, Value: c.Summary.Orchestrations.PerSecond, Low: math.NaN(), High: math.NaN()}
	if len(rates) > 1 {
		bar.Low, bar.High = slices.Min(rates), slices.Max(rates)
	}
	return []chart.Bar{bar}
}
