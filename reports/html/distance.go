package html

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/reports/html/chart"
)

// distanceChart is latency against distance, a line for each strategy, and where they break even.
func (p Page) distanceChart(workload string) Figure {
	views := p.views(workload)
	if p.Distance == nil || len(views) == 0 {
		return Figure{}
	}
	k := views[len(views)-1].main()
	legs := p.Distance.Distances(workload, k.operation, k.outcome)
	if len(legs) == 0 {
		return Figure{}
	}
	near, far := legs[0].Measured, legs[len(legs)-1].Measured
	mean := false
	l := chart.Lines{About: "Latency against round-trip time, a line for each strategy. The table below has the numbers."}
	var xs, ys []float64
	for _, v := range views {
		for _, a := range v.arms { // each measured its own
			if d := a.cell.MeasuredRTT; d > 0 {
				near, far, xs = min(near, d), max(far, d), append(xs, inMS(d))
			}
		}
	}
	for _, a := range views[0].arms {
		if f := p.Distance.Fit(workload, k.operation, k.outcome, a.name); f != nil {
			mean = f.Statistic == compare.Mean
			line := p.distanceLine(a, views, k, spaced(near, far, 40))
			for _, q := range slices.Concat(line.Line, line.Points) {
				ys = append(ys, q.Y)
			}
			l.Series = append(l.Series, line)
		}
	}
	statistic := "p50"
	if mean {
		statistic = "mean"
	}
	l.X, l.Y = chart.Log("round-trip time, ms (log scale)", xs...), chart.Log(statistic+" of "+k.String()+", ms (log scale)", ys...)
	l.Marks = p.breakEvens(workload, k, l.X)
	l.Title = p.fastest(views, k, compare.Metric(statistic))
	return Figure{Name: "distance", Title: l.Title, SVG: l.Draw(), Table: p.distanceTable(views, k),
		Caption: workload + ".", How: "Lines: S + R × round-trip time, fitted, with their interval as a band. Marks: measured, medians of the rounds." +
			given(len(l.Marks) > 0, " Rings: break-even, the shade is its interval.")}
}

// distanceLine is the fit of a strategy at xs, and what was measured.
func (p Page) distanceLine(a arm, views []view, k subject, xs []time.Duration) chart.Series {
	s := chart.Series{Name: a.name, Style: a.style}
	for _, x := range xs {
		if e, ok := p.Distance.Predict(views[0].workload, k.operation, k.outcome, a.name, x); ok {
			s.Line = append(s.Line, chart.Point{X: inMS(x), Y: float64(e.Value) / 1e6, Low: float64(e.Low) / 1e6, High: float64(e.High) / 1e6})
		}
	}
	for _, q := range p.Distance.Points(views[0].workload, k.operation, k.outcome, a.name) {
		s.Points = append(s.Points, chart.At(inMS(q.RTT), float64(q.Value)/1e6))
	}
	return s
}

// spaced gives n distances from near to far, equal steps apart on a logarithmic axis.
func spaced(near, far time.Duration, n int) (out []time.Duration) {
	for i := range n {
		out = append(out, time.Duration(float64(near)*math.Pow(float64(far)/float64(near), float64(i)/float64(n-1))))
	}
	return out
}

// breakEvens marks those that lie within the axis, near to far.
func (p Page) breakEvens(workload string, k subject, x chart.Axis) (out []chart.Mark) {
	for _, b := range p.Distance.BreakEven {
		at := float64(b.At) / 1e6
		if b.Workload != workload || b.Operation != k.operation || b.Outcome != k.outcome || !(at > x.Low && at < x.Top) ||
			b.Verdict != distance.Above && b.Verdict != distance.Below {
			continue
		}
		if b.Verdict == distance.Below {
			b = b.Turn()
		}
		m := chart.Mark{X: at, Low: float64(b.Low) / 1e6, High: float64(b.High) / 1e6, Style: p.style(b.Head),
			Label: fmt.Sprintf("from %s ms %s beats %s", chart.Number(at), b.Head, b.Base)}
		if e, ok := p.Distance.Predict(workload, k.operation, k.outcome, b.Head, time.Duration(b.At)); ok {
			m.Y = float64(e.Value) / 1e6
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b chart.Mark) int { return int(math.Copysign(1, a.X-b.X)) })
	return out
}

// distanceTable has a row for each strategy at each distance.
func (p Page) distanceTable(views []view, k subject) Table {
	t := Table{Head: []string{"round trip ms", "strategy", "measured ms", "line ms", "above the line", "calls", "fewest in a round"}, Left: map[int]bool{1: true}}
	for _, v := range views {
		for _, a := range v.arms {
			for _, q := range p.Distance.Points(v.workload, k.operation, k.outcome, a.name) {
				if q.Added == v.added {
					t.Rows = append(t.Rows, cells(tripMS(q.Measured), a.name, chart.Number(float64(q.Value)/1e6), chart.Number(float64(q.Line)/1e6),
						chart.Number(math.Round(100*q.Off()))+" %", fmt.Sprint(k.of(a.cell).Count), fmt.Sprint(k.fewest(a.cell))))
				}
			}
		}
	}
	return t
}
