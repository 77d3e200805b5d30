package gate_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

const (
	us = time.Microsecond
	ms = time.Millisecond

	fetch = "fetch_orchestration_item"
	ack   = "ack_orchestration_item"
)

// counted is a counter run of two strategies: a fetch of which none was empty, and an ack.
func counted() *result.File {
	f := hashed(&result.File{
		Format: result.Format, Kind: result.KindRun, Environment: result.Environment{Server: result.Server{VersionNum: 170002}},
		Config: map[string]any{"seed": uint64(1 << 63), "rounds": 1, "orchestrations": 50, "command": "x"},
	})
	for _, s := range []string{"inline", "sp"} {
		trips := map[string]float64{"inline": 7, "sp": 1}[s]
		op := func(name string, o result.Outcome) result.Operation {
			return result.Operation{
				Name: name, Outcome: o, Latency: result.Latency{Count: 1000}, RoundTripsPerOp: trips, BytesOutPerOp: 200, BytesInPerOp: 100,
				Server: &result.ServerWork{
					Calls: 7000, Exec: ms, Rows: 4000, SharedHit: 9000, SharedRead: 1000, WALRecords: 6000, WALBytes: 400_000,
				},
			}
		}
		f.Cells = append(f.Cells, result.Cell{
			Strategy: s, Workload: "hello-world", Parameters: map[string]any{"in_flight": 1, "payload_bytes": 64},
			Summary: result.Summary{Operations: []result.Operation{op(fetch, result.Loaded), op(ack, result.OK)}},
		})
	}
	return f
}

// operation is one of sp.
func operation(f *result.File, name string) *result.Operation {
	for i := range f.Cells[1].Summary.Operations {
		if o := &f.Cells[1].Summary.Operations[i]; o.Name == name {
			return o
		}
	}
	return nil
}

// interleaved is a timed run at one distance; slow is how much longer sp's ack works in it.
func interleaved(seed uint64, rounds int, slow time.Duration) *result.File {
	inline, sp, twin := resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), resulttest.HelloWorld("inline")
	twin.Control = true
	sp.Ops[3].Server += slow
	return hashed(resulttest.Make(resulttest.Spec{
		Kind: result.KindCompare, Seed: seed, Rounds: rounds, PerRound: 60, RTT: 100 * us, RoundNoise: 0.1, ArmNoise: 0.01,
		Arms: []resulttest.Arm{inline, sp, twin},
	}))
}

// swept is a sweep from the round trip near on; trips is how many more sp's ack makes in it.
func swept(seed uint64, rounds int, near time.Duration, trips float64) *result.File {
	inline, sp := resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp")
	sp.Ops[3].Trips += trips
	return hashed(resulttest.MakeSweep(resulttest.SweepSpec{
		Seed: seed, Rounds: rounds, RTT: near, Added: []time.Duration{0, ms / 2, ms, 2 * ms, 5 * ms}, Shared: 0.05, Own: 0.01,
		Distance: 0.001, Null: 0.005, Arms: []resulttest.Arm{inline, sp},
	}))
}

func hashed(f *result.File) *result.File {
	f.Environment.Server.Facts, f.Tool.Version = map[string]string{"schema_hash": "aa", "routines_hash": "bb", "uptime": "3h"}, "1.0.0"
	return f
}

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Fatal(...any)
}

func baseline(t tester, counters, timed *result.File) *gate.Baseline {
	t.Helper()
	b, err := gate.FromResult(counters, timed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func check(t tester, b *gate.Baseline, counters, timed *result.File, o gate.Options) *gate.Verdict {
	t.Helper()
	if o.Resamples == 0 {
		o.Resamples = 200
	}
	v, err := gate.Check(b, counters, timed, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func find(t tester, v *gate.Verdict, name string) gate.Case {
	t.Helper()
	c := v.Find(name)
	if c == nil {
		t.Fatal("no case " + name)
		return gate.Case{}
	}
	return *c
}

func differences(t tester, b *gate.Baseline, counters, timed *result.File, o gate.Options) []string {
	t.Helper()
	v, err := gate.Check(b, counters, timed, o)
	var e *gate.IncomparableError
	if !errors.As(err, &e) || v != nil {
		t.Fatal(fmt.Sprintf("want an IncomparableError and no verdict, got %v and %v", err, v))
	}
	return e.Differences
}

func TestTheSameBuildPasses(t *testing.T) {
	t.Parallel()
	timed := interleaved(1, 12, 0)
	b := baseline(t, counted(), timed)
	v := check(t, b, counted(), timed, gate.Options{})
	if n := v.Counts; n.Fail+n.Suspected+n.Better+n.Inconclusive > 0 || n.Pass != 2*2*9+6 {
		t.Errorf("%+v", n)
		for _, c := range v.Cases {
			if c.Status != gate.Pass && c.Status != gate.NotGated {
				t.Errorf("%s: %s: %s %v [%v, %v]", c.Name, c.Status, c.Note, c.Change, c.Low, c.High)
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range v.Cases {
		if seen[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		seen[c.Name] = true
	}
}

func TestWhatIsNotGatedIsSaid(t *testing.T) {
	t.Parallel()
	bare := counted()
	for i := range bare.Cells {
		for j := range bare.Cells[i].Summary.Operations {
			bare.Cells[i].Summary.Operations[j].Server = nil
		}
	}
	one := interleaved(1, 5, 0)
	one.Cells = one.Cells[:1]
	for _, c := range []struct {
		counters, timed *result.File
		want            int
	}{
		{counted(), nil, 1}, {nil, interleaved(1, 5, 0), 2}, {bare, nil, 2}, {counted(), one, 2},
		{counted(), swept(1, 5, 100*us, 0), 0},
	} {
		if b := baseline(t, c.counters, c.timed); len(b.NotGated) != c.want {
			t.Errorf("%d sentences, want %d: %q", len(b.NotGated), c.want, b.NotGated)
		}
	}
	if _, err := gate.FromResult(nil, nil); err == nil {
		t.Error("a baseline of nothing")
	}
	b := baseline(t, counted(), interleaved(1, 5, 0))
	if v := check(t, b, counted(), nil, gate.Options{}); len(v.Notes) != 2 || v.Counts.Pass != 36 {
		t.Errorf("without a timed run: %+v %q", v.Counts, v.Notes)
	}
	if _, err := gate.Check(b, nil, nil, gate.Options{}); err == nil {
		t.Error("a check of nothing")
	}
	v := check(t, baseline(t, bare, nil), counted(), nil, gate.Options{})
	if v.Find("exact/hello-world/sp/"+ack+"/ok/rows") != nil || len(v.Notes) != 3 {
		t.Errorf("a server that tells only now: %q", v.Notes)
	}
}
