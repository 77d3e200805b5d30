package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/workloads"
)

func TestSoak(t *testing.T) {
	t.Parallel()
	counts, deleted, bytes := map[string]int{}, int64(0), int64(0)
	err := bench.Soak(t.Context(), pgtest.Server(t), bench.SoakConfig{Strategy: "sp", Workloads: []string{"hello-world", "fan-out"}, InFlight: 2,
		Dispatchers: bench.Dispatchers{Orchestration: 1, Worker: 1}, Duration: 4 * time.Second, Every: time.Second, Keep: 100 * time.Millisecond},
		func(l bench.SoakLine) {
			counts[l.Workload]++
			deleted += l.Deleted
			bytes = max(bytes, min(l.Tables, l.Indexes))
			if l.PerSecond < 0 || l.Deadlocks < 0 || l.Dead < 0 {
				t.Errorf("%+v", l)
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	if counts["hello-world"] != 4 || counts["fan-out"] != 4 || deleted == 0 || bytes == 0 {
		t.Errorf("%v lines, %d instances deleted, %d bytes", counts, deleted, bytes)
	}
}

// What goes wrong under load ends the soak, and is told.
func TestSoakFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	err := bench.Soak(ctx, pgtest.Server(t), bench.SoakConfig{Strategy: "sp", Workloads: []string{"hello-world"}, InFlight: 1,
		Dispatchers: bench.Dispatchers{Orchestration: 1, Worker: 1}, Duration: time.Hour, Every: 50 * time.Millisecond, Keep: time.Second},
		func(bench.SoakLine) { cancel(workloads.ErrCheck) })
	if !errors.Is(err, workloads.ErrCheck) {
		t.Errorf("the soak ended with %v", err)
	}
}

// TestMain starts a child of TestPeers when this variable is set.
const childVariable = "PGBENCH_PROVIDER_BENCH_CHILD"

func TestPeers(t *testing.T) {
	t.Setenv(childVariable, "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := bench.RunPeers(t.Context(), pgtest.Server(t), bench.PeersConfig{Strategies: []string{"sp"}, Processes: []int{2}, InFlight: 2,
		Dispatchers: bench.Dispatchers{Orchestration: 2, Worker: 2}, Rounds: 1, Round: time.Second, Scale: 1, Command: []string{self}}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 3 || lines[0].Workload != "pgbench -N" {
		t.Fatalf("%+v", lines)
	}
	for _, l := range lines {
		if len(l.PerSecond) != 1 || l.PerSecond[0] <= 0 || len(l.ServerCPU) != 1 || l.ServerCPU[0] <= 0 || len(l.ClientCPU) != 1 || l.ClientCPU[0] <= 0 {
			t.Errorf("%+v", l)
		}
	}
}

func TestChildTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	var in, out bytes.Buffer
	e := json.NewEncoder(&in)
	for _, v := range []any{bench.Child{DSN: pgtest.DSN(t), Schema: "there_is_none", Strategy: "sp", Workload: "hello-world", InFlight: 1,
		Dispatchers: [2]int{1, 1}, Round: 10 * time.Millisecond}, "r1"} {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := bench.RunChild(t.Context(), &in, &out); err != nil {
		t.Fatal(err)
	}
	var r bench.ChildRound
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || !strings.Contains(r.Error, "sp, hello-world") {
		t.Errorf("%s (%v)", out.String(), err)
	}
}
