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

// A turn that begins an instance may have been given back for a while. An event that comes meanwhile is visible before it, and
// is not lost.
func TestEventsAwaitTheStart(t *testing.T) {
	t.Parallel()
	everyStrategy(t, func(t *testing.T, p *provider.Provider) {
		ctx := t.Context()
		if err := p.EnqueueOrchestratorItem(ctx, provider.StartOrchestration{Instance: "late", Orchestration: "Waits", ExecutionID: 1}, 0); err != nil {
			t.Fatal(err)
		}
		turn, err := p.FetchOrchestrationItem(ctx, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.AbandonOrchestrationItem(ctx, turn.LockToken, provider.Abandon{Delay: 400 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		r := runtime.NewRegistry()
		r.Orchestration("Waits", func(c *runtime.Context, _ string) (string, error) { return c.WaitEvent("E").Await() })
		b := run(t, p, r)
		b.raise("late", "E", "raised")
		b.completes("late", "raised")
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
		b.until("activities begin", func() bool {
			d, err := p.GetQueueDepths(t.Context())
			return err == nil && d.Worker == 3 && rt.Stats().Turns == 5
		})
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
			name, outcome, _ := strings.Cut(op, " ")
			switch did := n[op] + n[name+"_and_fetch "+outcome]; {
			case outcome == "loaded" && p.Eager() && did <= want*runs: // the rest was handed over
			case did != want*runs:
				t.Errorf("%s: %d in %d orchestrations, want %d in each", op, did, runs, want)
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
