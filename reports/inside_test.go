package reports_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports"
)

// traced is a sweep whose inline fetch was also looked into, at its last distance but one, cold and warm.
func traced() *result.File {
	f := resulttest.Sweep()
	step := func(name string, start, end int, cold bool) result.Step {
		return result.Step{Name: name, Start: time.Duration(start) * time.Millisecond, End: time.Duration(end) * time.Millisecond, Cold: cold}
	}
	trace := func(ms int, steps ...result.Step) result.Trace {
		return result.Trace{Operation: "fetch_orchestration_item", Outcome: result.Loaded, Calls: 9, Duration: time.Duration(ms) * time.Millisecond,
			Cold: slices.ContainsFunc(steps, func(s result.Step) bool { return s.Cold }), Steps: steps}
	}
	for i := range f.Cells {
		c := &f.Cells[i]
		if c.Strategy != "inline" || c.Workload != "hello-world" {
			continue
		}
		c.Summary.Traces = []result.Trace{trace(140, step("begin", 0, 70, false), step("inline.fetch_orchestration_item.candidate", 70, 140, false))}
		c.Summary.Queries = []result.Query{{Name: "inline.fetch_orchestration_item.candidate", Server: &result.ServerWork{Calls: 4, Exec: 2 * time.Millisecond}}}
		if c.AddedRTT == 70*time.Millisecond {
			c.Cold = &result.Cold{Traces: []result.Trace{trace(210, step("begin", 0, 70, false), step("inline.fetch_orchestration_item.candidate", 70, 210, true))}}
		}
	}
	return f
}

func TestInsideAnOperation(t *testing.T) {
	t.Parallel()
	for format, want := range map[string][]string{
		"table":    {"Inside fetch_orchestration_item, hello-world at a round trip of 70", "candidate 70 70 140 0.500", "inline, first use 210"},
		"markdown": {"### Inside fetch_orchestration_item, hello-world", "candidate (prepared first) | 70 | 140 | 210 |"},
	} {
		var b bytes.Buffer
		if err := reports.Render(&b, format, traced(), reports.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), w) {
				t.Errorf("%s: no %q in\n%s", format, w, b.String())
			}
		}
		if first := strings.Contains(b.String(), "prepared first"); first != (format == "markdown") {
			t.Errorf("%s: the statements of a first use are there: %v", format, first)
		}
	}
}
