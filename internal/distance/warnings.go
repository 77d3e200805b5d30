package distance

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

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
		if f.Workload != workload || f.Operation == compare.Orchestration || !(count > 0) || math.Abs(r-count) <= TripTolerance {
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

// warnShape names the few-rounds lines and the distances that lie off a line.
func (a *Analysis) warnShape(workload string) {
	few := math.MaxInt
	var order []time.Duration
	bent := map[time.Duration]*[2][]string{} // above and below the line, by distance
	var high []string
	for _, s := range a.subjects {
		if s.workload != workload {
			continue
		}
		for _, m := range s.arms {
			few = min(few, m.rounds())
			points := s.points(m)
			if first := points[0]; m.line.s > float64(first.Value) {
				high = append(high, fmt.Sprintf("%s %s (S %s ms, measured %s ms at %s ms)", m.strategy, s.operation,
					millis(m.line.s), millis(first.Value), threeDigits(first.Measured)))
			}
			for _, p := range points {
				if math.Abs(p.Off()) <= OffLine {
					continue
				}
				if bent[p.Added] == nil {
					bent[p.Added], order = &[2][]string{}, append(order, p.Added)
				}
				side := &bent[p.Added][0]
				if p.Off() < 0 {
					side = &bent[p.Added][1]
				}
				*side = append(*side, fmt.Sprintf("%s %s %.0f %%", m.strategy, s.operation, 100*math.Abs(p.Off())))
			}
		}
	}
	add := func(format string, args ...any) { a.Warnings = append(a.Warnings, fmt.Sprintf(format, args...)) }
	if few < compare.MinRounds {
		add("%s: %d rounds at a distance are too few for intervals, which need %d.", workload, few, compare.MinRounds)
	}
	slices.Sort(order)
	for _, added := range order {
		var sides []string
		for i, word := range []string{"above", "below"} {
			if names := bent[added][i]; len(names) > 0 {
				sides = append(sides, word+" its line: "+strings.Join(names, ", "))
			}
		}
		add("%s is not a straight line of the distance: what was measured at %s ms is %s. Trust what was measured there, and no line.",
			workload, threeDigits(a.rowOf(workload, added).Measured), strings.Join(sides, "; "))
	}
	if len(high) > 0 {
		add("%s: S is above what was measured at the nearest distance for %s: it is no latency that anything has.", workload, strings.Join(high, ", "))
	}
}

// rowOf is the distance under which tables have what was measured with so much added: that of the whole, if there is one.
func (a *Analysis) rowOf(workload string, added time.Duration) (out Distance) {
	for _, s := range a.subjects { // the whole comes last
		for _, d := range s.distances() {
			if s.workload == workload && d.Added == added {
				out = d
			}
		}
	}
	return out
}

// threeDigits gives a distance in milliseconds as tables have it.
func threeDigits(d time.Duration) string {
	v := float64(d) / 1e6
	return strconv.FormatFloat(v, 'f', max(0, min(3, 2-int(math.Floor(math.Log10(v))))), 64)
}
