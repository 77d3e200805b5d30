package distance

import (
	"math"
	"slices"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

func (a *Analysis) subject(workload, operation string, outcome result.Outcome) *subject {
	i := slices.IndexFunc(a.subjects, func(s *subject) bool {
		return s.workload == workload && s.operation == operation && s.outcome == outcome
	})
	if i < 0 {
		return nil
	}
	return a.subjects[i]
}

// Predict gives the latency of an operation under a strategy at round-trip time at, false when it has no line. An
// analysis that was read from JSON predicts nothing.
func (a *Analysis) Predict(workload, operation string, outcome result.Outcome, strategy string, at time.Duration) (Estimate, bool) {
	s := a.subject(workload, operation, outcome)
	if s == nil || s.arm(strategy) == nil {
		return Estimate{compare.None, compare.None, compare.None}, false
	}
	m := s.arm(strategy)
	low, high := a.options.interval(m.rounds(), func(i int) float64 { return m.boot[i].at(float64(at)) })
	return Estimate{wholeNS(m.line.at(float64(at))), wholeNS(low), wholeNS(high)}, true
}

// Change gives the latency of head against base at round-trip time at, false when one of them has no line. An analysis
// that was read from JSON predicts nothing.
func (a *Analysis) Change(workload, operation string, outcome result.Outcome, base, head string, at time.Duration) (Prediction, bool) {
	s := a.subject(workload, operation, outcome)
	if s == nil || s.arm(base) == nil || s.arm(head) == nil {
		return Prediction{}, false
	}
	return a.options.change(s, s.arm(base), s.arm(head), at), true
}

func (o Options) change(s *subject, base, head *arm, at time.Duration) Prediction {
	x := float64(at)
	ratio := func(b, h line) float64 {
		if b, h := b.at(x), h.at(x); b > 0 && h > 0 { // a line can fall below 0 left of its points
			return h / b
		}
		return math.NaN()
	}
	low, high := o.interval(min(base.rounds(), head.rounds()), func(i int) float64 { return ratio(base.boot[i], head.boot[i]) })
	return Prediction{
		Workload: s.workload, Operation: s.operation, Outcome: s.outcome, Base: base.strategy, Head: head.strategy, At: at,
		BaseValue: wholeNS(base.line.at(x)), HeadValue: wholeNS(head.line.at(x)),
		Ratio: compare.Number(ratio(base.line, head.line)), CILow: compare.Number(low), CIHigh: compare.Number(high),
		Extrapolated: x < s.near*0.9 || x > s.far*1.1,
	}
}

func (a *Analysis) predictions(s *subject) {
	base := s.arm(a.options.Base)
	if base == nil {
		return
	}
	at := append([]time.Duration{s.distances()[0].Measured}, a.options.At...)
	slices.Sort(at)
	for _, head := range s.arms {
		for _, x := range slices.Compact(at) {
			if head != base {
				a.Predictions = append(a.Predictions, a.options.change(s, base, head, x))
			}
		}
	}
}

// Distances gives the distances at which an operation was measured, near to far, nil when it has no line.
func (a *Analysis) Distances(workload, operation string, outcome result.Outcome) []Distance {
	if s := a.subject(workload, operation, outcome); s != nil {
		return s.distances()
	}
	return nil
}

// attributions splits the saving of each head against the base at each measured distance.
func (a *Analysis) attributions(s *subject) {
	base := s.arm(a.options.Base)
	if base == nil {
		return
	}
	for _, head := range s.arms {
		if head == base {
			continue
		}
		for _, d := range s.distances() {
			x := float64(d.Measured)
			t := Attribution{
				Workload: s.workload, Operation: s.operation, Outcome: s.outcome, Base: base.strategy, Head: head.strategy,
				AddedRTT: d.Added, At: d.Measured, BaseValue: wholeNS(base.line.at(x)),
				Saving:     wholeNS(base.line.at(x) - head.line.at(x)),
				RoundTrips: wholeNS((base.line.r - head.line.r) * x), Server: wholeNS(base.server(d.Added) - head.server(d.Added)),
			}
			t.Rest = t.Saving - t.RoundTrips
			if t.Server.Valid() {
				t.Rest -= t.Server
			}
			a.Attribution = append(a.Attribution, t)
		}
	}
}

// server is the server's time for a call at one distance, NaN where it is not known.
func (m *arm) server(added time.Duration) float64 {
	for _, l := range m.legs {
		if l.added == added {
			return l.server
		}
	}
	return math.NaN()
}
