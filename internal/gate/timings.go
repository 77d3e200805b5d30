package gate

import (
	"errors"
	"slices"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
)

// statedRTT is a round trip at which the lines of sweeps are compared, besides the least one of the baseline.
const statedRTT = time.Millisecond

// timings is what a timed run says.
type timings struct {
	file   *result.File
	base   string
	ratios []Ratio
	sweep  *distance.Analysis // nil without lines
}

// timingsOf analyses f. base "" is the first strategy of the file.
func timingsOf(f *result.File, base string, resamples int) (*timings, error) {
	t := &timings{file: f, base: base, ratios: []Ratio{}}
	a, err := compare.Strategies(f, compare.Options{Base: base, Resamples: resamples})
	switch {
	case errors.Is(err, compare.ErrNothingToCompare) && base == "":
	case err != nil:
		return nil, err
	default:
		t.measured(a)
	}
	if t.sweep, err = distance.Analyze(f, distance.Options{Base: base, Resamples: resamples}); err != nil && !errors.Is(err, distance.ErrTooFewDistances) {
		return nil, err
	}
	return t, nil
}

func (t *timings) measured(a *compare.Analysis) {
	for _, c := range a.Comparisons {
		t.base = c.Base
		if c.Metric != compare.P50 || c.Outcome == result.Empty {
			continue // how long an empty fetch takes is nobody's wait
		}
		r := Ratio{
			Workload: c.Workload, Base: c.Base, Head: c.Head, Operation: c.Operation, Outcome: c.Outcome,
			AddedRTT: c.AddedRTT, RTT: c.MeasuredRTT, Value: c.Ratio, Low: c.CILow, High: c.CIHigh,
			NoiseFloor: c.NoiseFloor, Rounds: c.Rounds,
		}
		if !r.Value.Valid() {
			r.Note = c.Note
		}
		t.ratios = append(t.ratios, r)
	}
}

func (t *timings) lines() []Line {
	out := []Line{}
	if t.sweep == nil {
		return out
	}
	for _, f := range t.sweep.Fits {
		out = append(out, Line{
			Workload: f.Workload, Strategy: f.Strategy, Operation: f.Operation, Outcome: f.Outcome, Statistic: f.Statistic,
			S: f.S, R: f.R, RLow: f.RLow, RHigh: f.RHigh, Points: f.Points,
		})
	}
	return out
}

// stated gives the ratios of lines at the least round trip and at statedRTT, those left out that were not measured.
func (t *timings) stated() (out []Ratio) {
	if t.sweep == nil {
		return nil
	}
	for _, f := range t.sweep.Fits {
		if f.Strategy == t.base {
			continue
		}
		near := t.sweep.Distances(f.Workload, f.Operation, f.Outcome)
		at := []time.Duration{near[0].Measured, statedRTT}
		for _, x := range slices.Compact(at) {
			if r, ok := t.at(Ratio{Workload: f.Workload, Base: t.base, Head: f.Strategy, Operation: f.Operation, Outcome: f.Outcome, RTT: x}); ok && r.Note == "" && r.Value.Valid() {
				out = append(out, r)
			}
		}
	}
	return out
}

// at gives the ratio of the lines that r names at its round trip, false when one of them is not there.
func (t *timings) at(r Ratio) (Ratio, bool) {
	if t.sweep == nil {
		return r, false
	}
	p, ok := t.sweep.Change(r.Workload, r.Operation, r.Outcome, r.Base, r.Head, r.RTT)
	if !ok {
		return r, false
	}
	base := t.sweep.Fit(r.Workload, r.Operation, r.Outcome, r.Base)
	head := t.sweep.Fit(r.Workload, r.Operation, r.Outcome, r.Head)
	r.Lines, r.AddedRTT, r.Note = true, 0, ""
	r.Value, r.Low, r.High = p.Ratio, p.CILow, p.CIHigh
	r.NoiseFloor = t.floor(r)
	r.Rounds = min(base.Points, head.Points)
	if p.Extrapolated {
		r.Note = "outside of what was measured"
	}
	return r, true
}

// floor is the noise floor of what r names at the first distance that has one.
func (t *timings) floor(r Ratio) compare.Number {
	for _, m := range t.ratios {
		if m.Workload == r.Workload && m.Head == r.Head && m.Operation == r.Operation && m.Outcome == r.Outcome && m.NoiseFloor.Valid() {
			return m.NoiseFloor
		}
	}
	return compare.None
}

func absolute(f *result.File) []Absolute {
	out := []Absolute{}
	for _, c := range nearest(f) {
		for _, o := range c.Summary.Operations {
			if o.Count > 0 && (o.Outcome == result.OK || o.Outcome == result.Loaded) {
				out = append(out, Absolute{c.Workload, c.Strategy, o.Name, o.Outcome, c.AddedRTT, o.P50, o.P99, 0})
			}
		}
		if o := c.Summary.Orchestrations; o != nil && o.Completed > 0 {
			out = append(out, Absolute{c.Workload, c.Strategy, compare.Orchestration, "", c.AddedRTT, o.P50, o.P99, o.PerSecond})
		}
	}
	return out
}
