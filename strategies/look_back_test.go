package strategies_test

import (
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// A stopwatch is a clock that goes only when it is told to.
type stopwatch struct{ ms atomic.Int64 }

func (s *stopwatch) now() time.Time              { return time.UnixMilli(s.ms.Load()) }
func (s *stopwatch) ahead(d time.Duration) int64 { return s.ms.Add(d.Milliseconds()) }

// looking is the option to look back, by a clock.
func looking(back time.Duration, s *stopwatch) func(*provider.Config) {
	return func(c *provider.Config) { c.LookBack, c.Clock = back, s.now }
}

func startOf(instance string) provider.WorkItem {
	return provider.StartOrchestration{Instance: instance, Orchestration: "O", ExecutionID: 1}
}

// What comes late, from another process, is passed over while there is newer, and found within a second of that; and at once
// where there is nothing newer. What a process itself sends with an old time is found at once.
func TestLookBackFindsWhatComesLate(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			config := migrated(t, s)
			clock := &stopwatch{}
			clock.ahead(time.Hour)
			slow := &stopwatch{}
			slow.ahead(time.Hour - 10*time.Second)
			p, _ := process(t, config, s, looking(200*time.Millisecond, clock))
			other, _ := process(t, config, s, looking(200*time.Millisecond, slow))
			n := 0
			send := func(p *provider.Provider, instance string) {
				t.Helper()
				a := provider.ActivityExecute{Instance: instance, ExecutionID: 1, ID: 1, Name: "A"}
				if err := p.EnqueueWorkerItem(t.Context(), a); err != nil {
					t.Fatal(err)
				}
				if err := p.EnqueueOrchestratorItem(t.Context(), startOf(instance), 0); err != nil {
					t.Fatal(err)
				}
			}
			fetch := func() (turn, work string) {
				t.Helper()
				item, err := p.FetchOrchestrationItem(t.Context(), time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				locked, err := p.FetchWorkItem(t.Context(), time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				return item.Instance, locked.Item.Target()
			}
			want := func(instance string) {
				t.Helper()
				if turn, work := fetch(); turn != instance || work != instance {
					t.Fatalf("fetched the turn of %s and an item of %s, want %s", turn, work, instance)
				}
			}
			newer := func() string {
				n++
				instance := fmt.Sprint("new", n)
				send(p, instance)
				return instance
			}

			want(newer())
			clock.ahead(300 * time.Millisecond)
			want(newer())
			send(other, "late, alone")
			want("late, alone")

			want(newer())
			send(other, "late")
			begun, passed := clock.ms.Load(), 0
			for {
				newer()
				if turn, work := fetch(); turn == "late" && work == "late" {
					break
				} else if (turn == "late") != (work == "late") {
					t.Fatalf("fetched the turn of %s and an item of %s", turn, work)
				}
				passed++
				if after := clock.ahead(100*time.Millisecond) - begun; after > 1000 {
					t.Fatalf("not found %d ms later", after)
				}
			}
			if passed == 0 {
				t.Error("what came late was not passed over: the fetches did not look back by only so much")
			}

			newer()
			timer := provider.TimerFired{Instance: "timer", ExecutionID: 1, ID: 1, FireAt: 1}
			if err := p.EnqueueOrchestratorItem(t.Context(), timer, 0); err != nil {
				t.Fatal(err)
			}
			item, err := p.FetchOrchestrationItem(t.Context(), time.Hour)
			if err != nil || item.Instance != "timer" {
				t.Fatalf("fetched %+v: %v", item, err)
			}
		})
	}
}

// Where an old snapshot keeps the server from forgetting what was finished, fetches that look back do not walk over it.
func TestLookBackSparesDeadRows(t *testing.T) {
	t.Parallel()
	const dead, fetches = 30_000, 5
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			config := migrated(t, s)
			maps.Copy(config.RuntimeParams, provider.SessionSettings())
			holder, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer holder.Close(t.Context())
			conn, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			// Blocks are counted for all who touch them.
			if _, err := conn.Exec(t.Context(), `alter table instance_locks set (autovacuum_enabled = off);
				alter table worker_queue set (autovacuum_enabled = off)`); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), `insert into instance_locks (instance_id, visible_at, head_id) select 'dead' || n, n, n from generate_series(1, $1::int) n`, dead); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), `insert into worker_queue (work_item, visible_at, enqueued_at) select '', n, n from generate_series(1, $1::int) n`, dead); err != nil {
				t.Fatal(err)
			}
			tx, err := holder.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(t.Context()) }()
			if _, err := tx.Exec(t.Context(), "select from instances"); err != nil { // the snapshot
				t.Fatal(err)
			}
			if _, err := conn.Exec(t.Context(), "delete from instance_locks; delete from worker_queue"); err != nil {
				t.Fatal(err)
			}

			clock := &stopwatch{}
			clock.ahead(time.Hour)
			begun := provider.OrchestrationAck{ExecutionID: 1, Metadata: provider.ExecutionMetadata{Name: "O", Version: "1"}}
			// blocks are what the fetches needed of the tables that are the queues' order.
			blocks := func(back time.Duration) (blocks int64) {
				var pool *pgxpool.Pool
				p, _ := process(t, config, s, func(c *provider.Config) {
					looking(back, clock)(c)
					pool = c.Pool
				})
				count := func() (n int64) {
					if _, err := pool.Exec(t.Context(), "select pg_stat_force_next_flush()"); err != nil {
						t.Fatal(err)
					}
					err := conn.QueryRow(t.Context(), `select sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint from pg_statio_user_tables
						where schemaname = current_schema and relname in ('instance_locks', 'worker_queue')`).Scan(&n)
					if err != nil {
						t.Fatal(err)
					}
					return n
				}
				for n := range fetches + 1 {
					instance := fmt.Sprint(back, n)
					if err := p.EnqueueOrchestratorItem(t.Context(), startOf(instance), 0); err != nil {
						t.Fatal(err)
					}
					if err := p.EnqueueWorkerItem(t.Context(), provider.ActivityExecute{Instance: instance, ExecutionID: 1, ID: 1, Name: "A"}); err != nil {
						t.Fatal(err)
					}
				}
				var turn *provider.OrchestrationItem
				for n := range fetches + 1 {
					if n == 1 { // the first looks at everything
						blocks = count()
					}
					if n%2 == 0 {
						if turn, err = p.FetchOrchestrationItem(t.Context(), time.Hour); err != nil {
							t.Fatal(err)
						}
					} else if got, err := p.AckOrchestrationItemAndFetch(t.Context(), turn.LockToken, begun, provider.Room{Turn: time.Hour}); err != nil || got.Turn() == nil {
						t.Fatalf("handed over: %+v, %v", got, err)
					}
					if _, err := p.FetchWorkItem(t.Context(), time.Hour); err != nil {
						t.Fatal(err)
					}
				}
				return count() - blocks
			}
			all, back := blocks(0), blocks(time.Second)
			if back > all/10 {
				t.Errorf("%d fetches of each queue touched %d blocks, and %d when they looked back a second", fetches, all, back)
			}
		})
	}
}
