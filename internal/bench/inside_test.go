package bench_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
)

// alone runs c on a server of its own: what pg_stat_statements counts is of nobody else.
func alone(t *testing.T, c bench.Config, settings ...string) *result.File {
	t.Helper()
	spec := target.Spec{Getenv: func(string) string { return "" }, Settings: map[string]string{"fsync": "off"}}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		spec.Settings[name] = value
	}
	server, err := target.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	f, err := bench.Run(t.Context(), server, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func find(t *testing.T, traces []result.Trace, operation string, cold bool) result.Trace {
	t.Helper()
	i := slices.IndexFunc(traces, func(x result.Trace) bool {
		return x.Operation == operation && x.Cold == cold && (x.Outcome == result.Loaded || x.Outcome == result.OK)
	})
	if i < 0 {
		t.Fatalf("no trace of %s, cold %v, in %+v", operation, cold, traces)
	}
	return traces[i]
}

func TestInsideOperations(t *testing.T) {
	t.Parallel()
	rtt := 20 * time.Millisecond // longer than a busy machine holds up what waits for nobody
	f := alone(t, bench.Config{Strategies: []string{"inline", "pipeline", "sp"}, Workloads: []string{"hello-world"}, Orchestrations: 4, InFlight: 1,
		Dispatchers: []bench.Dispatchers{{Orchestration: 1, Worker: 1}}, AddedRTT: []time.Duration{rtt}, Cold: []time.Duration{rtt}, Seed: 1})
	fetch := map[string]string{
		"inline":   "begin candidate lock messages instance latest_trace commit", // an instance's first; later ones read the history
		"pipeline": "claim messages count_attempts instance trace history",
		"sp":       "fetch_orchestration_item",
	}
	for _, c := range f.Cells {
		trace := find(t, c.Summary.Traces, "fetch_orchestration_item", false)
		var names []string
		last, trips := time.Duration(0), 0
		for _, s := range trace.Steps {
			names = append(names, s.Name[strings.LastIndexByte(s.Name, '.')+1:])
			if s.Start < last || s.End < s.Start || s.End > trace.Duration || s.Cold {
				t.Errorf("%s: step %+v after %v, in a call of %v", c.Strategy, s, last, trace.Duration)
			}
			last = s.End
			if s.End-s.Start >= rtt {
				trips++
			}
		}
		if got := strings.Replace(strings.Join(names, " "), "instance history commit", "instance latest_trace commit", 1); !strings.HasPrefix(fetch[c.Strategy], got) || len(names) == 0 {
			t.Errorf("%s: the fetch was %q, want %q", c.Strategy, got, fetch[c.Strategy])
		}
		for _, o := range c.Summary.Operations {
			if o.Name == "fetch_orchestration_item" && o.Outcome == result.Loaded && float64(trips) != o.RoundTripsPerOp {
				t.Errorf("%s: %d steps waited for the other end, %v were counted", c.Strategy, trips, o.RoundTripsPerOp)
			}
		}
		if c.Cold == nil || c.Cold.Orchestrations.Completed != 1 {
			t.Fatalf("%s: no cold unit: %+v", c.Strategy, c.Cold)
		}
		const start = "enqueue_orchestrator_item"
		cold, warm := find(t, c.Cold.Traces, start, true), find(t, c.Summary.Traces, start, false)
		if cold.Duration < 2*rtt || !slices.ContainsFunc(cold.Steps, func(x result.Step) bool { return x.Cold }) {
			t.Errorf("%s: the first %s was %+v, a later one %+v: preparing is a round trip", c.Strategy, start, cold, warm)
		}
		for _, q := range c.Summary.Queries {
			if strings.HasSuffix(q.Name, "(cold)") {
				t.Errorf("%s: %s was measured among the warm ones", c.Strategy, q.Name)
			}
		}
	}
}

// One unit at a time is measured whole, so that every statement the client counts the server counts as well.
func TestServerWork(t *testing.T) {
	t.Parallel()
	f := alone(t, bench.Config{Strategies: []string{"inline", "cte", "sp"}, Workloads: []string{"operations"}, Orchestrations: 20, InFlight: 1,
		Dispatchers: []bench.Dispatchers{{Orchestration: 1, Worker: 1}}, Seed: 1})
	// Statements of a call, begin and commit apart. Half of the acks of work items send no completion.
	statements := map[string]map[string]float64{
		"inline": {"fetch_orchestration_item": 5, "ack_work_item": 1.5, "fetch_work_item": 2, "enqueue_orchestrator_item": 1},
		"cte":    {"fetch_orchestration_item": 1, "ack_work_item": 1, "fetch_work_item": 1, "enqueue_orchestrator_item": 1},
		"sp":     {"fetch_orchestration_item": 1, "ack_work_item": 1, "fetch_work_item": 1, "enqueue_orchestrator_item": 1},
	}
	for _, c := range f.Cells {
		seen := 0
		for _, o := range c.Summary.Operations {
			want, ok := statements[c.Strategy][o.Name]
			if !ok || o.Outcome == result.Empty {
				continue
			}
			seen++
			if w := o.Server; w == nil || float64(w.Calls) != want*float64(o.Count) || w.Exec <= 0 || w.SharedHit <= 0 || w.WALRecords <= 0 {
				t.Errorf("%s %s: %d calls, server %+v; want %v statements each", c.Strategy, o.Name, o.Count, w, want)
			} else if each := w.Exec / time.Duration(o.Count); each > o.Mean {
				t.Errorf("%s %s: the server took %v for calls of %v", c.Strategy, o.Name, each, o.Mean)
			}
		}
		if seen != 4 {
			t.Errorf("%s: %d of 4 operations", c.Strategy, seen)
		}
		for _, q := range c.Summary.Queries {
			if strings.Contains(q.Name, ".") && (q.Server == nil || q.Server.Calls != q.Count) {
				t.Errorf("%s: %s: %d queries, server %+v", c.Strategy, q.Name, q.Count, q.Server)
			}
		}
	}
}

func TestMissingServerWorkIsSaid(t *testing.T) {
	t.Parallel()
	f := alone(t, bench.Config{Strategies: []string{"sp"}, Workloads: []string{"hello-world"}, Orchestrations: 1, InFlight: 1, Seed: 1},
		"shared_preload_libraries=")
	if s := strings.Join(f.Warnings, " "); !strings.Contains(s, "not reported: add pg_stat_statements to shared_preload_libraries") {
		t.Errorf("no word of it in %q", s)
	}
	for _, o := range f.Cells[0].Summary.Operations {
		if o.Server != nil {
			t.Errorf("%s: server work %+v out of nothing", o.Name, o.Server)
		}
	}
}

// What is counted depends on the seed alone: to the last unit on the wire, and nearly so in the server, which flushes its
// log when it likes and may set a hint bit sooner or later for it.
func TestExactRunsRepeat(t *testing.T) {
	t.Parallel()
	config := bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"operations"}, Orchestrations: 30, Exact: true, Seed: 7}
	// Whatever autovacuum does to the system catalogs, it does within such a run.
	one, two := alone(t, config, "autovacuum_naptime=1"), alone(t, config, "autovacuum_naptime=1")
	compared := 0
	for i, c := range one.Cells {
		for j, o := range c.Summary.Operations {
			p := two.Cells[i].Summary.Operations[j]
			if o.Server == nil || p.Server == nil {
				t.Fatalf("%s %s: no server work", c.Strategy, o.Name)
			}
			compared++
			if o.Count != p.Count || o.RoundTripsPerOp != p.RoundTripsPerOp || o.BytesOutPerOp != p.BytesOutPerOp || o.BytesInPerOp != p.BytesInPerOp ||
				o.Server.Calls != p.Server.Calls || o.Server.Rows != p.Server.Rows {
				t.Errorf("%s %s: %+v (%+v), then %+v (%+v)", c.Strategy, o.Name, o, o.Server, p, p.Server)
			}
			for _, pair := range [][2]int64{{o.Server.SharedHit + o.Server.SharedRead, p.Server.SharedHit + p.Server.SharedRead}, {o.Server.WALRecords, p.Server.WALRecords}} {
				if d := pair[0] - pair[1]; max(d, -d)*100 > pair[0]+50 {
					t.Errorf("%s %s: %d, then %d", c.Strategy, o.Name, pair[0], pair[1])
				}
			}
		}
	}
	if compared < 20 {
		t.Errorf("only %d operations compared", compared)
	}
}
