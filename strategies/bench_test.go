package strategies_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/fill"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// A size is what an operation meets: instances that wait, events of each, bytes of each payload.
type size struct{ depth, history, payload int }

// sizes differ from the first in one dimension each.
var sizes = []size{{10, 5, 100}, {1_000, 5, 100}, {100_000, 5, 100}, {10, 100, 100}, {10, 1_000, 100}, {10, 5, 10_000}}

// BenchmarkOperation times each operation of each strategy, as a caller of the provider waits, on a queue and histories
// of each size. What must be done before or after the operation so that the next call meets the same is not timed.
func BenchmarkOperation(b *testing.B) {
	for _, s := range strategies.All() {
		for _, z := range sizes {
			l := &laden{strategy: s, size: z}
			for _, op := range operations {
				name := fmt.Sprintf("strategy=%s/op=%s/depth=%d/history=%d/payload=%s", s.Name(), op.name, z.depth, z.history, bytes(z.payload))
				b.Run(name, func(b *testing.B) { l.measure(b, op) })
			}
			l.close()
		}
	}
}

func bytes(n int) string {
	if n%1000 == 0 {
		return fmt.Sprintf("%dKB", n/1000)
	}
	return fmt.Sprintf("%dB", n)
}

// laden is a schema of one size, filled when the first benchmark asks for it.
type laden struct {
	strategy provider.Strategy
	size     size
	tb       *keeper
	pool     *pgxpool.Pool
	p        *provider.Provider
	data     string
	ids      int64
}

// A keeper has the schema outlive the benchmark that made it, which its Cleanup would not.
type keeper struct {
	*testing.B
	after []func()
}

func (k *keeper) Cleanup(f func()) { k.after = append(k.after, f) }

func (l *laden) close() {
	if l.tb == nil {
		return
	}
	l.pool.Close()
	for _, f := range l.tb.after {
		f()
	}
}

func (l *laden) open(b *testing.B) {
	ctx := context.Background()
	l.tb = &keeper{B: b}
	config, err := pgxpool.ParseConfig("host=127.0.0.1")
	if err != nil {
		b.Fatal(err)
	}
	config.ConnConfig, config.MaxConns = pgtest.NewSchema(l.tb), 1
	maps.Copy(config.ConnConfig.RuntimeParams, provider.SessionSettings())
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	if l.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		b.Fatal(err)
	}
	l.onConn(b, func(conn *pgx.Conn) error { return migrations.Apply(ctx, conn, l.strategy) })
	if l.p, err = provider.New(provider.Config{Pool: l.pool, Strategy: l.strategy}); err != nil {
		b.Fatal(err)
	}
	l.data = strings.Repeat("x", l.size.payload)
	l.prepare(b)
	l.onConn(b, func(conn *pgx.Conn) error { return fill.Instances(ctx, conn, "b", l.size.depth) })
}

func (l *laden) onConn(b *testing.B, do func(*pgx.Conn) error) {
	conn, err := l.pool.Acquire(context.Background())
	check(b, err)
	defer conn.Release()
	check(b, do(conn.Conn()))
}

// prepare makes the last instance, with its history, a message and a work item.
func (l *laden) prepare(b *testing.B) {
	ctx, id := context.Background(), fill.ID("b", l.size.depth-1)
	check(b, l.p.EnqueueOrchestratorItem(ctx, provider.StartOrchestration{Instance: id, Orchestration: "B", ExecutionID: 1}, 0))
	item, err := l.p.FetchOrchestrationItem(ctx, lockFor)
	check(b, err)
	events := []provider.Event{provider.OrchestrationStarted{ID: 1, Name: "B", Version: "1.0.0"}}
	for e := 2; e <= l.size.history; e++ {
		events = append(events, provider.ExternalEvent{ID: int64(e), Name: "E", Data: l.data})
	}
	check(b, l.p.AckOrchestrationItem(ctx, item.LockToken, provider.OrchestrationAck{ExecutionID: 1, History: events,
		WorkerItems: []provider.ActivityExecute{l.activity(id, 1)}, Metadata: provider.ExecutionMetadata{Name: "B", Version: "1.0.0"}}))
	check(b, l.p.EnqueueOrchestratorItem(ctx, l.message(id), 0))
}

func (l *laden) message(id string) provider.ExternalRaised {
	return provider.ExternalRaised{Instance: id, Name: "Go", Data: l.data}
}

func (l *laden) activity(id string, n int64) provider.ActivityExecute {
	return provider.ActivityExecute{Instance: id, ExecutionID: 1, ID: n, Name: "A", Input: l.data}
}

const lockFor = time.Hour

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func (l *laden) measure(b *testing.B, op operation) {
	if l.tb == nil {
		l.open(b)
	}
	for range 7 { // until plans are chosen for good (plancache.c), and pages are in memory
		op.once(b, l, func() {}, func() {})
	}
	b.ResetTimer()
	b.StopTimer()
	for range b.N {
		op.once(b, l, b.StartTimer, b.StopTimer)
	}
}
