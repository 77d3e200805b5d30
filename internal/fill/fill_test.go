package fill_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/fill"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t *testing.T, s provider.Strategy) (*provider.Provider, *pgxpool.Conn) {
	t.Helper()
	config, err := pgxpool.ParseConfig("host=127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig = pgtest.NewSchema(t)
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	if err := migrations.Apply(t.Context(), conn.Conn(), s); err != nil {
		t.Fatal(err)
	}
	p, err := provider.New(provider.Config{Pool: pool, Strategy: s})
	if err != nil {
		t.Fatal(err)
	}
	return p, conn
}

// What is copied behaves as what was made by the provider: it is fetched in order, with its own messages and history, and
// what is made later does not collide with it.
func TestCopiesAreInstances(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			const n = 7
			ctx := context.Background()
			p, conn := open(t, s)
			last := fill.ID("x", n-1)
			must(t, p.EnqueueOrchestratorItem(ctx, provider.StartOrchestration{Instance: last, Orchestration: "O", ExecutionID: 1}, 0))
			item, err := p.FetchOrchestrationItem(ctx, time.Minute)
			must(t, err)
			must(t, p.AckOrchestrationItem(ctx, item.LockToken, provider.OrchestrationAck{
				ExecutionID: 1, Metadata: provider.ExecutionMetadata{Name: "O", Version: "1"},
				History:     []provider.Event{provider.OrchestrationStarted{ID: 1, Name: "O", Version: "1"}, provider.ExternalEvent{ID: 2, Name: "E", Data: last}},
				WorkerItems: []provider.ActivityExecute{{Instance: last, ExecutionID: 1, ID: 3, Name: "A", Input: "in"}},
			}))
			for _, name := range []string{"one", "two"} {
				must(t, p.EnqueueOrchestratorItem(ctx, provider.ExternalRaised{Instance: last, Name: name}, 0))
			}
			must(t, fill.Instances(ctx, conn.Conn(), "x", n))
			must(t, p.EnqueueOrchestratorItem(ctx, provider.ExternalRaised{Instance: fill.ID("x", 2), Name: "three"}, 0))

			for i := range n {
				id := fill.ID("x", i)
				item, err := p.FetchOrchestrationItem(ctx, time.Minute)
				must(t, err)
				want := 2
				if i == 2 {
					want = 3
				}
				if item.Instance != id || len(item.Messages) != want || len(item.History) != 2 {
					t.Fatalf("turn %d is %s with %d messages and %d events; want %s with %d and 2", i, item.Instance, len(item.Messages), len(item.History), id, want)
				}
				if m := item.Messages[0].(provider.ExternalRaised); m.Instance != id || m.Name != "one" {
					t.Errorf("turn %d: the first message is %+v", i, m)
				}
				if e := item.History[1].(provider.ExternalEvent); e.Data != id {
					t.Errorf("turn %d: the history is of %s", i, e.Data)
				}
				work, err := p.FetchWorkItem(ctx, time.Minute)
				must(t, err)
				if a := work.Item.(provider.ActivityExecute); a.Instance != id {
					t.Errorf("item %d is of %s", i, a.Instance)
				}
				must(t, p.AckWorkItem(ctx, work.LockToken, nil))
				must(t, p.AckOrchestrationItem(ctx, item.LockToken, provider.OrchestrationAck{ExecutionID: 1}))
			}
			d, err := p.GetQueueDepths(ctx)
			must(t, err)
			if d != (provider.QueueDepths{}) {
				t.Errorf("%+v are left", d)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A schema may be filled any number of times: identities grow with the rows, not by a factor each time.
func TestFillsAgain(t *testing.T) {
	t.Parallel()
	const n, times = 50, 15
	ctx := context.Background()
	p, conn := open(t, strategies.All()[0])
	for range times {
		must(t, p.EnqueueOrchestratorItem(ctx, provider.StartOrchestration{Instance: fill.ID("x", n-1), Orchestration: "O", ExecutionID: 1}, 0))
		must(t, fill.Instances(ctx, conn.Conn(), "x", n))
		var last int64
		must(t, conn.QueryRow(ctx, "select max(id) from orchestrator_queue").Scan(&last))
		if last > 2*n*times {
			t.Fatalf("the last of %d rows has id %d", n, last)
		}
		_, err := conn.Exec(ctx, "truncate orchestrator_queue, instance_locks, instances")
		must(t, err)
	}
}
