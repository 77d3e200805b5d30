package latency_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgbench-provider/internal/latency"
	"pgbench-provider/provider"
)

func recording() *latency.Recorder {
	r := latency.NewRecorder()
	r.SetRecording(true)
	return r
}

func TestOperationsAreFiledByNameAndOutcome(t *testing.T) {
	t.Parallel()
	r := recording()
	fetch := provider.Observation{Operation: "fetch", Outcome: provider.OutcomeLoaded, Duration: time.Millisecond,
		Wait: 300 * time.Microsecond, Wire: provider.Wire{RoundTrips: 6, BytesOut: 100, BytesIn: 50}, Retries: 1}
	empty := provider.Observation{Operation: "fetch", Outcome: provider.OutcomeEmpty, Duration: time.Hour}
	failed := provider.Observation{Operation: "fetch", Outcome: provider.OutcomeError, Duration: time.Second, Err: errors.New("no")}
	ack := provider.Observation{Operation: "ack", Outcome: provider.OutcomeOK, Duration: 2 * time.Millisecond}
	for range 3 { // three workers
		o := r.Observer()
		for _, each := range []provider.Observation{fetch, fetch, empty, failed, ack} {
			o.Observe(&each)
		}
	}
	s := r.Snapshot()
	var rows []string
	for _, o := range s.Operations {
		rows = append(rows, fmt.Sprint(o.Name, " ", o.Outcome, " ", o.Count, " ", o.Errors, " ", o.Overflow))
		if o.Hist.TotalCount() != int64(o.Count) || o.Wait.TotalCount() != int64(o.Count) {
			t.Errorf("%s %s: %d in Hist, %d in Wait, want %d", o.Name, o.Outcome, o.Hist.TotalCount(), o.Wait.TotalCount(), o.Count)
		}
	}
	want := []string{"ack ok 3 0 0", "fetch empty 3 0 3", "fetch error 3 3 0", "fetch loaded 6 3 0"}
	if fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Fatalf("got\n%q, want\n%q", rows, want)
	}
	loaded := s.Operations[3]
	if loaded.RoundTrips != 36 || loaded.BytesOut != 600 || loaded.BytesIn != 300 || loaded.Retries != 6 {
		t.Errorf("sums of the loaded fetches: %+v", loaded)
	}
	near(t, "latency", loaded.Hist.ValueAtPercentile(50), time.Millisecond)
	near(t, "wait", loaded.Wait.ValueAtPercentile(50), 300*time.Microsecond)
	if operations, failures := r.Totals(); operations != 15 || failures != 3 {
		t.Errorf("totals are %d and %d, want 15 and 3", operations, failures)
	}
}

// near allows what a bucket is wide: 512 ns, or three significant digits.
func near(t *testing.T, what string, got int64, want time.Duration) {
	t.Helper()
	if diff := (time.Duration(got) - want).Abs(); diff > max(512, want/1000) {
		t.Errorf("%s is %v, want %v", what, time.Duration(got), want)
	}
}

func TestOnlyWhileRecording(t *testing.T) {
	t.Parallel()
	r := latency.NewRecorder()
	o, runs := r.Observer(), r.Orchestrations()
	once := func() {
		o.Observe(&provider.Observation{Operation: "ack", Outcome: provider.OutcomeOK, Duration: time.Millisecond})
		runs.Record(time.Second, true)
		runs.Record(time.Second, false)
	}
	check := func(when string, want uint64) {
		t.Helper()
		s := r.Snapshot()
		var n uint64
		for _, row := range s.Operations {
			n += row.Count
		}
		total, _ := r.Totals()
		if n != want || total != want || s.Orchestrations.Completed != want || s.Orchestrations.Failed != want ||
			s.Orchestrations.Hist.TotalCount() != int64(want) {
			t.Errorf("%s: %d operations, %d in total, orchestrations %+v; want %d of each", when, n, total, s.Orchestrations, want)
		}
	}
	once()
	check("before recording", 0)
	r.SetRecording(true)
	once()
	once()
	check("recording", 2)
	r.SetRecording(false)
	once()
	check("stopped", 2)
	r.Reset()
	check("reset", 0)
	once()
	check("reset while stopped", 0)
	r.SetRecording(true)
	r.Reset()
	once()
	check("a shard from before the reset", 1)
}

func TestCancelledIsNoFailure(t *testing.T) {
	t.Parallel()
	r := recording()
	o := r.Observer()
	o.Observe(&provider.Observation{Operation: "ack", Outcome: provider.OutcomeError, Err: fmt.Errorf("ack: %w", context.Canceled)})
	o.Observe(&provider.Observation{Operation: "ack", Outcome: provider.OutcomeError, Err: context.DeadlineExceeded})
	if s := r.Snapshot(); len(s.Operations) != 1 || s.Operations[0].Count != 1 {
		t.Errorf("got %+v, want the timeout alone", s.Operations)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	round := func(outcome provider.Outcome, n int) *latency.Snapshot {
		r := recording()
		o, c, runs := r.Observer(), conn{r.Tracer()}, r.Orchestrations()
		for range n {
			o.Observe(&provider.Observation{Operation: "ack", Outcome: outcome, Duration: time.Millisecond, Retries: 1})
			c.query(fetchSQL, nil)
			runs.Record(time.Second, true)
		}
		return r.Snapshot()
	}
	a, b := round(provider.OutcomeOK, 2), round(provider.OutcomeError, 3)
	for range 2 { // the second time shows that merging changed neither
		m := latency.Merge(a, nil, b, a)
		if len(m.Operations) != 2 || m.Operations[0].Count != 3 || m.Operations[1].Count != 4 {
			t.Fatalf("got %+v, want 3 failed and 4 good", m.Operations)
		}
		if good := m.Operations[1]; good.Errors != 3 || good.Retries != 4 || good.Hist.TotalCount() != 4 {
			t.Errorf("got %+v, want 3 errors of the same name and 4 retries", good)
		}
		if q := m.Queries[0]; q.Count != 7 || q.Hist.TotalCount() != 7 || q.ColdHist != nil {
			t.Errorf("got %+v, want 7 warm queries", q)
		}
		if m.Orchestrations.Completed != 7 || m.Orchestrations.Hist.TotalCount() != 7 {
			t.Errorf("got %+v, want 7 orchestrations", m.Orchestrations)
		}
	}
	if m := latency.Merge(); m == nil || len(m.Operations) != 0 || m.Orchestrations.Hist == nil {
		t.Errorf("of nothing: %+v", m)
	}
}

// TestAtTheSameTime is for the race detector, and counts that no record is lost between shards.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	const workers, records = 8, 2000
	r := recording()
	var group sync.WaitGroup
	for range workers {
		o, c, runs := r.Observer(), conn{r.Tracer()}, r.Orchestrations()
		group.Go(func() {
			for i := range records {
				o.Observe(&provider.Observation{Operation: "ack", Outcome: provider.OutcomeOK, Duration: time.Duration(i) * time.Microsecond})
				c.query(fmt.Sprint("select ", i%20), nil)
				runs.Record(time.Second, true)
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			r.Totals()
			r.Snapshot()
		}
	}
	s := r.Snapshot()
	var queries uint64
	for _, q := range s.Queries {
		queries += q.Count
	}
	if want := uint64(workers * records); s.Operations[0].Count != want || queries != want || s.Orchestrations.Completed != want {
		t.Errorf("%d operations, %d queries, %d orchestrations; want %d of each", s.Operations[0].Count, queries, s.Orchestrations.Completed, want)
	}
}
