package reports_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

func intervals(t rapid.TB, log string) (all []*hdrhistogram.Histogram) {
	t.Helper()
	r := hdrhistogram.NewHistogramLogReader(strings.NewReader(log))
	for {
		h, err := r.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			return all
		}
		all = append(all, h)
	}
}

// The library's own reader gives back what the result file says, to the nanosecond.
func TestHLogReadsBack(t *testing.T) {
	t.Parallel()
	f := recorded(t, "three")
	type kept struct {
		result.Latency
		start, end time.Time
	}
	want := map[string]kept{}
	id := func(tag string, start time.Time) string { return fmt.Sprint(tag, " ", start.UnixMilli()) }
	for _, c := range f.Cells {
		for _, r := range c.Rounds {
			for _, op := range r.Operations {
				name := op.Name
				if op.Outcome == result.Empty {
					name += ".empty"
				}
				if op.Count > 0 {
					want[id(fmt.Sprintf("%s/%s/%s/%s", c.Workload, c.Strategy, c.AddedRTT, name), r.StartedAt)] =
						kept{op.Latency, r.StartedAt, r.StartedAt.Add(r.Duration)}
				}
			}
			o := r.Orchestrations
			want[id(fmt.Sprintf("%s/%s/%s/orchestration", c.Workload, c.Strategy, c.AddedRTT), r.StartedAt)] =
				kept{result.Latency{Count: o.Completed, P50: o.P50, P90: o.P90, P99: o.P99, Max: o.Max}, r.StartedAt, r.StartedAt.Add(r.Duration)}
		}
	}
	all := intervals(t, render(t, "hlog", f, reports.Options{}))
	if len(all) != len(want) {
		t.Errorf("%d intervals, want %d", len(all), len(want))
	}
	last := int64(0)
	for _, h := range all {
		w, ok := want[id(h.Tag(), time.UnixMilli(h.StartTimeMs()))]
		if !ok {
			t.Fatalf("no round %s at %d", h.Tag(), h.StartTimeMs())
		}
		got := [5]int64{h.TotalCount(), h.ValueAtPercentile(50), h.ValueAtPercentile(90), h.ValueAtPercentile(99), h.Max()}
		if got != [5]int64{w.Count, int64(w.P50), int64(w.P90), int64(w.P99), int64(w.Max)} {
			t.Errorf("%s: %v, want %+v", h.Tag(), got, w)
		}
		if d := h.EndTimeMs() - w.end.UnixMilli(); d < -1 || d > 1 { // the reader cuts fractions off
			t.Errorf("%s ends %d ms off", h.Tag(), d)
		}
		if h.StartTimeMs() < last {
			t.Error("intervals are not in the order of time")
		}
		last = h.StartTimeMs()
	}
}

func TestHLogHostileNames(t *testing.T) {
	t.Parallel()
	h := hdrhistogram.New(1, 1e9, 3)
	if err := h.RecordValue(12345); err != nil {
		t.Fatal(err)
	}
	l, err := result.NewLatency(h, 0)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", ",", " x", "a,b", "y\n", "#", "\u2028"}))
		c := result.Cell{Strategy: names.Draw(t, "strategy"), Workload: names.Draw(t, "workload"),
			Rounds: []result.Round{{Operations: []result.Operation{{Name: names.Draw(t, "operation"), Latency: l}}}}} // and no start time
		var b bytes.Buffer
		if err := reports.Render(&b, "hlog", &result.File{Kind: result.KindRun, Cells: []result.Cell{c}}, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		all := intervals(t, b.String())
		if len(all) != 1 || all[0].Max() != int64(l.Max) || strings.Count(all[0].Tag(), "/") != 3 || strings.ContainsAny(all[0].Tag(), ", \r\n") {
			t.Fatalf("%d intervals of\n%s", len(all), b.String())
		}
	})
}

func TestPercentilesAreThoseOfTheResult(t *testing.T) {
	t.Parallel()
	f := recorded(t, "run")
	all, err := reports.PercentilesOf(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 13 || all[0].Name != "hello-world/inline/0s/enqueue_orchestrator_item" {
		t.Fatalf("%d distributions, the first %s", len(all), all[0].Name)
	}
	op := f.Cells[0].Summary.Operations[0]
	merged, err := op.Histogram.Decode() // may put the maximum a bucket below that of the rounds
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprintf("%12.3f %12f", float64(op.P50)/1e6, 0.5), fmt.Sprintf("%12.3f %12f", float64(op.P90)/1e6, 0.9),
		fmt.Sprintf("#[Max     = %12.3f, Total count    = %12d]", float64(merged.Max())/1e6, op.Count),
	} {
		if !bytes.Contains(all[0].Text, []byte(want)) {
			t.Errorf("no %q in\n%s", want, all[0].Text)
		}
	}
}

func TestABrokenHistogramIsAnError(t *testing.T) {
	t.Parallel()
	ops := []result.Operation{{Name: "x", Latency: result.Latency{Count: 1, Histogram: "HISTbroken"}}}
	f := &result.File{Kind: result.KindRun, Cells: []result.Cell{{Rounds: []result.Round{{Operations: ops}}, Summary: result.Summary{Operations: ops}}}}
	for _, format := range []string{"hgrm", "hlog"} {
		if err := reports.Render(&bytes.Buffer{}, format, f, reports.Options{}); err == nil || !strings.Contains(err.Error(), "cannot be decoded") {
			t.Errorf("%s: %v", format, err)
		}
	}
}
