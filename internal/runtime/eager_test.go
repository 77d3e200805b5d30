package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// calls keeps the names of operations in the order of their ends.
type calls struct {
	mu    sync.Mutex
	names []string
}

func (c *calls) Observe(o *provider.Observation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names = append(c.names, o.Operation+" "+string(o.Outcome))
}

func (c *calls) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := c.names
	c.names = nil
	return names
}

// quiet starts a runtime that only moves when it is woken, and waits until all its dispatchers sleep.
func quiet(t *testing.T, strategy string, workers int, register func(*Registry), change ...func(*Config)) (*Runtime, *calls) {
	t.Helper()
	s, err := strategies.Lookup(strategy)
	if err != nil {
		t.Fatal(err)
	}
	return quietOn(t, s, workers, register, change...)
}

func quietOn(t *testing.T, s provider.Strategy, workers int, register func(*Registry), change ...func(*Config)) (*Runtime, *calls) {
	t.Helper()
	config, err := pgxpool.ParseConfig("host=127.0.0.1") // only to be modified
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig, config.MaxConns = pgtest.NewSchema(t), 8
	admin, err := pgx.ConnectConfig(t.Context(), config.ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	if err := migrations.Apply(t.Context(), admin, s); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	p, err := provider.New(provider.Config{Pool: pool, Strategy: s})
	if err != nil {
		t.Fatal(err)
	}
	seen, registry := new(calls), NewRegistry()
	register(registry)
	c := Config{Provider: p, Registry: registry, IdleSleep: time.Hour, AwaitPoll: time.Hour, WorkerDispatchers: workers,
		Observer: func() provider.Observer { return seen }, OnError: func(err error) { t.Errorf("the runtime reports: %v", err) }}
	for _, f := range change {
		f(&c)
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop(context.Background()) })
	return r, seen
}

// settled waits until everybody sleeps.
func (r *Runtime) settled() {
	for _, g := range []*gate{r.turns, r.works} {
		want := r.OrchestrationDispatchers
		if g == r.works {
			want = r.WorkerDispatchers
		}
		for asleep := 0; asleep != want; {
			g.mu.Lock()
			asleep = len(g.idle)
			g.mu.Unlock()
			time.Sleep(time.Millisecond)
		}
	}
}

func hello(r *Registry) {
	helloBy(r, func(_ context.Context, name string) (string, error) { return "Hello, " + name + "!", nil })
}

func helloBy(r *Registry, activity ActivityFunc) {
	r.Activity("Hello", activity)
	r.Orchestration("HelloWorld", func(c *Context, input string) (string, error) { return c.Activity("Hello", input).Await() })
	r.Orchestration("FanOut", func(c *Context, input string) (string, error) {
		var all []Future
		for range 5 {
			all = append(all, c.Activity("Hello", input))
		}
		results, err := c.Join(all...)
		return strings.Join(results, ","), err
	})
}

// ends starts an instance on a runtime at rest and gives the operations that ended until it had ended, and those after.
func ends(t *testing.T, r *Runtime, seen *calls, instance, orchestration string) (until, after []string) {
	t.Helper()
	r.settled()
	seen.take()
	c := r.Client()
	if err := c.Start(t.Context(), instance, orchestration, "World"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // nobody polls: whatever is not woken would hang
	defer cancel()
	if _, err := c.Await(ctx, instance); err != nil {
		t.Fatal(err)
	}
	until = seen.take()
	r.settled()
	return until, seen.take()
}

// TestHelloWorldTakesFourCalls is what handing over is for: on an idle system every call is on the critical path, and
// none brings nothing.
func TestHelloWorldTakesFourCalls(t *testing.T) {
	t.Parallel()
	for strategy, want := range map[string]int{"sp-eager": 4, "sp": 7} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			r, seen := quiet(t, strategy, 2, hello)
			for _, instance := range []string{"a", "b", "c"} {
				until, after := ends(t, r, seen, instance, "HelloWorld")
				t.Logf("%d until the end: %v, then %v", len(until), until, after)
				loaded := 0
				for _, name := range until {
					if name != "fetch_orchestration_item empty" && name != "fetch_work_item empty" {
						loaded++
					}
				}
				if loaded != want {
					t.Errorf("%d calls, want %d: %v", loaded, want, until)
				}
				if strategy == "sp-eager" && len(until)+len(after) != want {
					t.Errorf("beside them %v and %v", until, after)
				}
			}
		})
	}
}

// TestFanOutIsHandedOverAtOnce has a worker for each activity: nobody fetches one, and the turns that end the instance
// are found with few fetches.
func TestFanOutIsHandedOverAtOnce(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"sp-eager", "sp"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			r, seen := quiet(t, strategy, 5, hello)
			for i := range 20 { // completions meet the turn's ack in every order
				until, _ := ends(t, r, seen, fmt.Sprint(i), "FanOut")
				t.Logf("%d calls until the end: %v", len(until), until)
				fetches := 0
				for _, name := range until {
					if strings.HasPrefix(name, "fetch_work_item") {
						fetches++
					}
				}
				if strategy == "sp-eager" && fetches > 0 {
					t.Errorf("%d fetches of work", fetches)
				}
			}
		})
	}
}

// TestStopGivesBackWhatWasHandedOver stops a runtime while clients start instances, which may be handed to a dispatcher
// that has gone: all of them are there afterwards, unlocked and never tried.
func TestStopGivesBackWhatWasHandedOver(t *testing.T) {
	t.Parallel()
	r, _ := quiet(t, "sp-eager", 2, hello)
	r.settled()
	c := r.Client()
	var started atomic.Int64
	var clients sync.WaitGroup
	for n := range 4 {
		clients.Go(func() {
			for i := range 25 {
				if err := c.Start(t.Context(), fmt.Sprintf("%d-%d", n, i), "HelloWorld", "World"); err != nil {
					t.Error(err)
				}
				started.Add(1)
			}
		})
	}
	for started.Load() < 20 {
		time.Sleep(time.Millisecond)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	clients.Wait()
	waiting := 0
	for {
		item, err := r.Provider.FetchOrchestrationItem(t.Context(), time.Minute)
		if errors.Is(err, provider.ErrNoWork) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		waiting++
		if item.AttemptCount != 1 {
			t.Errorf("%s was tried %d times", item.Instance, item.AttemptCount)
		}
	}
	for {
		work, err := r.Provider.FetchWorkItem(t.Context(), time.Minute)
		if errors.Is(err, provider.ErrNoWork) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		waiting++
		if work.AttemptCount != 1 {
			t.Errorf("%v was tried %d times", work.Item, work.AttemptCount)
		}
	}
	ended, err := r.Provider.ListInstancesByStatus(t.Context(), provider.StatusCompleted)
	if err != nil {
		t.Fatal(err)
	}
	if waiting+len(ended) != 100 {
		t.Errorf("%d wait and %d ended of 100: %+v", waiting, len(ended), r.Stats())
	}
}
