package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

// live is what a run has measured so far: a line for each strategy that is measured against the one under way. It is
// drawn when a round has ended and before the next begins, so never in a timed part.
type live struct {
	arms  []*liveArm
	drawn int // lines on the screen below the first
}

// liveArm is one strategy under one workload at one distance, a value a round.
type liveArm struct {
	bench.Progress
	rates, p50s, p99s []float64
}

func (a *liveArm) beside(p bench.Progress) bool {
	return a.Workload == p.Workload && a.AddedRTT == p.AddedRTT
}

// add takes a round that has ended.
func (l *live) add(p bench.Progress) {
	i := slices.IndexFunc(l.arms, func(a *liveArm) bool { return a.beside(p) && a.Strategy == p.Strategy && a.Control == p.Control })
	if i < 0 {
		l.arms = append(l.arms, &liveArm{Progress: p})
		i = len(l.arms) - 1
	}
	a := l.arms[i]
	rate, p50, p99 := whole(p.Measured)
	a.rates, a.p50s, a.p99s = append(a.rates, rate), append(a.p50s, p50), append(a.p99s, p99)
}

// whole is the throughput and latency of a round's orchestrations or, without any, of all its calls together.
func whole(r *result.Round) (perSecond, p50, p99 float64) {
	if o := r.Orchestrations; o != nil {
		return o.PerSecond, float64(o.P50), float64(o.P99)
	}
	var n int64
	for _, o := range r.Operations {
		n += o.Count
		p50, p99 = p50+float64(o.Count)*float64(o.P50), max(p99, float64(o.P99))
	}
	if n == 0 || r.Duration <= 0 {
		return 0, 0, 0
	}
	return float64(n) / r.Duration.Seconds(), p50 / float64(n), p99
}

// lines are those beside p, at most 80 columns wide: medians of the rounds so far, and the throughput of the last ones.
func (l *live) lines(p bench.Progress) (out []string) {
	for _, a := range l.arms {
		if !a.beside(p) {
			continue
		}
		name := a.Strategy
		if a.Control {
			name += " (control)"
		}
		out = append(out, fmt.Sprintf("  %-20.20s %8.4g/s   p50 %8s   p99 %8s  %s", name, middle(a.rates), shortly(middle(a.p50s)), shortly(middle(a.p99s)),
			reports.Sparkline(a.rates[max(0, len(a.rates)-10):])))
	}
	return out
}

// draw writes first and the lines over what was drawn before.
func (l *live) draw(first string, lines []string) string {
	var b strings.Builder
	b.WriteString(l.erase())
	b.WriteString(first)
	for _, line := range lines {
		b.WriteString("\n" + line)
	}
	l.drawn = len(lines)
	return b.String()
}

// erase leaves the cursor where drawing began, with nothing below it.
func (l *live) erase() string {
	up := ""
	if l.drawn > 0 {
		up = fmt.Sprintf("\x1b[%dA", l.drawn)
	}
	l.drawn = 0
	return up + "\r\x1b[J"
}

func middle(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// shortly gives nanoseconds with three digits.
func shortly(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	}
	return fmt.Sprintf("%.3g µs", ns/1e3)
}
