package distance_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

// noisy is a sweep as measured on a shared machine: the server's part varies by 10 %, the distance's by half a percent,
// and the null query's p50 by 2 %.
func noisy(seed uint64) resulttest.SweepSpec {
	return resulttest.SweepSpec{
		Seed: seed, Rounds: 20, RTT: 100 * time.Microsecond, Added: resulttest.Distances(),
		Shared: 0.1, Own: 0.03, Distance: 0.005, Null: 0.02, Arms: resulttest.SweepArms(resulttest.HelloWorld)[:2],
	}
}

// theilSen is the estimator that was not chosen: median slope of all pairs, then the median intercept.
func theilSen(x, y []float64) (s, r float64) {
	var slopes, rest []float64
	for i := range x {
		for j := range i {
			if math.Abs(x[i]-x[j]) > 1e5 {
				slopes = append(slopes, (y[i]-y[j])/(x[i]-x[j]))
			}
		}
	}
	slices.Sort(slopes)
	r = slopes[len(slopes)/2]
	for i := range x {
		rest = append(rest, y[i]-r*x[i])
	}
	slices.Sort(rest)
	return rest[len(rest)/2], r
}

func TestNoisyLinesAreFound(t *testing.T) {
	t.Parallel()
	const runs = 40
	inside, lines := 0, 0
	var ours, theirs float64
	for seed := range uint64(runs) {
		spec := noisy(seed)
		f := resulttest.MakeSweep(spec)
		a, err := distance.Analyze(f, distance.Options{Resamples: 300})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range spec.Arms {
			for i, op := range m.Ops {
				if op.Outcome == result.Empty {
					continue
				}
				fit := a.Fit(m.Workload, op.Name, op.Outcome, m.Strategy)
				if d := math.Abs(float64(fit.R) - op.Trips); d > 0.15 {
					t.Errorf("seed %d: %s %s: R %.3f, truth %.2f", seed, m.Strategy, op.Name, fit.R, op.Trips)
				}
				lines++
				if truth := compare.Number(op.Server); fit.SLow <= truth && truth <= fit.SHigh {
					inside++
				}
				s, _ := theilSen(points(f, m.Strategy, i))
				ours += math.Abs(float64(fit.S) - float64(op.Server))
				theirs += math.Abs(s - float64(op.Server))
			}
		}
	}
	if share := float64(inside) / float64(lines); share < 0.9 {
		t.Errorf("S is within its 95 %% interval in %.0f %% of %d lines", 100*share, lines)
	}
	if ours > 0.75*theirs {
		t.Errorf("mean error of S %.0f ns, of Theil and Sen's %.0f: the choice is not worth its words", ours/float64(lines), theirs/float64(lines))
	}
}

func points(f *result.File, strategy string, op int) (x, y []float64) {
	for _, c := range f.Cells {
		if c.Strategy != strategy {
			continue
		}
		for _, r := range c.Rounds {
			x, y = append(x, float64(r.MeasuredRTT)), append(y, float64(r.Operations[op].P50))
		}
	}
	return x, y
}
