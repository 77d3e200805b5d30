package bench_test

import (
	"testing"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/workloads"
)

func TestOpenLoop(t *testing.T) {
	t.Parallel()
	f := run(t, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"hello-world"}, Rounds: 2, Round: 300 * time.Millisecond,
		Rate: 100, LatencyLimit: 1, Seed: 4, Dispatchers: []bench.Dispatchers{{1, 1}, {2, 2}}})
	names := map[string]int{}
	arrived := map[string]int64{}
	for _, c := range f.Cells {
		names[c.Workload]++
		o := c.Summary.Orchestrations
		a := o.Offered
		if a == nil || a.Arrived == 0 || a.Arrived != o.Completed || a.Late != a.Arrived || a.Lag.Count != a.Arrived || a.Service.Count != a.Arrived {
			t.Fatalf("%s %s: %+v of %d completed", c.Strategy, c.Workload, a, o.Completed)
		}
		if known := arrived[c.Workload]; known != 0 && known != a.Arrived {
			t.Errorf("%s: %d arrived, and %d under the other strategy", c.Workload, a.Arrived, known)
		}
		arrived[c.Workload] = a.Arrived
		if sum := a.Lag.Mean + a.Service.Mean; o.Mean < sum*98/100 || o.Mean > sum*102/100 {
			t.Errorf("%s %s: latency %v is not lag %v and service %v", c.Strategy, c.Workload, o.Mean, a.Lag.Mean, a.Service.Mean)
		}
	}
	if len(names) != 2 || names["hello-world 1:1"] != 2 || names["hello-world 2:2"] != 2 {
		t.Errorf("workloads %v, want one for each configuration of dispatchers", names)
	}
	validate(t, f)
}

// A server that cannot keep up makes units wait for their turn, and their latency says so.
func TestWaitingInAnOpenLoopIsLatency(t *testing.T) {
	t.Parallel()
	f := run(t, bench.Config{Strategies: []string{"sp"}, Workloads: []string{"hello-world"}, Round: 400 * time.Millisecond, Rate: 200, InFlight: 1,
		Params: workloads.Params{Activities: 1, ActivityDelay: 20 * time.Millisecond}, Seed: 4})
	o := f.Cells[0].Summary.Orchestrations
	if a := o.Offered; a.Lag.P50 < 3*a.Service.P50 || o.P50 < a.Lag.P50 {
		t.Errorf("latency %v, lag %v, service %v: units of %v that come every 5 ms wait for each other", o.P50, a.Lag.P50, a.Service.P50, a.Service.P50)
	}
	if o.Offered.Service.P50 < 20*time.Millisecond {
		t.Errorf("an orchestration took %v, its activity alone takes 20 ms", o.Offered.Service.P50)
	}
}
