package distance_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

const (
	op = "ack_work_item"
	us = float64(time.Microsecond)
)

// truth is a line to be found: work in nanoseconds and round trips.
type truth struct{ work, trips float64 }

// exact makes a file without noise: strategies a, b, ... on their lines, at distances that move from round to round.
func exact(rounds int, lines ...truth) *result.File {
	f := &result.File{Kind: result.KindSweep}
	for i, l := range lines {
		for _, added := range resulttest.Distances() {
			c := result.Cell{Strategy: string(rune('a' + i)), Workload: "w", AddedRTT: added, Rounds: []result.Round{}}
			for r := 1; r <= rounds; r++ {
				x := 100_000 + added + time.Duration(1000*(r*7%5))
				y := time.Duration(math.Round(l.work + l.trips*float64(x)))
				c.Rounds = append(c.Rounds, result.Round{Round: r, MeasuredRTT: x, Operations: []result.Operation{{
					Name: op, Outcome: result.OK, RoundTripsPerOp: l.trips, Latency: result.Latency{Count: 100, Mean: y, P50: y},
				}}, Orchestrations: &result.Orchestrations{Completed: 9, Mean: 2 * y, P50: 2 * y}})
			}
			c.Summary = result.Summary{Operations: c.Rounds[0].Operations, Orchestrations: c.Rounds[0].Orchestrations}
			f.Cells = append(f.Cells, c)
		}
	}
	return f
}

func analyze(t interface {
	Helper()
	Fatal(...any)
}, f *result.File, o distance.Options,
) *distance.Analysis {
	t.Helper()
	if o.Resamples == 0 {
		o.Resamples = 100
	}
	a, err := distance.Analyze(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func off(got compare.Number, want float64) float64 { return math.Abs(float64(got) - want) }

func anyLine(t *rapid.T, name string) truth {
	return truth{
		float64(rapid.IntRange(20_000, 5_000_000).Draw(t, name+" work")),
		float64(rapid.IntRange(1, 20).Draw(t, name+" trips")),
	}
}

func TestNoiselessLinesAreRecoveredExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLine(t, "a")
		a := analyze(t, exact(6, l), distance.Options{})
		fit := a.Fit("w", op, result.OK, "a")
		if off(fit.S, l.work) > 2 || off(fit.R, l.trips) > 1e-6 || off(fit.SLow, l.work) > 2 || off(fit.SHigh, l.work) > 2 {
			t.Fatalf("%+v, want S %.0f and R %.0f", fit, l.work, l.trips)
		}
		whole := a.Fit("w", compare.Orchestration, "", "a")
		if off(whole.S, 2*l.work) > 4 || off(whole.R, 2*l.trips) > 1e-6 || whole.RoundTrips.Valid() {
			t.Fatalf("the whole is %+v", whole)
		}
		if fit.Points != 42 || fit.Distances != 7 || off(fit.RoundTrips, l.trips) > 0 {
			t.Fatalf("%+v, want 42 points at 7 distances", fit)
		}
	})
}

// transformed applies functions to every p50 and every round trip of the noisy file.
func transformed(y, x func(time.Duration) time.Duration) *result.File {
	f := resulttest.MakeSweep(noisy(7))
	for i := range f.Cells {
		for j := range f.Cells[i].Rounds {
			r := &f.Cells[i].Rounds[j]
			r.MeasuredRTT = x(r.MeasuredRTT)
			for k := range r.Operations {
				r.Operations[k].P50 = y(r.Operations[k].P50)
			}
		}
	}
	return f
}

func TestScaleAndShiftCarryOver(t *testing.T) {
	t.Parallel()
	same := func(d time.Duration) time.Duration { return d }
	fit := func(t *rapid.T, f *result.File) *distance.Fit {
		return analyze(t, f, distance.Options{}).Fit("hello-world", op, result.OK, "inline")
	}
	rapid.Check(t, func(t *rapid.T) {
		k := time.Duration(rapid.IntRange(2, 50).Draw(t, "factor"))
		c := time.Duration(rapid.IntRange(1, 1_000_000).Draw(t, "shift"))
		was := fit(t, transformed(same, same))
		times := func(d time.Duration) time.Duration { return d * k }
		y, x, shifted := fit(t, transformed(times, same)), fit(t, transformed(same, times)),
			fit(t, transformed(same, func(d time.Duration) time.Duration { return d + c }))
		for _, p := range [][2]compare.Number{
			{y.S, was.S * compare.Number(k)}, {y.SHigh, was.SHigh * compare.Number(k)}, {y.R, was.R * compare.Number(k)},
			{x.S, was.S}, {x.R, was.R / compare.Number(k)}, {x.RLow, was.RLow / compare.Number(k)},
			{shifted.R, was.R}, {shifted.S, was.S - was.R*compare.Number(c)},
		} {
			if tolerance := max(60, math.Abs(float64(p[1]))) * 1e-6; off(p[0], float64(p[1])) > tolerance && off(p[0], float64(p[1])) > 60 {
				t.Fatalf("%v, want %v", p[0], p[1])
			}
		}
	})
}

func TestPartsOfASavingAddUp(t *testing.T) {
	t.Parallel()
	f := resulttest.Sweep()
	for _, told := range []bool{false, true} {
		for i := range f.Cells {
			for j := range f.Cells[i].Summary.Operations {
				if o := &f.Cells[i].Summary.Operations[j]; told && o.Outcome == result.OK {
					o.Server = &result.ServerWork{Calls: o.Count, Exec: time.Duration(float64(o.Count) * o.RoundTripsPerOp * 10_000)}
				}
			}
		}
		a := analyze(t, f, distance.Options{})
		for _, x := range a.Attribution {
			sum := x.RoundTrips + x.Rest
			if x.Server.Valid() {
				sum += x.Server
			}
			if sum != x.Saving {
				t.Errorf("%+v: the parts are %v", x, sum)
			}
			whole := x.Operation == compare.Orchestration && x.Outcome == "" // is what its operations tell
			if known := told && (x.Outcome == result.OK || whole); x.Server.Valid() != known {
				t.Errorf("%s: server %v", x.Operation, x.Server)
			}
		}
		if want := 3 * (6*7 + 5*7); len(a.Attribution) != want {
			t.Errorf("%d attributions, want %d", len(a.Attribution), want)
		}
	}
}

func TestPredictions(t *testing.T) {
	t.Parallel()
	a := analyze(t, exact(6, truth{300 * us, 6}, truth{1300 * us, 1}), distance.Options{At: []time.Duration{10 * time.Millisecond, time.Second}})
	e, ok := a.Predict("w", op, result.OK, "a", 10*time.Millisecond)
	if !ok || off(e.Value, 60_300*us) > 10 || off(e.Low, 60_300*us) > 10 || off(e.High, 60_300*us) > 10 {
		t.Errorf("%+v %v, want 60.3 ms", e, ok)
	}
	p, ok := a.Change("w", op, result.OK, "b", "a", 10*time.Millisecond)
	if !ok || off(p.Ratio, 60.3/11.3) > 1e-6 || p.Extrapolated {
		t.Errorf("%+v %v, want 5.34 times", p, ok)
	}
	if _, ok := a.Predict("w", op, result.OK, "c", 0); ok {
		t.Error("a prediction for a strategy that is not there")
	}
	if len(a.Predictions) != 6 || !a.Predictions[2].Extrapolated || a.Predictions[0].At != a.Distances("w", op, result.OK)[0].Measured {
		t.Errorf("predictions %+v", a.Predictions)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	f := exact(6, truth{300 * us, 2})
	for i := range f.Cells { // the wire says 1, and the last distance is off
		f.Cells[i].Summary.Operations[0].RoundTripsPerOp = 1
		if i == len(f.Cells)-1 {
			for j := range f.Cells[i].Rounds {
				f.Cells[i].Rounds[j].Orchestrations.P50 *= 2
			}
		}
	}
	all := strings.Join(analyze(t, f, distance.Options{}).Warnings, "\n")
	for _, want := range []string{"R is not the counted round trips of a ack_work_item (R 2.00, counted 1.00)", "prepared", "not a straight line", "measured at 150 ms is above its line: a orchestration 88 %"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	few := analyze(t, exact(2, truth{300 * us, 2}, truth{900 * us, 1}), distance.Options{})
	if s := strings.Join(few.Warnings, "\n"); !strings.Contains(s, "2 rounds at a distance are too few for intervals") {
		t.Error(s)
	}
	if b := few.Pair("w", op, result.OK, "a", "b"); b.Verdict != distance.Unclear || few.Fits[0].SLow.Valid() {
		t.Errorf("two rounds give %+v", b)
	}
}

func TestCallsThatDifferHaveALineOfTheirMean(t *testing.T) {
	t.Parallel()
	a := analyze(t, resulttest.Sweep(), distance.Options{})
	if s := strings.Join(a.Warnings, "\n"); strings.Contains(s, "R is not") {
		t.Error(s)
	}
	mixed := map[string]bool{}
	for _, f := range a.Fits {
		if float64(f.RoundTrips) != math.Round(float64(f.RoundTrips)) && f.RoundTrips.Valid() {
			mixed[f.Operation] = true
		}
	}
	if len(mixed) == 0 {
		t.Error("no operation has calls that differ")
	}
	for _, f := range a.Fits {
		if (f.Statistic == compare.Mean) != mixed[f.Operation] {
			t.Errorf("%s %s makes %v round trips, and its line is of the %s", f.Strategy, f.Operation, f.RoundTrips, f.Statistic)
		}
		if off := float64(f.R - f.RoundTrips); math.Abs(off) > distance.TripTolerance {
			t.Errorf("%s %s: R %v, counted %v", f.Strategy, f.Operation, f.R, f.RoundTrips)
		}
	}
}

func TestWhatCannotBeAnalysed(t *testing.T) {
	t.Parallel()
	f := exact(6, truth{300 * us, 2})
	for i := range f.Cells {
		f.Cells[i].Control = true
	}
	if _, err := distance.Analyze(f, distance.Options{}); !errors.Is(err, distance.ErrTooFewDistances) {
		t.Errorf("control arms alone: %v", err)
	}
	f = exact(6, truth{300 * us, 2})
	f.Cells = f.Cells[:2]
	if _, err := distance.Analyze(f, distance.Options{}); !errors.Is(err, distance.ErrTooFewDistances) {
		t.Errorf("two distances: %v", err)
	}
	for _, o := range []distance.Options{{Confidence: 95}, {Resamples: 5}, {At: []time.Duration{-1}}} {
		if _, err := distance.Analyze(f, o); err == nil || errors.Is(err, distance.ErrTooFewDistances) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestSameFileSameJSONThatReadsBack(t *testing.T) {
	t.Parallel()
	marshal := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	x, y := marshal(analyze(t, resulttest.Sweep(), distance.Options{})), marshal(analyze(t, resulttest.Sweep(), distance.Options{}))
	if x != y {
		t.Error("two analyses of one file differ")
	}
	var back distance.Analysis
	if err := json.Unmarshal([]byte(x), &back); err != nil {
		t.Fatal(err)
	}
	if marshal(&back) != x {
		t.Error("reading and writing again changes it")
	}
	for _, key := range []string{"fits", "break_even", "predictions", "attribution", "warnings", "s_low_ns", "r_high", "round_trips_per_op", "verdict", "at_ns"} {
		if !strings.Contains(x, `"`+key+`"`) {
			t.Errorf("no key %s", key)
		}
	}
}
