package runtime

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// stubborn refuses completions while it is told to, in a way that may pass.
type stubborn struct {
	provider.EagerStrategy
	refuses *atomic.Bool
	refused *atomic.Int64
}

func (s stubborn) refuse() error {
	if !s.refuses.Load() {
		return nil
	}
	s.refused.Add(1)
	return &pgconn.PgError{Code: "55P03"} // lock_not_available
}

func (s stubborn) AckWorkItem(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message) error {
	if err := s.refuse(); err != nil {
		return err
	}
	return s.EagerStrategy.AckWorkItem(ctx, conn, l, now, done)
}

func (s stubborn) AckWorkItemAndFetch(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message, w provider.Want) (provider.Handover, error) {
	if err := s.refuse(); err != nil {
		return provider.Handover{}, err
	}
	return s.EagerStrategy.AckWorkItemAndFetch(ctx, conn, l, now, done, w)
}

// TestARepeatedAckKeepsNobodyFromWork has one dispatcher of turns, whom an ack reserves that has to be repeated until another
// instance has ended.
func TestARepeatedAckKeepsNobodyFromWork(t *testing.T) {
	t.Parallel()
	s, err := strategies.Lookup("sp-eager")
	if err != nil {
		t.Fatal(err)
	}
	hard := stubborn{s.(provider.EagerStrategy), new(atomic.Bool), new(atomic.Int64)}
	var r *Runtime
	r, _ = quietOn(t, hard, 1, func(to *Registry) {
		to.Orchestration("Nothing", func(*Context, string) (string, error) { return "", nil })
		helloBy(to, func(context.Context, string) (string, error) {
			for !r.turns.idles() {
				time.Sleep(time.Millisecond)
			}
			return "", nil
		})
	}, func(c *Config) { c.OrchestrationDispatchers, c.WorkLockTimeout = 1, time.Hour })
	r.settled()
	hard.refuses.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := r.Client()
	if err := c.Start(ctx, "stuck", "HelloWorld", ""); err != nil {
		t.Fatal(err)
	}
	for hard.refused.Load() == 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := c.Start(ctx, "other", "Nothing", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Await(ctx, "other"); err != nil {
		t.Errorf("the only dispatcher is kept for an ack that is repeated: %v", err)
	}
	hard.refuses.Store(false)
	if result, err := c.Await(t.Context(), "stuck"); err != nil || result.Status != provider.StatusCompleted {
		t.Errorf("%+v, %v", result, err)
	}
}
