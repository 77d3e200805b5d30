package gate_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/gate"
)

// noisy makes runs of one build with n ratio cases whose logs have standard deviation sd, and constant counts.
func noisy(rng *rand.Rand, runs, n int, sd float64) []*gate.Verdict {
	out := make([]*gate.Verdict, runs)
	for i := range out {
		v := &gate.Verdict{}
		for j := range n {
			v.Cases = append(v.Cases, gate.Case{Name: string(rune('A' + j)), Tier: gate.Ratios, Metric: gate.P50Ratio,
				Status: gate.Pass, Now: 1, Change: compare.Number(math.Exp(sd * rng.NormFloat64()))})
		}
		v.Cases = append(v.Cases,
			gate.Case{Name: "count", Tier: gate.Exact, Metric: gate.Rows, Status: gate.Pass, Now: 4, Change: 1},
			gate.Case{Name: "slope", Tier: gate.Slopes, Metric: gate.Slope, Status: gate.Pass, Now: 1, Change: compare.Number(0.02 * rng.NormFloat64())},
			gate.Case{Name: "dark", Tier: gate.Exact, Metric: gate.Rows, Status: gate.Inconclusive, Now: compare.None, Change: compare.None},
			gate.Case{Name: "ms", Tier: gate.Budgets, Metric: gate.P50, Status: gate.NotGated, Now: 4, Change: compare.Number(rng.Float64())})
		out[i] = v
	}
	return out
}

// TestFloorsKeepTheirPromise: of many builds without a change at most 1 in 200 has any case beyond twice its floor.
func TestFloorsKeepTheirPromise(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	const cases, experiments, builds = 20, 300, 40
	false_ := 0
	for range experiments {
		b := &gate.Baseline{}
		if _, err := gate.ApplyFloors(b, noisy(rng, 30, cases, 0.03)...); err != nil {
			t.Fatal(err)
		}
		limits := map[string]float64{}
		for _, f := range b.Floors {
			limits[f.Case] = 2 * f.Value
		}
		for _, v := range noisy(rng, builds, cases, 0.03) {
			for _, c := range v.Cases {
				over := c.Tier == gate.Ratios && float64(c.Change) > 1+limits[c.Name] || c.Metric == gate.Slope && math.Abs(float64(c.Change)) > limits[c.Name]
				if over {
					false_++
					break
				}
			}
		}
	}
	// 12,000 builds: 60 are expected at most; 90 is four standard deviations more.
	if false_ > 90 || false_ < 10 {
		t.Errorf("%d of %d builds failed falsely", false_, experiments*builds)
	}
}

func TestApplyFloors(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	b := full(t)
	left, err := gate.ApplyFloors(b, noisy(rng, 30, 3, 0.03)...)
	if err != nil || len(left) != 1 || left[0] != "dark" || len(b.Floors) != 4 {
		t.Fatalf("%v %v %+v", left, err, b.Floors)
	}
	for _, f := range b.Floors {
		if f.Runs != 30 || f.Metric == gate.P50Ratio && (f.Value < 0.03 || f.Value > 0.12) || f.Metric == gate.Slope && (f.Value < 0.02 || f.Value > 0.08) {
			t.Errorf("%+v", f)
		}
	}
	if _, err := gate.Check(b, counted(), nil, gate.Options{Tolerances: map[gate.Metric]float64{gate.P50Ratio: 0.05}}); err == nil || !strings.Contains(err.Error(), "without any change of the build") {
		t.Errorf("a tolerance below the floor: %v", err)
	}
	check(t, b, counted(), nil, gate.Options{Tolerances: map[gate.Metric]float64{gate.P50Ratio: 0.3, gate.Rows: 0}})
	if len(written(t, b)) == 0 {
		t.Error("nothing written")
	}
	kept := len(b.Floors)
	if _, err := gate.ApplyFloors(b, noisy(rng, 9, 3, 0.03)...); err == nil || len(b.Floors) != kept {
		t.Errorf("nine runs: %v", err)
	}
	runs := noisy(rng, 30, 3, 0.03)
	runs[4].Cases[0] = gate.Case{Name: "A", Tier: gate.Exact, Status: gate.Fail, Now: compare.None, Change: compare.None, Note: "missing operation"}
	if _, err := gate.ApplyFloors(b, runs...); err == nil || !strings.Contains(err.Error(), "run 5") || len(b.Floors) != kept {
		t.Errorf("a run of another build: %v", err)
	}
	runs = noisy(rng, 30, 3, 0.03)
	for _, v := range runs {
		v.Find("slope").Change -= 0.5
	}
	if _, err := gate.ApplyFloors(b, runs...); err != nil || b.Floors[3].Metric != gate.Slope || b.Floors[3].Value < 0.25 {
		t.Errorf("a slope that is less each time: %v %+v", err, b.Floors)
	}
	runs = noisy(rng, 30, 3, 0.03)
	runs[29].Cases[1].Change = 1.9
	if _, err := gate.ApplyFloors(b, runs...); err != nil || b.Floors[1].Value < 0.45-1e-9 {
		t.Errorf("what was seen is allowed: %v %+v", err, b.Floors)
	}
}

// TestFloorsOfRuns goes the whole way: a case that is not exact is calibrated and then passes.
func TestFloorsOfRuns(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	var runs []*gate.Verdict
	for i := range 12 {
		f := counted()
		operation(f, ack).RoundTripsPerOp *= 1 + 0.01*float64(i%3-1)
		runs = append(runs, check(t, b, f, nil, gate.Options{}))
	}
	left, err := gate.ApplyFloors(b, runs...)
	if err != nil || len(left) != 0 || len(b.Floors) != 1 || b.Floors[0].Case != ackCase+"round_trips" {
		t.Fatalf("%v %v %+v", left, err, b.Floors)
	}
	f := counted()
	operation(f, ack).RoundTripsPerOp *= 1.015
	if x := find(t, check(t, b, f, nil, gate.Options{}), ackCase+"round_trips"); x.Status != gate.Pass || float64(x.Tolerance) != 2*b.Floors[0].Value {
		t.Errorf("%+v", x)
	}
	operation(f, ack).RoundTripsPerOp = 2
	if x := find(t, check(t, b, f, nil, gate.Options{}), ackCase+"round_trips"); x.Status != gate.Fail {
		t.Errorf("%+v", x)
	}
}
