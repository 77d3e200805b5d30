package html

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html/chart"
)

// strip is a chart of ratios by round while it is filled.
type strip struct {
	chart.Lines
	base    arm
	k       subject
	columns []map[int]float64 // a ratio by round for each series
	said    []string
	table   Table
}

// roundsChart shows each round's ratio of head to base, and that of the control, so that drift and noise can be seen.
func (p Page) roundsChart(v view) Figure {
	if p.Compared == nil || !p.Compared.Paired || len(v.arms) < 2 {
		return Figure{}
	}
	s := strip{base: v.arms[0], k: v.main(), table: Table{Head: []string{"round"}}}
	most := 0
	for _, r := range s.base.cell.Rounds {
		most = max(most, r.Round)
	}
	for _, a := range v.arms[1:] {
		line := chart.Series{Name: a.name, Style: a.style}
		if c := p.Compared.Find(v.workload, v.added, a.name, s.k.operation, s.k.outcome, compare.P50); c != nil && c.Ratio.Valid() {
			for _, r := range []int{1, most} {
				q := chart.At(float64(r), float64(c.Ratio))
				if len(v.arms) <= 3 { // more bands would hide each other
					q.Low, q.High = float64(c.CILow), float64(c.CIHigh)
				}
				line.Line = append(line.Line, q)
			}
		}
		s.add(line, a.cell, a.name+" takes %s times as long as "+s.base.name)
	}
	if s.base.control != nil {
		s.add(chart.Series{Name: "control", Faint: true}, s.base.control, "the control %s")
	}
	if len(s.said) == 0 || most < 2 {
		return Figure{}
	}
	s.finish(most, at(v.measured))
	return Figure{
		Name: "rounds" + v.suffix(), Title: s.Title, SVG: s.Draw(), Table: s.table,
		Caption: fmt.Sprintf("%s: p50 of %s over that of %s in the same round.", v.title(), s.k, s.base.name),
		How: fmt.Sprintf("Line: the estimate over all rounds%s.%s", given(len(v.arms) <= 3, ", with its interval"),
			given(s.base.control != nil, fmt.Sprintf(" ×: %s once more, as a control.", s.base.name))),
	}
}

func given(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// add takes the ratios of a cell to the base's, and what to say of their range.
func (s *strip) add(line chart.Series, c *result.Cell, say string) {
	by, low, high := ratios(s.k, s.base.cell, c), math.Inf(1), 0.
	for _, r := range c.Rounds {
		if q, ok := by[r.Round]; ok {
			line.Points = append(line.Points, chart.At(float64(r.Round), q))
			low, high = min(low, q), max(high, q)
		}
	}
	if len(by) == 0 {
		return
	}
	text := ratio(low)
	if ratio(high) != text {
		text += " to " + ratio(high)
	}
	s.said = append(s.said, fmt.Sprintf(say, text))
	s.Series, s.columns = append(s.Series, line), append(s.columns, by)
	s.table.Head = append(s.table.Head, line.Name+" / "+s.base.name)
}

// finish makes the axes and the table of rounds 1 to most.
func (s *strip) finish(most int, where string) {
	ys := []float64{1}
	for r := 1; r <= most; r++ {
		row := []Cell{{Text: strconv.Itoa(r)}}
		for _, by := range s.columns {
			var c Cell
			if q, ok := by[r]; ok {
				ys, c.Text = append(ys, q), ratio(q)
			}
			row = append(row, c)
		}
		s.table.Rows = append(s.table.Rows, row)
	}
	s.X, s.Height, s.Levels = roundAxis(most), 190, []float64{1}
	s.Y = chart.Linear("times as long as "+s.base.name, false, ys...)
	if slices.Max(ys) > 4*slices.Min(ys) {
		s.Y = chart.Log("times as long as "+s.base.name+" (log scale)", ys...)
	}
	s.Title = "Round by round" + where + ", " + strings.Join(s.said, "; ")
	s.About = "The ratio of the p50 of each strategy to that of " + s.base.name + ", by round. The table below has the numbers."
}

// ratios pairs two cells by round.
func ratios(k subject, base, head *result.Cell) map[int]float64 {
	out, of := map[int]float64{}, map[int]float64{}
	for _, r := range base.Rounds {
		of[r.Round] = float64(k.latency(r.Operations, r.Orchestrations).P50)
	}
	for _, r := range head.Rounds {
		if b, h := of[r.Round], float64(k.latency(r.Operations, r.Orchestrations).P50); b > 0 && h > 0 {
			out[r.Round] = h / b
		}
	}
	return out
}

// roundAxis has at most twelve ticks.
func roundAxis(most int) chart.Axis {
	a := chart.Axis{Label: "round", Low: 0.5, Top: float64(most) + 0.5}
	step := 1
	for _, s := range []int{1, 2, 5, 10, 20, 50, 100} {
		if step = s; most/s <= 12 {
			break
		}
	}
	for r := step; r <= most; r += step {
		a.Ticks = append(a.Ticks, chart.Tick{At: float64(r), Label: strconv.Itoa(r)})
	}
	return a
}
