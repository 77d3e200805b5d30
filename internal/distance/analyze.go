package distance

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Analyze fits the lines of every workload of f that has [MinDistances] distances and derives everything else from them.
// Control arms are left out. It returns [ErrTooFewDistances] when no workload has them, or an error about o.
func Analyze(f *result.File, o Options) (*Analysis, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Analysis{
		Fits: []Fit{}, BreakEven: []BreakEven{}, Predictions: []Prediction{}, Attribution: []Attribution{},
		Warnings: []string{}, options: o,
	}
	if o.Base == "" && len(f.Cells) > 0 {
		a.options.Base = f.Cells[0].Strategy
	}
	var workloads []string
	for _, c := range f.Cells {
		if !slices.Contains(workloads, c.Workload) {
			workloads = append(workloads, c.Workload)
		}
	}
	for _, w := range workloads {
		a.workload(f, w)
	}
	if len(a.Fits) == 0 {
		return nil, fmt.Errorf("%w: %d are needed, each with its measured round trip", ErrTooFewDistances, MinDistances)
	}
	a.warn()
	return a, nil
}

func (a *Analysis) workload(f *result.File, name string) {
	subjects, rounds := subjects(f, name)
	if len(subjects) == 0 {
		return
	}
	draws := a.options.draws(len(rounds))
	for _, s := range subjects {
		s.arms = slices.DeleteFunc(s.arms, func(m *arm) bool { return !m.fit(len(rounds), draws) })
		s.near, s.far = s.span()
		for _, m := range s.arms {
			if s.operation == compare.Orchestration && math.Abs(m.line.r-m.trips) > waitedShare*m.trips {
				m.trips = math.NaN() // not all were waited for
			}
			a.Fits = append(a.Fits, a.options.fitOf(s, m))
		}
		for i, base := range s.arms {
			for _, head := range s.arms[i+1:] {
				a.BreakEven = append(a.BreakEven, a.options.breakEven(s, base, head))
			}
		}
		a.predictions(s)
		a.attributions(s)
	}
	a.subjects = append(a.subjects, subjects...)
}

func (o Options) fitOf(s *subject, m *arm) Fit {
	n := m.rounds()
	sl, sh := o.interval(n, func(i int) float64 { return m.boot[i].s })
	rl, rh := o.interval(n, func(i int) float64 { return m.boot[i].r })
	f := Fit{
		Workload: s.workload, Strategy: m.strategy, Operation: s.operation, Outcome: s.outcome,
		S: wholeNS(m.line.s), SLow: wholeNS(sl), SHigh: wholeNS(sh),
		R: compare.Number(m.line.r), RLow: compare.Number(rl), RHigh: compare.Number(rh), RMean: compare.Number(m.mean.r),
		RoundTrips: compare.Number(m.trips), Distances: len(m.legs), Statistic: compare.P50,
	}
	if s.mixed {
		f.Statistic = compare.Mean
	}
	for _, l := range m.legs {
		f.Points += len(l.x.v)
	}
	return f
}
