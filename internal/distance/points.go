package distance

import (
	"slices"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Point is what the rounds at one distance say of an operation under a strategy, and what its line says there. The line
// goes through medians, and so Value is one: of all rounds together the fast ones would have more calls.
type Point struct {
	Distance
	RTT    time.Duration  // that this strategy measured, median of the rounds
	Value  compare.Number // median of the rounds' p50, or mean where that is the [Fit.Statistic]
	Line   compare.Number
	Rounds int
}

// Off is the share by which Value is above the line.
func (p Point) Off() float64 { return float64(p.Value/p.Line) - 1 }

// Points gives those of a strategy, near to far, nil when it has no line.
func (a *Analysis) Points(workload, operation string, outcome result.Outcome, strategy string) []Point {
	s := a.subject(workload, operation, outcome)
	if s == nil || s.arm(strategy) == nil {
		return nil
	}
	return s.points(s.arm(strategy))
}

func (s *subject) points(m *arm) (out []Point) {
	for _, d := range s.distances() {
		for _, l := range m.legs {
			if l.added == d.Added {
				all := ones(slices.Max(l.x.round) + 1)
				out = append(out, Point{d, l.rtt(), wholeNS(l.y.median(all)), wholeNS(m.line.at(l.x.median(all))), len(l.x.v)})
			}
		}
	}
	return out
}
