package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
	"pgbench-provider/reports"
	"pgbench-provider/workloads"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := bench.RunChild(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	pgtest.Main(m)
}

func run(t *testing.T, c bench.Config) *result.File {
	t.Helper()
	f, err := bench.Run(t.Context(), pgtest.Server(t), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRoundTrips pins what each operation of hello-world costs on the wire. sp: one each. inline, by the statements of
// strategies/inline/sql, begin and commit counted:
//
//	fetch 7 = begin, candidate, lock, messages, instance, history (or latest_trace), commit
//	ack   9 (first turn)  = begin, check_lock, upsert_instance, insert_execution, append_history, schedule_activities,
//	                        delete_messages, release, commit
//	      8 (middle turn) = begin, check_lock, touch_instance, append_history, schedule_activities, delete_messages, release,
//	                        commit
//	      8 (last turn)   = the same with end_execution for schedule_activities
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	f := run(t, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"hello-world"}, Orchestrations: 12, InFlight: 3, Seed: 1, Verify: true})
	want := map[string]map[string]float64{
		"inline": {"fetch_orchestration_item": 7, "ack_orchestration_item": (9 + 8 + 8) / 3.0, "fetch_work_item": 4, "ack_work_item": 4, "enqueue_orchestrator_item": 1},
		"sp":     {"fetch_orchestration_item": 1, "ack_orchestration_item": 1, "fetch_work_item": 1, "ack_work_item": 1, "enqueue_orchestrator_item": 1},
	}
	counts := map[string]int64{"fetch_orchestration_item": 36, "ack_orchestration_item": 36, "fetch_work_item": 24, "ack_work_item": 24, "enqueue_orchestrator_item": 12}
	for _, c := range f.Cells {
		seen := 0
		for _, o := range c.Summary.Operations {
			if o.Outcome == result.Empty {
				continue
			}
			seen++
			if got, want := o.RoundTripsPerOp, want[c.Strategy][o.Name]; math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: %s: %v round trips, want %v", c.Strategy, o.Name, got, want)
			}
			if o.Count != counts[o.Name] || o.Errors != 0 || o.Outcome == result.Failed {
				t.Errorf("%s: %s: %d calls, %d errors; want %d and 0", c.Strategy, o.Name, o.Count, o.Errors, counts[o.Name])
			}
		}
		if seen != len(counts) || c.Summary.Orchestrations.Completed != 12 {
			t.Errorf("%s: %d operations, %d orchestrations; want %d and 12", c.Strategy, seen, c.Summary.Orchestrations.Completed, len(counts))
		}
	}
	for _, check := range f.Checks {
		if !check.OK {
			t.Errorf("check: %+v", check)
		}
	}
	validate(t, f)
}

// Both schemas accept what the program really writes.
func validate(t *testing.T, f *result.File) {
	t.Helper()
	var file, comparison bytes.Buffer
	if err := result.Write(&file, f); err != nil {
		t.Fatal(err)
	}
	if err := reports.Render(&comparison, "json", f, reports.Options{Compare: compare.Options{}}); err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]struct {
		schema []byte
		text   *bytes.Buffer
	}{"result": {result.Schema, &file}, "comparison": {result.ComparisonSchema, &comparison}} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(part.schema))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
		schema, err := c.Compile(name)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(part.text)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryWorkloadOnEveryStrategy(t *testing.T) {
	t.Parallel()
	var names []string
	for _, w := range workloads.All() {
		names = append(names, w.Name())
	}
	f := run(t, bench.Config{Strategies: []string{"inline", "sp"}, Control: true, Workloads: names, Rounds: 2, Round: 100 * time.Millisecond,
		InFlight: 3, AddedRTT: []time.Duration{0, time.Millisecond}, Seed: 2, Params: workloads.Params{PayloadBytes: 64}})
	if len(f.Cells) != 3*2*len(names) {
		t.Errorf("%d cells, want 3 arms at 2 distances under %d workloads", len(f.Cells), len(names))
	}
	for _, c := range f.Cells {
		if len(c.Rounds) != 2 || len(c.Summary.Operations) == 0 {
			t.Errorf("%s, %s: %d rounds, %d operations", c.Strategy, c.Workload, len(c.Rounds), len(c.Summary.Operations))
		}
		if c.MeasuredRTT < c.AddedRTT {
			t.Errorf("%s, %s: measured %v with %v added", c.Strategy, c.Workload, c.MeasuredRTT, c.AddedRTT)
		}
		if o := c.Summary.Orchestrations; (o == nil) != (c.Workload == "operations" || c.Workload == "hot-row") || o != nil && o.Completed < 6 {
			t.Errorf("%s, %s: orchestrations %+v", c.Strategy, c.Workload, o)
		}
	}
	if !strings.Contains(strings.Join(f.Warnings, " "), "--no-verify") {
		t.Errorf("nobody is told that nothing was verified: %v", f.Warnings)
	}
	validate(t, f)
}

// Schemas of a server that was there before go, also after a cancellation.
func TestCancelledRunDropsItsSchemas(t *testing.T) {
	t.Parallel()
	private, err := target.Open(t.Context(), target.Spec{Getenv: func(string) string { return "" }, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := private.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	c := private.Config()
	server, err := target.Open(t.Context(), target.Spec{DSN: fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s sslmode=disable",
		c.Host, c.Port, c.User, c.Password, c.Database)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = bench.Run(ctx, server, bench.Config{Strategies: []string{"sp"}, Workloads: []string{"fan-out"}, Round: time.Minute}, func(p bench.Progress) {
		if p.Phase == "measure" {
			time.AfterFunc(200*time.Millisecond, cancel)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cancellation", err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), server.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if left, err := target.LeftSchemas(t.Context(), conn); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]bench.Config{
		"--strategies is empty":    {Workloads: []string{"fan-out"}},
		"--workload is empty":      {Strategies: []string{"sp"}},
		"unknown strategy":         {Strategies: []string{"x"}, Workloads: []string{"fan-out"}},
		"unknown workload":         {Strategies: []string{"sp"}, Workloads: []string{"x"}},
		"--rtt -1s is negative":    {Strategies: []string{"sp"}, Workloads: []string{"fan-out"}, AddedRTT: []time.Duration{-time.Second}},
		"--depth does not apply":   {Strategies: []string{"sp"}, Workloads: []string{"fan-out"}, Params: workloads.Params{Depth: 1}},
		"--activities is negative": {Strategies: []string{"sp"}, Workloads: []string{"fan-out"}, Params: workloads.Params{Activities: -1}},
	} {
		err := c.Validate()
		if !errors.Is(err, bench.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

func TestRoundsUntilEnough(t *testing.T) {
	t.Parallel()
	asked := 0
	f := run(t, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"hello-world"}, Rounds: 1000, Round: 10 * time.Millisecond,
		InFlight: 1, Seed: 3, Enough: func(f *result.File) bool {
			asked++
			for _, c := range f.Cells {
				if len(c.Rounds) != 4*asked || c.Summary.Orchestrations.Completed == 0 {
					t.Errorf("asked with %d rounds and %+v", len(c.Rounds), c.Summary.Orchestrations)
				}
			}
			return asked == 2
		}})
	if len(f.Cells) != 2 || len(f.Cells[0].Rounds) != 8 || len(f.Cells[1].Rounds) != 8 {
		t.Errorf("%d cells, want 2 with 8 rounds each", len(f.Cells))
	}
}
