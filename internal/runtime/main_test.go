package runtime_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/runtime"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// everyStrategy runs a test body once for each strategy, in a fresh schema.
func everyStrategy(t *testing.T, body func(t *testing.T, p *provider.Provider)) {
	t.Helper()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			body(t, open(t, s))
		})
	}
}

func open(t *testing.T, s provider.Strategy) *provider.Provider {
	t.Helper()
	return openIn(t, s, pgtest.NewSchema(t))
}

func openIn(t *testing.T, s provider.Strategy, conn *pgx.ConnConfig) *provider.Provider {
	t.Helper()
	config, err := pgxpool.ParseConfig("host=127.0.0.1") // only to be modified
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig, config.MaxConns = conn, 8
	admin, err := pgx.ConnectConfig(t.Context(), conn)
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
	return p
}

// A bench is a runtime under test with a client.
type bench struct {
	t *testing.T
	*runtime.Runtime
	*runtime.Client
	p *provider.Provider
}

// run starts a runtime that is stopped at the end of the test; an error it reports fails the test.
func run(t *testing.T, p *provider.Provider, r *runtime.Registry, change ...func(*runtime.Config)) *bench {
	t.Helper()
	var quiet atomic.Bool
	config := runtime.Config{Provider: p, Registry: r, OnError: func(err error) {
		if !quiet.Load() {
			t.Errorf("the runtime reports: %v", err)
		}
	}}
	for _, c := range change {
		c(&config)
	}
	rt, err := runtime.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		quiet.Store(t.Failed())
		if err := rt.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return &bench{t, rt, rt.Client(), p}
}

const patience = 60 * time.Second

func (b *bench) start(instance, name, input string) {
	b.t.Helper()
	if err := b.Client.Start(b.t.Context(), instance, name, input); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) await(instance string) runtime.Result {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	r, err := b.Await(ctx, instance)
	if err != nil {
		h, _ := b.p.ReadHistory(b.t.Context(), instance)
		b.t.Fatalf("await %s: %v\nhistory: %+v", instance, err, h)
	}
	if r.FinishedAt.IsZero() {
		b.t.Errorf("%s ended at no time", instance)
	}
	return r
}

func (b *bench) completes(instance, want string) {
	b.t.Helper()
	if r := b.await(instance); r.Status != provider.StatusCompleted || r.Output != want {
		b.t.Fatalf("%s ended %s with %q, want Completed with %q", instance, r.Status, r.Output, want)
	}
}

func (b *bench) fails(instance, want string) runtime.Result {
	b.t.Helper()
	r := b.await(instance)
	if r.Status != provider.StatusFailed || r.Output != want || r.Details.Error() != want {
		b.t.Fatalf("%s ended %s with %q (%+v), want Failed with %q", instance, r.Status, r.Output, r.Details, want)
	}
	return r
}

// does starts an instance of its orchestration's name and wants its output.
func (b *bench) does(name, input, want string) {
	b.t.Helper()
	b.start(name, name, input)
	b.completes(name, want)
}

func (b *bench) raise(instance, event, data string) {
	b.t.Helper()
	if err := b.Raise(b.t.Context(), instance, event, data); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for a condition on the database.
func (b *bench) until(what string, condition func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// subscribed waits until the instance waits for an event of that name.
func (b *bench) subscribed(instance, event string) {
	b.t.Helper()
	b.until("subscription to "+event, func() bool {
		return has(b.history(instance), func(e provider.ExternalSubscribed) bool { return e.Name == event })
	})
}

func (b *bench) history(instance string) []provider.Event {
	b.t.Helper()
	h, err := b.p.ReadHistory(b.t.Context(), instance)
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

func (b *bench) executions(instance string) []int64 {
	b.t.Helper()
	ids, err := b.p.ListExecutions(b.t.Context(), instance)
	if err != nil {
		b.t.Fatal(err)
	}
	return ids
}

// settles wants nothing left in either queue.
func (b *bench) settles() {
	b.t.Helper()
	b.until("empty queues", func() bool {
		d, err := b.p.GetQueueDepths(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		return d == provider.QueueDepths{}
	})
}

func has[T provider.Event](history []provider.Event, is func(T) bool) bool {
	for _, e := range history {
		if e, ok := e.(T); ok && is(e) {
			return true
		}
	}
	return false
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
