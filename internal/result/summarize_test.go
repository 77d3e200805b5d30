package result_test

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/internal/result"
)

func latency(t *testing.T, errors int64, values ...time.Duration) result.Latency {
	t.Helper()
	h := hdrhistogram.New(1000, int64(time.Minute), 3)
	for _, v := range values {
		if err := h.RecordValue(int64(v)); err != nil {
			t.Fatal(err)
		}
	}
	l, err := result.NewLatency(h, errors)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func near(a, b time.Duration) bool { return max(a-b, b-a) <= b/500 } // three digits

func TestSummarizeMergesRounds(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	two := latency(t, 0, ms, 3*ms)
	polls := &two
	c := result.Cell{Rounds: []result.Round{
		{Round: 1, Duration: time.Second, MeasuredRTT: 3 * ms, Waiting: polls, Operations: []result.Operation{
			{Name: "ack", Outcome: result.OK, Latency: latency(t, 1, ms, ms, ms), RoundTripsPerOp: 8, Retries: 1},
		}, Orchestrations: &result.Orchestrations{Completed: 2, Failed: 1, P50: 5 * ms, Histogram: latency(t, 0, 4*ms, 6*ms).Histogram}},
		{Round: 2, Duration: time.Second, MeasuredRTT: ms, Operations: []result.Operation{
			{Name: "fetch", Outcome: result.Empty, Latency: latency(t, 0, ms)},
			{Name: "ack", Outcome: result.OK, Latency: latency(t, 2, 9*ms), RoundTripsPerOp: 12},
		}, Orchestrations: &result.Orchestrations{Completed: 4, Histogram: latency(t, 0, ms, ms, ms, ms).Histogram}},
	}}
	if err := c.Summarize(); err != nil {
		t.Fatal(err)
	}
	if len(c.Summary.Operations) != 2 || c.Summary.Operations[0].Name != "ack" {
		t.Fatalf("operations %+v, want ack and fetch in order of appearance", c.Summary.Operations)
	}
	if w := c.Summary.Waiting; w == nil || w.Count != 2 || !near(w.Max, 3*ms) {
		t.Errorf("waiting %+v, want 2 polls of at most 3 ms", w)
	}
	ack := c.Summary.Operations[0]
	if ack.Count != 4 || ack.Errors != 3 || ack.Retries != 1 || ack.RoundTripsPerOp != 9 {
		t.Errorf("ack %+v, want 4 calls, 3 errors, 1 retry, 9 round trips", ack)
	}
	if !near(ack.P50, ms) || !near(ack.P99, 9*ms) || !near(ack.Max, 9*ms) || !near(ack.Mean, 3*ms) {
		t.Errorf("ack p50 %v p99 %v max %v mean %v, want 1, 9, 9 and 3 ms", ack.P50, ack.P99, ack.Max, ack.Mean)
	}
	if o := c.Summary.Orchestrations; o.Completed != 6 || o.Failed != 1 || o.PerSecond != 3 || !near(o.P50, ms) {
		t.Errorf("orchestrations %+v, want 6 completed, 1 failed, 3 per second, p50 1 ms", o)
	}
	if c.MeasuredRTT != 2*ms {
		t.Errorf("measured round trip %v, want the median of 1 and 3 ms", c.MeasuredRTT)
	}
}

func TestSummarizeWithoutHistogramsHasNoQuantiles(t *testing.T) {
	t.Parallel()
	round := func(n int) result.Round {
		return result.Round{Round: n, Operations: []result.Operation{
			{Name: "ack", Outcome: result.OK, Latency: result.Latency{Count: 2, Mean: time.Duration(n), P50: 5}},
		}}
	}
	c := result.Cell{Rounds: []result.Round{round(1), round(3)}}
	if err := c.Summarize(); err != nil {
		t.Fatal(err)
	}
	if op := c.Summary.Operations[0]; op.Count != 4 || op.Mean != 2 || op.P50 != 0 {
		t.Errorf("%+v, want 4 calls, mean 2 ns and no p50", op)
	}
	if c.Summary.Orchestrations != nil {
		t.Error("orchestrations out of nothing")
	}
	for i := range c.Rounds {
		c.Rounds[i].Duration = time.Second
		c.Rounds[i].Orchestrations = &result.Orchestrations{Completed: 3, Failed: 1, Mean: 7, P50: 5}
	}
	if err := c.Summarize(); err != nil {
		t.Fatal(err)
	}
	if o := c.Summary.Orchestrations; o.Completed != 6 || o.Failed != 2 || o.PerSecond != 3 || o.Mean != 7 || o.P50 != 0 {
		t.Errorf("%+v, want 6 completed, 2 failed, 3 per second, mean 7 ns and no p50", o)
	}
}

func TestSummarizeRefusesABrokenHistogram(t *testing.T) {
	t.Parallel()
	c := result.Cell{Rounds: []result.Round{{Round: 4, Operations: []result.Operation{
		{Name: "ack", Outcome: result.OK, Latency: result.Latency{Count: 1, Histogram: "HISTFAAA"}},
	}}}}
	if err := c.Summarize(); err == nil {
		t.Error("no error")
	}
}

func TestNothingTimedIsZero(t *testing.T) {
	t.Parallel()
	if l, err := result.NewLatency(nil, 2); err != nil || l != (result.Latency{Errors: 2}) {
		t.Errorf("%+v, %v", l, err)
	}
	o, err := result.NewOrchestrations(nil, 1, 0)
	if err != nil || o.Completed != 0 || o.Failed != 1 || o.PerSecond != 0 {
		t.Errorf("%+v, %v", o, err)
	}
}
