package bench_test

import (
	"errors"
	"strings"
	"testing"

	"pgbench-provider/internal/bench"
	"pgbench-provider/workloads"
)

// Each combination of what names several values is a workload of its own, and has its values among its parameters.
func TestGrid(t *testing.T) {
	t.Parallel()
	f := run(t, bench.Config{Strategies: []string{"sp"}, Workloads: []string{"operations"}, Orchestrations: 2, InFlight: 1, Seed: 1,
		Depths: []int{2, 1200}, Histories: []int{3}, Payloads: []int{8, 9}})
	want := []struct {
		name                    string
		depth, history, payload int
	}{
		{"operations depth=2 payload=8", 2, 3, 8}, {"operations depth=2 payload=9", 2, 3, 9},
		{"operations depth=1200 payload=8", 1200, 3, 8}, {"operations depth=1200 payload=9", 1200, 3, 9},
	}
	if len(f.Cells) != len(want) {
		t.Fatalf("%d cells, want %d", len(f.Cells), len(want))
	}
	for i, c := range f.Cells {
		w := want[i]
		if c.Workload != w.name || c.Parameters["depth"] != w.depth || c.Parameters["history_events"] != w.history || c.Parameters["payload_bytes"] != w.payload {
			t.Errorf("cell %d is %q with %v, want %+v", i, c.Workload, c.Parameters, w)
		}
	}
}

func TestGridIsChecked(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*bench.Config){
		"--depth 0: give":             func(c *bench.Config) { c.Depths = []int{10, 0} },
		"--history -1: give":          func(c *bench.Config) { c.Histories = []int{-1} },
		"--payload: 7 is there twice": func(c *bench.Config) { c.Payloads = []int{7, 7} },
		"--depth does not apply":      func(c *bench.Config) { c.Workloads, c.Depths = []string{"fan-out"}, []int{1, 2} },
	} {
		c := bench.Config{Strategies: []string{"sp"}, Workloads: []string{"operations"}}
		change(&c)
		if err := c.Validate(); !errors.Is(err, bench.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	c := bench.Config{Strategies: []string{"sp"}, Workloads: []string{"operations"}, Depths: []int{5}}
	if err := c.Validate(); err != nil || c.Params != (workloads.Params{Depth: 5}) || c.Depths != nil {
		t.Errorf("one value: %v, %+v, %v", err, c.Params, c.Depths)
	}
}
