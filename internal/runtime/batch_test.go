package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/provider"
)

// TestABatchIsSharedOut has fewer workers than activities: one fetch serves all who sleep, and what is left over is not
// fetched again.
func TestABatchIsSharedOut(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"inline", "cte", "pipeline", "sp", "sp-eager"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			r, seen := quiet(t, strategy, 3, hello, func(c *Config) { c.WorkBatch = 8 })
			for _, instance := range []string{"a", "b", "c"} {
				until, _ := ends(t, r, seen, instance, "FanOut")
				t.Logf("%d calls until the end: %v", len(until), until)
				loaded := 0
				for _, name := range until {
					switch {
					case strings.HasPrefix(name, "fetch_work_item "):
						t.Errorf("a fetch of one item: %v", until)
					case name == "fetch_work_items loaded":
						loaded++
					}
				}
				if want := 1; strategy != "sp-eager" && loaded != want {
					t.Errorf("%d fetches of work, want %d: %v", loaded, want, until)
				}
			}
			if got := r.Stats(); got.Activities != 15 || got.LocksLost+got.Abandoned+got.Errors != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestALongActivityGivesTheRestBack has one worker, whose first activity takes until another process has run the others.
func TestALongActivityGivesTheRestBack(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"inline", "sp", "sp-eager"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			begun, end := make(chan struct{}), make(chan struct{})
			r, _ := quiet(t, strategy, 1, func(r *Registry) {
				helloBy(r, func(context.Context, string) (string, error) {
					begun <- struct{}{}
					<-end
					return "", nil
				})
			}, func(c *Config) { c.WorkBatch, c.WorkLockTimeout = 8, 2*time.Second })
			r.settled()
			if err := r.Client().Start(t.Context(), "a", "FanOut", "World"); err != nil {
				t.Fatal(err)
			}
			<-begun
			var ids []int64
			for deadline := time.Now().Add(time.Minute); len(ids) < 4 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				work, err := r.Provider.FetchWorkItem(t.Context(), time.Hour)
				switch {
				case errors.Is(err, provider.ErrNoWork):
				case err != nil:
					t.Fatal(err)
				default:
					ids = append(ids, work.Item.(provider.ActivityExecute).ID)
				}
			}
			if slices.Sort(ids); len(slices.Compact(ids)) != 4 {
				t.Errorf("others could fetch %v", ids)
			}
			if got := r.Stats(); got.Abandoned+got.LocksLost < 4 && strategy != "sp-eager" { // there one was handed over, and none fetched
				t.Errorf("%+v", got)
			}
			close(end)
		})
	}
}

// TestStopGivesTheBatchBack stops a runtime in the first of five activities: the others are fetchable at once, as if nobody
// had tried them.
func TestStopGivesTheBatchBack(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"inline", "sp", "sp-eager"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			begun := make(chan struct{}, 5)
			r, _ := quiet(t, strategy, 1, func(r *Registry) {
				helloBy(r, func(ctx context.Context, _ string) (string, error) {
					begun <- struct{}{}
					<-ctx.Done()
					return "", ctx.Err()
				})
			}, func(c *Config) { c.WorkBatch = 8 })
			r.settled()
			if err := r.Client().Start(t.Context(), "a", "FanOut", "World"); err != nil {
				t.Fatal(err)
			}
			<-begun
			if err := r.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			works, err := r.Provider.FetchWorkItems(t.Context(), time.Minute, 9)
			if err != nil {
				t.Fatal(err)
			}
			attempts := ""
			for _, w := range works {
				attempts += fmt.Sprint(w.AttemptCount, " ")
			}
			if attempts != "1 1 1 1 1 " {
				t.Errorf("attempts: %s", attempts)
			}
		})
	}
}
