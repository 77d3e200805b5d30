package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgbench-provider/internal/runtime"
	"pgbench-provider/provider"
)

// Many children that end at once leave several messages on one instance, which is what deadlocked the reference. Once with
// dispatchers that nobody but a wake-up brings back, once with dispatchers that poll as fast as they can.
func TestParallelChildrenDoNotDeadlock(t *testing.T) {
	t.Parallel()
	for _, shape := range []struct {
		parents, children int
		idle              time.Duration
	}{{20, 5, time.Hour}, {30, 4, time.Millisecond}} {
		t.Run(fmt.Sprintf("%dx%d", shape.parents, shape.children), func(t *testing.T) {
			t.Parallel()
			parallelChildren(t, shape.parents, shape.children, shape.idle)
		})
	}
}

func parallelChildren(t *testing.T, parents, children int, idle time.Duration) {
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		r := runtime.NewRegistry()
		activities(r)
		r.Orchestration("Child", func(c *runtime.Context, input string) (string, error) { return c.Activity("Append", input).Await() })
		r.Orchestration("Parent", func(c *runtime.Context, input string) (string, error) {
			futures := make([]runtime.Future, children)
			for i := range futures {
				futures[i] = c.SubOrchestration("Child", input)
			}
			results, err := c.Join(futures...)
			return strings.Join(results, ","), err
		})
		b := run(t, p, r, func(c *runtime.Config) {
			c.OrchestrationDispatchers, c.WorkerDispatchers = 8, 8
			c.IdleSleep, c.AwaitPoll = idle, time.Hour // with an idle hour, whatever nobody is woken for hangs
		})
		id := func(i int) string { return fmt.Sprintf("p%d", i) }
		for i := range parents {
			b.start(id(i), "Parent", id(i))
		}
		for i := range parents {
			b.completes(id(i), strings.TrimSuffix(strings.Repeat(id(i)+"x,", children), ","))
		}
		b.settles()
		m, err := p.GetSystemMetrics(t.Context())
		if err != nil || m.Instances != int64(parents*(children+1)) || m.Completed != m.Instances {
			t.Errorf("%+v, %v; want %d completed instances", m, err, parents*(children+1))
		}
		if s := b.Stats(); s.Activities != int64(parents*children) || s.LocksLost != 0 || s.Retries != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestRestartContinues(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		release := make(chan struct{})
		var runs atomic.Int64
		registry := func() *runtime.Registry {
			r := runtime.NewRegistry()
			activities(r)
			r.Activity("Gate", func(ctx context.Context, s string) (string, error) {
				runs.Add(1)
				select {
				case <-release:
					return s, nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			})
			r.Orchestration("Long", func(c *runtime.Context, input string) (string, error) {
				a, err := c.Activity("Append", input).Await()
				if err != nil {
					return "", err
				}
				if a, err = c.Activity("Gate", a).Await(); err != nil {
					return "", err
				}
				b, err := c.WaitEvent("Go").Await()
				return a + b, err
			})
			return r
		}
		first := run(t, p, registry())
		first.start("long", "Long", "in")
		first.until("activity begins", func() bool { return runs.Load() == 1 })
		if err := first.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		// What the stop interrupted was given back, so the other need not wait for a lock to expire.
		second := run(t, p, registry())
		second.until("activity begins again", func() bool { return runs.Load() == 2 })
		close(release)
		second.subscribed("long", "Go")
		if err := second.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		third := run(t, p, registry())
		third.raise("long", "Go", "!")
		third.completes("long", "inx!")
		if r := third.await("long"); r.Output != "inx!" {
			t.Errorf("awaited again, the output is %q", r.Output)
		}
	})
}

func TestCrashedDispatchersWorkIsTakenOver(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		const lock = 150 * time.Millisecond
		r := runtime.NewRegistry()
		activities(r)
		r.Orchestration("O", func(c *runtime.Context, input string) (string, error) { return c.Activity("Append", input).Await() })
		start := provider.StartOrchestration{Instance: "i", Orchestration: "O", Input: "in", ExecutionID: 1}
		if err := p.EnqueueOrchestratorItem(t.Context(), start, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := p.FetchOrchestrationItem(t.Context(), lock); err != nil {
			t.Fatal(err)
		}
		turns := run(t, p, r, func(c *runtime.Config) { c.WorkerDispatchers = -1 })
		turns.until("the turn is run by another", func() bool { return len(turns.history("i")) == 2 })
		work, err := p.FetchWorkItem(t.Context(), lock)
		if err != nil {
			t.Fatal(err)
		}
		works := run(t, p, r, func(c *runtime.Config) { c.OrchestrationDispatchers = -1 })
		turns.completes("i", "inx")
		if s := works.Stats(); s.Activities != 1 {
			t.Errorf("%+v, want 1 activity", s)
		}
		late := provider.ActivityCompleted{Instance: "i", ExecutionID: 1, ID: 2, Result: "late"}
		if err := p.AckWorkItem(t.Context(), work.LockToken, late); !errors.Is(err, provider.ErrLockLost) {
			t.Errorf("the dead worker's ack gives %v, want ErrLockLost", err)
		}
	})
}

func TestLongActivityKeepsItsLock(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		var runs atomic.Int64
		r := runtime.NewRegistry()
		r.Activity("Long", func(ctx context.Context, s string) (string, error) {
			runs.Add(1)
			return s, pause(ctx, 3*time.Second)
		})
		r.Orchestration("O", func(c *runtime.Context, input string) (string, error) { return c.Activity("Long", input).Await() })
		b := run(t, p, r, func(c *runtime.Config) { c.WorkLockTimeout = 2 * time.Second })
		b.does("O", "in", "in")
		if n := runs.Load(); n != 1 {
			t.Errorf("the activity ran %d times", n)
		}
	})
}

func TestCancelledActivityIsTold(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		began, told := make(chan struct{}), make(chan error, 1)
		r := runtime.NewRegistry()
		r.Activity("Endless", func(ctx context.Context, _ string) (string, error) {
			close(began)
			<-ctx.Done()
			told <- context.Cause(ctx)
			return "dropped", nil
		})
		r.Orchestration("O", func(c *runtime.Context, _ string) (string, error) {
			results, err := c.Join(c.Activity("Endless", ""), c.WaitEvent("Never"))
			return strings.Join(results, ""), err
		})
		b := run(t, p, r, func(c *runtime.Config) { c.WorkLockTimeout = 2 * time.Second })
		b.start("i", "O", "")
		<-began
		if err := b.Cancel(t.Context(), "i", "enough"); err != nil {
			t.Fatal(err)
		}
		b.cancelled("i", "enough")
		if err := <-told; !errors.Is(err, provider.ErrLockLost) {
			t.Errorf("the activity ends with %v, want ErrLockLost", err)
		}
		b.settles()
	})
}
