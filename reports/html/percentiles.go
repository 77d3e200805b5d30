package html

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html/chart"
)

// A curve ends where so few calls are left beyond it.
const beyond = 5

// percentileCharts has one for the whole orchestration and for each of the operations that take most time.
func percentileCharts(v view) (out []Figure) {
	subjects := []subject{{compare.Orchestration, ""}}
	ops := slices.Clone(v.arms[0].cell.Summary.Operations)
	slices.SortStableFunc(ops, func(a, b result.Operation) int {
		return cmp.Compare(float64(b.Count)*float64(b.Mean), float64(a.Count)*float64(a.Mean))
	})
	for _, op := range ops {
		if (op.Outcome == result.Loaded || op.Outcome == result.OK) && len(subjects) < 5 {
			subjects = append(subjects, subject{op.Name, op.Outcome})
		}
	}
	for _, k := range subjects {
		out = append(out, percentileChart(v, k))
	}
	return out
}

// percentileChart has the axis that HdrHistogram's plots have: each further nine takes as much room as the one before.
func percentileChart(v view, k subject) Figure {
	l := chart.Lines{About: "Latency at each percentile, a line for each strategy. The table below has the numbers."}
	t := Table{Head: []string{"", "calls", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"}, Left: map[int]bool{0: true}}
	xs, ys := []float64{1}, []float64{}
	var shown []shape
	for _, a := range v.arms {
		lat := k.of(a.cell)
		h := merged(lat.Histogram)
		if h == nil || h.TotalCount() < 4*beyond {
			continue
		}
		s := curve(h)
		s.Name, s.Style = a.name, a.style
		for _, q := range s.Line {
			xs, ys = append(xs, q.X), append(ys, q.Y)
		}
		l.Series = append(l.Series, s)
		row := []Cell{{Text: a.name}, {Text: fmt.Sprint(lat.Count)}}
		for _, q := range []float64{50, 90, 99, 99.9} {
			c := Cell{}
			if enough(h, q) {
				c = number(time.Duration(h.ValueAtQuantile(q)))
			}
			row = append(row, c)
		}
		t.Rows = append(t.Rows, append(row, number(lat.Max)))
		shown = append(shown, shape{a.name, h})
	}
	if len(l.Series) == 0 {
		return Figure{}
	}
	l.X = percentileAxis(xs)
	l.Y = latencyAxis(ys)
	l.Title = percentileTitle(k, shown, v.measured)
	return Figure{Name: "percentiles-" + k.operation + v.suffix(), Title: l.Title, SVG: l.Draw(), Table: t, Caption: v.title() + ".", How: fmt.Sprintf(
		"All rounds merged. Marks at 50, 90, 99 and 99.9 %%; a line ends where %d calls are left beyond it.", beyond)}
}

// shape is the latencies of an arm.
type shape struct {
	name string
	*hdrhistogram.Histogram
}

// percentileTitle speaks of the highest percentile that all arms have enough calls for.
func percentileTitle(k subject, arms []shape, measured time.Duration) string {
	percentile, words := 50., "half take at most"
	for _, q := range []struct {
		at   float64
		text string
	}{{90, "9 of 10 take at most"}, {99, "99 of 100 take at most"}} {
		if !slices.ContainsFunc(arms, func(s shape) bool { return !enough(s.Histogram, q.at) }) {
			percentile, words = q.at, q.text
		}
	}
	of := func(s shape) time.Duration { return time.Duration(s.ValueAtQuantile(percentile)) }
	slices.SortStableFunc(arms, func(a, b shape) int { return cmp.Compare(of(a), of(b)) })
	low, high := arms[0], arms[len(arms)-1]
	s := fmt.Sprintf("%s%s: %s %s", k.operation, at(measured), words, millis(of(low)))
	if len(arms) == 1 {
		return s
	}
	return fmt.Sprintf("%s with %s, %s with %s", s, low.name, millis(of(high)), high.name)
}

// percentileAxis is of 1/(1 - quantile).
func percentileAxis(xs []float64) chart.Axis {
	a := chart.Log("percentile of calls", xs...)
	a.Low, a.Ticks = 1, nil
	for _, t := range []chart.Tick{{At: 1, Label: "0"}, {At: 2, Label: "50 %"}, {At: 10, Label: "90 %"}, {At: 100, Label: "99 %"},
		{At: 1e3, Label: "99.9 %"}, {At: 1e4, Label: "99.99 %"}, {At: 1e5, Label: "99.999 %"}} {
		if t.At <= a.Top {
			a.Ticks = append(a.Ticks, t)
		}
	}
	return a
}

// latencyAxis is linear from 0 unless that would flatten the lower lines.
func latencyAxis(ms []float64) chart.Axis {
	if len(ms) > 0 && slices.Max(ms) > 8*slices.Min(ms) {
		return chart.Log("latency, ms (log scale)", ms...)
	}
	return chart.Linear("latency, ms", true, ms...)
}

func merged(h result.Histogram) *hdrhistogram.Histogram {
	p, err := h.Decode()
	if p == nil || err != nil { // an unreadable histogram is a chart less; reading the file tells of it
		return nil
	}
	out := hdrhistogram.New(1, int64(time.Hour), 3)
	p.MergeInto(out)
	return out
}

func enough(h *hdrhistogram.Histogram, percentile float64) bool {
	return float64(h.TotalCount())*(1-percentile/100) >= beyond
}

// curve samples twelve places to a nine.
func curve(h *hdrhistogram.Histogram) (s chart.Series) {
	last := float64(h.TotalCount()) / beyond
	at := func(x float64) chart.Point { return chart.At(x, float64(h.ValueAtQuantile(100*(1-1/x)))/1e6) }
	for i := 0; ; i++ {
		x := math.Pow(10, float64(i)/12)
		if x >= last {
			break
		}
		s.Line = append(s.Line, at(x))
	}
	s.Line = append(s.Line, at(last))
	for _, x := range []float64{2, 10, 100, 1000} {
		if x <= last {
			s.Points = append(s.Points, at(x))
		}
	}
	return s
}
