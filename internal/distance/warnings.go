package distance

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pgbench-provider/internal/compare"
)

// warn collects the doubts, one sentence for each workload and cause.
func (a *Analysis) warn() {
	var workloads []string
	for _, s := range a.subjects {
		if !slices.Contains(workloads, s.workload) {
			workloads = append(workloads, s.workload)
		}
	}
	for _, w := range workloads {
		a.warnTrips(w)
		a.warnShape(w)
	}
}

// warnTrips holds R against the count on the wire.
func (a *Analysis) warnTrips(workload string) {
	var vague, odd []string
	for _, f := range a.Fits {
		r, count := float64(f.R), float64(f.RoundTrips)
		if f.Workload != workload || !(count > 0) || math.Abs(r-count) <= TripTolerance {
			continue
		}
		name := fmt.Sprintf("%s %s (R %.2f, counted %.2f)", f.Strategy, f.Operation, r, count)
		switch {
		case float64(f.RLow) <= count && count <= float64(f.RHigh):
			vague = append(vague, name)
		default:
			odd = append(odd, name)
		}
	}
	add := func(names []string, format string) {
		if len(names) > 0 {
			a.Warnings = append(a.Warnings, fmt.Sprintf(format, workload, strings.Join(names, ", ")))
		}
	}
	add(odd, "%s: R is not the counted round trips of %s. Likely causes: waits for a pooled connection, statements prepared "+
		"on the way, TLS records or Nagle's algorithm splitting a message, or more calls in flight than dispatchers.")
	add(vague, "%s: R is known too vaguely to be held against the count of %s: run more rounds.")
}

// warnShape names the few-rounds lines and those that a distance does not fit.
func (a *Analysis) warnShape(workload string) {
	few := math.MaxInt
	var bent []string
	for _, s := range a.subjects {
		if s.workload != workload {
			continue
		}
		for _, m := range s.arms {
			few = min(few, m.rounds())
			if l, off := m.worst(); math.Abs(off) > OffLine {
				bent = append(bent, fmt.Sprintf("%s %s (%+.0f %% at %s ms)", m.strategy, s.operation, 100*off, millis(float64(l.rtt()))))
			}
		}
	}
	if few < compare.MinRounds {
		a.Warnings = append(a.Warnings, fmt.Sprintf("%s: %d rounds at a distance are too few for intervals, which need %d.",
			workload, few, compare.MinRounds))
	}
	if len(bent) > 0 {
		a.Warnings = append(a.Warnings, fmt.Sprintf("%s: latency is not a straight line of the distance for %s: read the measured "+
			"figures there and trust no prediction.", workload, strings.Join(bent, ", ")))
	}
}

// worst gives the leg that is farthest from the line, and by which share of it.
func (m *arm) worst() (worst *leg, off float64) {
	worst = m.legs[0]
	for _, l := range m.legs {
		counts := ones(slices.Max(l.x.round) + 1)
		if d := l.y.median(counts)/m.line.at(l.x.median(counts)) - 1; math.Abs(d) > math.Abs(off) {
			worst, off = l, d
		}
	}
	return worst, off
}
