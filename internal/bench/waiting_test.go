package bench_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/reports"
	"pgbench-provider/workloads"
)

// The polls of a process whose dispatchers sleep are told, and are in no operation, statement or trace.
func TestPollsAreToldApart(t *testing.T) {
	t.Parallel()
	f := run(t, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"hello-world"}, Orchestrations: 1, InFlight: 1, Seed: 1,
		Params: workloads.Params{Activities: 1, ActivityDelay: 500 * time.Millisecond}})
	for _, c := range f.Cells {
		if w := c.Summary.Waiting; w == nil || w.Count == 0 || w.Errors != 0 {
			t.Errorf("%s: waiting %+v, want polls", c.Strategy, w)
		}
		for _, o := range c.Summary.Operations {
			if o.Name == "next_visible" {
				t.Errorf("%s: a poll is told as an operation", c.Strategy)
			}
		}
		for _, q := range c.Summary.Queries {
			if strings.Contains(q.Name, "next_visible") {
				t.Errorf("%s: the statement of a poll is among those of operations: %s", c.Strategy, q.Name)
			}
		}
	}
	var b bytes.Buffer
	if err := reports.Render(&b, "table", f, reports.Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "polls a second") {
		t.Errorf("no word about polls in\n%s", b.String())
	}
}
