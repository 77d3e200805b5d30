package reports_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

// hot is a hot-row sweep in which a turn holds its lock for 1 ms and two round trips, and many get 90 % of what that
// leaves, but for what edit changes.
func hot(edit func(*result.File)) *result.File {
	f := &result.File{Kind: result.KindSweep, Config: map[string]any{}, Checks: []result.Check{}, Warnings: []string{}}
	for _, contenders := range []int{1, 32} {
		for _, ms := range []int{5, 25, 70} {
			rtt := time.Duration(ms) * time.Millisecond
			turn := time.Millisecond + 2*rtt
			n := int64(1000)
			seconds := time.Duration(float64(n) * float64(turn) / 0.9)
			op := func(name string, o result.Outcome, d time.Duration) result.Operation {
				return result.Operation{Name: name, Outcome: o, Latency: result.Latency{Count: n, Mean: d, P50: d, P90: d, P99: d, Max: d}}
			}
			f.Cells = append(f.Cells, result.Cell{
				Strategy: "sp", Workload: fmt.Sprintf("hot-row %d:1", contenders), AddedRTT: rtt, MeasuredRTT: rtt,
				Parameters: map[string]any{"in_flight": contenders, "dispatchers": fmt.Sprintf("%d:1", contenders)},
				Rounds:     []result.Round{{Round: 1, Duration: seconds, MeasuredRTT: rtt, Operations: []result.Operation{}}},
				Summary: result.Summary{
					Operations: []result.Operation{op("fetch_orchestration_item", result.Loaded, rtt), op("ack_orchestration_item", result.OK, turn)},
					Traces: []result.Trace{
						{Operation: "fetch_orchestration_item", Outcome: result.Loaded, Calls: 9, Duration: rtt,
							Steps: []result.Step{{Name: "sp.fetch_orchestration_item", End: rtt}}},
						{Operation: "ack_orchestration_item", Outcome: result.OK, Calls: 9, Duration: turn,
							Steps: []result.Step{{Name: "sp.ack_orchestration_item", End: turn}}},
					},
				},
			})
		}
	}
	// Something to compare with.
	for _, c := range f.Cells[:6] {
		c.Strategy = "other"
		f.Cells = append(f.Cells, c)
	}
	edit(f)
	return f
}

func shown(t *testing.T, f *result.File) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.Render(&b, "table", f, reports.Options{}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestCeiling(t *testing.T) {
	t.Parallel()
	s := shown(t, hot(func(*result.File) {}))
	for _, want := range []string{
		"sp 32 5.00 11.0 90.9 81.8 90 %", "sp 32 70.0 141 7.09 6.38 90 %", // 1 / (1 ms + 2 x 5 ms), 1 / (1 ms + 2 x 70 ms)
		"holds the lock for 1.00 ms + 2.00 × RTT, as one dispatcher alone shows at 3 distances",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in %s", want, s)
		}
	}
	s = shown(t, hot(func(f *result.File) {
		for i := range f.Cells {
			f.Cells[i].Parameters = map[string]any{"in_flight": 32, "dispatchers": "32:1"}
		}
	}))
	if !strings.Contains(s, "hot-row, sp: no ceiling: measure it with one dispatcher too, as with --dispatchers 1:1,24:1.") {
		t.Error(s)
	}
}
