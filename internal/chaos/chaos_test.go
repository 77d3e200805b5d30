package chaos_test

import (
	"context"
	"testing"
	"time"

	"pgbench-provider/internal/chaos"
)

// A few short runs, with faults of each family. make chaos does the long ones.
func TestRunsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	runs := []chaos.Config{
		{Seed: 1, Strategy: "inline", Faults: []string{"kill", "terminate", "lost-reply", "deadlock", "read-only"}},
		{Seed: 2, Strategy: "sp", Faults: []string{"stop-immediate", "cut", "statement-timeout", "disk-full", "pool-empty"}},
		{Seed: 3, Strategy: "pipeline", Faults: []string{"stop-fast", "half-open", "repeatable-read", "paused-dispatcher", "lost-reply"}},
	}
	for _, c := range runs {
		t.Run(c.Strategy, func(t *testing.T) {
			t.Parallel()
			c.Duration, c.Log = 4*time.Second, func(line string) { t.Log(line) }
			r, err := chaos.Run(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range r.Violations {
				t.Errorf("seed %d: %s", c.Seed, v)
			}
			if r.Instances == 0 || len(r.Faults) == 0 {
				t.Errorf("%d instances and %d kinds of fault: nothing was tried", r.Instances, len(r.Faults))
			}
			t.Logf("%+v", *r)
		})
	}
}

func TestRunRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, c := range []chaos.Config{
		{Strategy: "sp", Duration: time.Second, Faults: []string{"flood"}},
		{Strategy: "sp"},
		{Strategy: "none", Duration: time.Second},
	} {
		if _, err := chaos.Run(context.Background(), c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
