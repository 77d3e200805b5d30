package runtime_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/netdelay"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/runtime"
	"pgbench-provider/internal/wake"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// processes makes runtimes that share nothing but a schema, as processes would.
type processes struct {
	t        testing.TB
	strategy provider.Strategy
	config   *pgx.ConnConfig
}

func together(t testing.TB, s provider.Strategy, rtt time.Duration) *processes {
	t.Helper()
	config := pgtest.NewSchema(t)
	admin, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	if err := migrations.Apply(t.Context(), admin, s); err != nil {
		t.Fatal(err)
	}
	config.DialFunc = netdelay.Dialer(config.DialFunc, netdelay.Options{RTT: rtt})
	return &processes{t, s, config}
}

// process starts one with so many dispatchers and workers; it listens before this returns. Whatever is not woken hangs.
func (s *processes) process(r *runtime.Registry, turns, works int, change ...func(*runtime.Config)) *runtime.Runtime {
	s.t.Helper()
	config, err := pgxpool.ParseConfig("host=127.0.0.1") // only to be modified
	if err != nil {
		s.t.Fatal(err)
	}
	config.ConnConfig, config.MaxConns = s.config.Copy(), 4
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(pool.Close)
	p, err := provider.New(provider.Config{Pool: pool, Strategy: s.strategy})
	if err != nil {
		s.t.Fatal(err)
	}
	c := runtime.Config{Provider: p, Registry: r, OrchestrationDispatchers: turns, WorkerDispatchers: works,
		IdleSleep: time.Hour, AwaitPoll: time.Millisecond,
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, s.config) },
		Channel: wake.Channel(s.config.RuntimeParams["search_path"]),
		OnError: func(err error) { s.t.Errorf("the runtime reports: %v", err) }}
	for _, f := range change {
		f(&c)
	}
	rt, err := runtime.New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := rt.Start(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = rt.Stop(context.Background()) })
	for end := time.Now().Add(patience); rt.Stats().Wake.Connected == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("it does not listen")
		}
	}
	return rt
}

func greetings() *runtime.Registry {
	r := runtime.NewRegistry()
	r.Activity("Hello", func(_ context.Context, name string) (string, error) { return "Hello, " + name + "!", nil })
	r.Orchestration("Greet", func(c *runtime.Context, input string) (string, error) {
		if _, err := c.Timer(20 * time.Millisecond).Await(); err != nil {
			return "", err
		}
		return c.Activity("Hello", input).Await()
	})
	return r
}

// One process has only clients, one only turns and one only activities: each step is another's, and nobody polls.
func TestProcessesWakeEachOther(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			group := together(t, s, 0)
			group.process(greetings(), 2, -1)
			group.process(greetings(), -1, 2)
			client := group.process(greetings(), -1, -1).Client()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			for i := range 12 {
				id := fmt.Sprint(i)
				if i%4 == 3 { // longer than anybody is believed to be hungry without saying so
					time.Sleep(700 * time.Millisecond)
				}
				if err := client.Start(ctx, id, "Greet", "World"); err != nil {
					t.Fatal(err)
				}
				if i%3 == 0 {
					continue // several at once
				}
				if r, err := client.Await(ctx, id); err != nil || r.Output != "Hello, World!" {
					t.Fatalf("%s ended with %+v: %v", id, r, err)
				}
			}
			for i := range 12 {
				if r, err := client.Await(ctx, fmt.Sprint(i)); err != nil || r.Output != "Hello, World!" {
					t.Fatalf("%d ended with %+v: %v", i, r, err)
				}
			}
		})
	}
}

// What a process left locked is found by another when the lock expires, whoever was to wake it.
func TestAbandonedLocksAreFound(t *testing.T) {
	t.Parallel()
	group := together(t, strategies.All()[0], 0)
	gone := group.process(greetings(), -1, -1)
	if err := gone.Client().Start(t.Context(), "left", "Greet", "World"); err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Provider.FetchOrchestrationItem(t.Context(), 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	finder := group.process(greetings(), 1, 1, func(c *runtime.Config) { c.IdleSleep = 10 * time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if r, err := finder.Client().Await(ctx, "left"); err != nil || r.Output != "Hello, World!" {
		t.Fatalf("ended with %+v: %v", r, err)
	}
}

// An idle process sends less than a statement a second.
func TestIdleProcessesAreQuiet(t *testing.T) {
	t.Parallel()
	group := together(t, strategies.All()[0], 0)
	var all []*runtime.Runtime
	for range 2 {
		all = append(all, group.process(greetings(), 4, 4, func(c *runtime.Config) { c.IdleSleep = 0 }))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := all[0].Client().Start(ctx, "one", "Greet", "World"); err != nil {
		t.Fatal(err)
	}
	if _, err := all[0].Client().Await(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	sent := func(r *runtime.Runtime) int64 { return r.Stats().Polls + r.Stats().Wake.Statements }
	time.Sleep(8 * time.Second) // polls grow rarer
	before := []int64{sent(all[0]), sent(all[1])}
	const seconds = 8
	time.Sleep(seconds * time.Second)
	for i, r := range all {
		if n := sent(r) - before[i]; n >= seconds {
			t.Errorf("%d statements in %d s: %+v", n, seconds, r.Stats())
		}
	}
}

// fetches notes when a turn was fetched, and when there was none.
type fetches struct {
	loaded chan time.Time
	empty  chan struct{}
}

func (f fetches) Observe(o *provider.Observation) {
	switch {
	case o.Operation != "fetch_orchestration_item":
	case o.Outcome == provider.OutcomeLoaded:
		f.loaded <- o.Start
	default:
		f.empty <- struct{}{}
	}
}

// BenchmarkWakeUp is the time from the end of an enqueue in one process to the beginning of the fetch in another that sleeps.
func BenchmarkWakeUp(b *testing.B) {
	for _, rtt := range []time.Duration{0, 25 * time.Millisecond} {
		b.Run(fmt.Sprintf("rtt=%v", rtt), func(b *testing.B) {
			group, seen := together(b, strategies.All()[0], rtt), fetches{make(chan time.Time, 100), make(chan struct{}, 100)}
			r := runtime.NewRegistry()
			r.Orchestration("Nothing", func(*runtime.Context, string) (string, error) { return "", nil })
			group.process(r, 1, -1, func(c *runtime.Config) { c.Observer = func() provider.Observer { return seen } })
			client := group.process(r, -1, -1).Client()
			var took []time.Duration
			for i := range b.N {
				<-seen.empty
				time.Sleep(50*time.Millisecond + 2*rtt) // it has told the other that it sleeps
				if err := client.Start(b.Context(), fmt.Sprint(i), "Nothing", ""); err != nil {
					b.Fatal(err)
				}
				enqueued := time.Now()
				took = append(took, (<-seen.loaded).Sub(enqueued))
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "p99-ms")
		})
	}
}
