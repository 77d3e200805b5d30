package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgbench-provider/internal/runtime"
	"pgbench-provider/provider"
)

func TestParallelChildrenDoNotDeadlock(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		const parents, children = 20, 5
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
			c.IdleSleep, c.AwaitPoll = time.Hour, time.Hour // whatever nobody is woken for hangs
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
		if err != nil || m.Instances != parents*(children+1) || m.Completed != m.Instances {
			t.Errorf("%+v, %v; want %d completed instances", m, err, parents*(children+1))
		}
		if s := b.Stats(); s.Activities != parents*children || s.LocksLost != 0 || s.Retries != 0 {
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

func TestUnstorableTextFailsCleanly(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		var reported atomic.Int64
		r := runtime.NewRegistry()
		r.Activity("NUL", func(context.Context, string) (string, error) { return "a\x00b", nil })
		r.Orchestration("Caller", func(c *runtime.Context, _ string) (string, error) { return c.Activity("NUL", "").Await() })
		r.Orchestration("Output", func(*runtime.Context, string) (string, error) { return "a\x00b", nil })
		b := run(t, p, r, func(c *runtime.Config) { c.OnError = func(error) { reported.Add(1) } })
		for _, name := range []string{"Caller", "Output"} {
			b.start(name, name, "")
			result := b.await(name)
			if result.Status != provider.StatusFailed || result.Details.Infrastructure == nil || !strings.Contains(result.Output, "NUL character") {
				t.Errorf("%s ends %+v", name, result)
			}
		}
		if s := b.Stats(); s.Errors != reported.Load() || s.Errors != 1 {
			t.Errorf("%d errors were counted and %d reported, want 1", s.Errors, reported.Load())
		}
		b.settles()
	})
}

func TestPoisonEndsWhatNeverEnds(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		r := runtime.NewRegistry()
		activities(r)
		r.Orchestration("O", func(c *runtime.Context, input string) (string, error) { return c.Activity("Append", input).Await() })
		giveBack := func(n int) {
			for range n {
				w, err := p.FetchWorkItem(t.Context(), time.Minute)
				if err == nil {
					err = p.AbandonWorkItem(t.Context(), w.LockToken, provider.Abandon{})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		turns := run(t, p, r, func(c *runtime.Config) { c.WorkerDispatchers, c.MaxAttempts = -1, 2 })
		turns.start("i", "O", "in")
		turns.until("activity scheduled", func() bool { return len(turns.history("i")) == 2 })
		giveBack(2)
		run(t, p, r, func(c *runtime.Config) { c.OrchestrationDispatchers, c.MaxAttempts = -1, 2 })
		if d := turns.await("i").Details; d.Poison == nil || d.Poison.MessageType != "Activity" || d.Poison.AttemptCount != 3 {
			t.Errorf("ended with %+v", d)
		}
	})
}

func TestAwaitWhatAnotherProcessRuns(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		r := runtime.NewRegistry()
		activities(r)
		r.Orchestration("Good", func(c *runtime.Context, input string) (string, error) { return c.Activity("Append", input).Await() })
		r.Orchestration("Bad", func(c *runtime.Context, _ string) (string, error) { return c.Activity("Nobody", "").Await() })
		run(t, p, r)
		b := run(t, p, runtime.NewRegistry(), func(c *runtime.Config) { c.OrchestrationDispatchers, c.WorkerDispatchers = -1, -1 })
		b.does("Good", "in", "inx")
		b.start("Bad", "Bad", "")
		if r := b.await("Bad"); r.Details.Configuration == nil || r.Details.Configuration.Kind != "UnregisteredActivity" {
			t.Errorf("ended with %+v", r)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := b.Await(ctx, "never started"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("awaiting nothing gives %v", err)
		}
	})
}

func TestEventsSurviveContinueAsNew(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		r := runtime.NewRegistry()
		r.Orchestration("Collect", func(c *runtime.Context, input string) (string, error) {
			data, err := c.WaitEvent("E").Await()
			if input += data; err != nil || len(input) == 5 {
				return input, err
			}
			return c.ContinueAsNew(input)
		})
		b := run(t, p, r)
		b.start("i", "Collect", "")
		for _, data := range []string{"1", "2", "3", "4", "5"} {
			b.raise("i", "E", data)
		}
		b.completes("i", "12345")
	})
}

func TestStopLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		r := runtime.NewRegistry()
		activities(r)
		r.Orchestration("O", func(c *runtime.Context, _ string) (string, error) { return c.Activity("Slow", "1h").Await() })
		ctx, cancel := context.WithCancel(t.Context())
		rt, err := runtime.New(runtime.Config{Provider: p, Registry: r, OnError: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := rt.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := rt.Start(ctx); !errors.Is(err, provider.ErrInvalid) {
			t.Errorf("a second start gives %v", err)
		}
		b := &bench{t, rt, rt.Client(), p}
		for i := range 5 {
			b.start(fmt.Sprint(i), "O", "")
		}
		b.until("activities begin", func() bool { d, err := p.GetQueueDepths(t.Context()); return err == nil && d.Worker == 3 })
		cancel() // as good as a stop
		if err := rt.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		d, err := p.GetQueueDepths(t.Context())
		if err != nil || d != (provider.QueueDepths{Worker: 5}) {
			t.Errorf("%+v, %v: every activity should be free", d, err)
		}
		if s := rt.Stats(); s.Abandoned != 2 || s.LocksLost != 0 {
			t.Errorf("%+v, want 2 abandoned", s)
		}
	})
}

// counted is an observer that says which operations there were, and fails a test that uses it from two goroutines at once.
type counted struct {
	busy atomic.Bool
	mu   *sync.Mutex
	n    map[string]int
}

func (c *counted) Observe(o *provider.Observation) {
	if !c.busy.CompareAndSwap(false, true) {
		panic("an observer is told of two operations at once")
	}
	defer c.busy.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[o.Operation+" "+string(o.Outcome)]++
}

// TestOperationsOfHelloWorld pins what an orchestration costs: no operation more than the protocol needs, and no query for
// the wait. How often an idle dispatcher looks around is left out: it depends on the time.
func TestOperationsOfHelloWorld(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		r := runtime.NewRegistry()
		activities(r)
		r.Orchestration("HelloWorld", func(c *runtime.Context, input string) (string, error) {
			if _, err := c.Activity("Hello", "Rust").Await(); err != nil {
				return "", err
			}
			return c.Activity("Hello", input).Await()
		})
		var mu sync.Mutex
		n := map[string]int{}
		b := run(t, p, r, func(c *runtime.Config) {
			c.IdleSleep, c.AwaitPoll = time.Hour, time.Hour // whatever is not woken hangs
			c.Observer = func() provider.Observer { return &counted{mu: &mu, n: n} }
		})
		const runs = 10
		for i := range runs {
			id := fmt.Sprint(i)
			b.start(id, "HelloWorld", "World")
			b.completes(id, "Hello, World!")
		}
		if err := b.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		t.Logf("%d orchestrations: %v", runs, n)
		for op, want := range map[string]int{"enqueue_orchestrator_item ok": 1, "fetch_orchestration_item loaded": 3,
			"ack_orchestration_item ok": 3, "fetch_work_item loaded": 2, "ack_work_item ok": 2, "read_status ok": 0} {
			if n[op] != want*runs {
				t.Errorf("%s: %d in %d orchestrations, want %d in each", op, n[op], runs, want)
			}
		}
		// At most one for each that woke up or found something, and the first of each dispatcher.
		if empty := n["fetch_orchestration_item empty"]; empty > 6*runs+2 {
			t.Errorf("%d empty fetches of turns", empty)
		}
		if empty := n["fetch_work_item empty"]; empty > 4*runs+2 {
			t.Errorf("%d empty fetches of work", empty)
		}
	})
}
