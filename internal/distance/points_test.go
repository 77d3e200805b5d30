package distance_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
)

// What the whole waits for is known where one was in flight and the line agrees with the count.
func TestTheWholeHasACountWhereItWaitsForAll(t *testing.T) {
	t.Parallel()
	for inFlight, want := range map[int]bool{1: true, 2: false} {
		for _, calls := range []int64{2, 3} { // of the operation for each of 50 orchestrations, whose latency is that of two
			f := exact(6, truth{300 * us, 2})
			for i := range f.Cells {
				c := &f.Cells[i]
				c.Parameters = map[string]any{"in_flight": float64(inFlight)}
				ops := slices.Clone(c.Summary.Operations)
				ops[0].Count = 50 * calls
				c.Summary.Operations, c.Summary.Orchestrations = ops, &result.Orchestrations{Completed: 50, Mean: time.Second, P50: time.Second}
			}
			fit := analyze(t, f, distance.Options{}).Fit("w", compare.Orchestration, "", "a")
			if has := fit.RoundTrips == 4; has != (want && calls == 2) || !has && fit.RoundTrips.Valid() {
				t.Errorf("%d in flight, %d calls: %v round trips, R %v", inFlight, calls, fit.RoundTrips, fit.R)
			}
		}
	}
}

func TestPointsAreWhatTheLineWasFittedTo(t *testing.T) {
	t.Parallel()
	f := exact(5, truth{300 * us, 2})
	for i := range f.Cells { // one bad round, and figures of all rounds together that a fast one dominates
		f.Cells[i].Rounds[0].Orchestrations.P50 *= 9
		f.Cells[i].Summary.Orchestrations = &result.Orchestrations{Completed: 1, P50: 1}
	}
	a := analyze(t, f, distance.Options{})
	points := a.Points("w", compare.Orchestration, "", "a")
	if len(points) != 7 || a.Points("w", compare.Orchestration, "", "b") != nil {
		t.Fatalf("%+v", points)
	}
	for _, p := range points {
		if math.Abs(p.Off()) > 0.02 || p.Rounds != 5 || p.RTT != p.Measured {
			t.Errorf("%+v", p)
		}
	}
}

func TestALineAboveTheNearestDistanceIsNamed(t *testing.T) {
	t.Parallel()
	f := exact(6, truth{3000 * us, 0.1})
	for i := range f.Cells { // calls are all alike
		f.Cells[i].Summary.Operations[0].RoundTripsPerOp = 1
	}
	for i := range f.Cells {
		if f.Cells[i].AddedRTT == 0 {
			for j := range f.Cells[i].Rounds {
				f.Cells[i].Rounds[j].Operations[0].P50 = f.Cells[i].Rounds[j].Operations[0].P50 * 7 / 10
			}
		}
	}
	s := strings.Join(analyze(t, f, distance.Options{}).Warnings, "\n")
	for _, want := range []string{"at 0.102 ms is below its line: a ack_work_item", "S is above what was measured at the nearest distance for a ack_work_item ("} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in %s", want, s)
		}
	}
}
