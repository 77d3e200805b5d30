package chaos_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"pgbench-provider/internal/chaos"
)

// TestMain is the other process where it is called as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "dispatch" {
		if err := chaos.Dispatch(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A short run with all faults. make chaos does the long ones.
func TestRunKeepsItsPromises(t *testing.T) {
	t.Parallel()
	c := chaos.Config{Seed: 1, Strategy: "sp-eager", Duration: 4 * time.Second, Dispatcher: []string{os.Args[0], "dispatch"}, Log: func(line string) { t.Log(line) }}
	r, err := chaos.Run(t.Context(), c)
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
}

func TestRunRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, c := range []chaos.Config{
		{Strategy: "sp", Duration: time.Second, Faults: []string{"flood"}},
		{Strategy: "sp"},
		{Strategy: "none", Duration: time.Second},
		{Strategy: "sp", Duration: time.Second}, // without a command
	} {
		if _, err := chaos.Run(context.Background(), c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
