package workloads_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
	"pgbench-provider/workloads"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const callers = 12

func open(t *testing.T, s provider.Strategy) *provider.Provider {
	t.Helper()
	config, err := pgxpool.ParseConfig("host=127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig, config.MaxConns = pgtest.NewSchema(t), callers
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := migrations.Apply(t.Context(), conn.Conn(), s); err != nil {
		t.Fatal(err)
	}
	p, err := provider.New(provider.Config{Pool: pool, Strategy: s})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func hotRow(t *testing.T, env workloads.Env) workloads.Session {
	t.Helper()
	w, err := workloads.Lookup("hot-row")
	if err != nil {
		t.Fatal(err)
	}
	env.Params = w.Defaults()
	s, err := w.Open(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// together runs units on as many goroutines as callers.
func together(ctx context.Context, s workloads.Session, units int64) error {
	var next atomic.Int64
	errs := make([]error, callers)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			for n := next.Add(1) - 1; n < units && errs[i] == nil; n = next.Add(1) - 1 {
				began, ended, err := s.Do(ctx, int(n))
				if err == nil && !ended.After(began) {
					err = fmt.Errorf("unit %d began %v and ended %v", n, began, ended)
				}
				errs[i] = err
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// counts are what all observers saw; each is called from one goroutine at a time.
type counts struct {
	mu   sync.Mutex
	made int
	seen map[string]int // by operation and outcome
}

func (c *counts) observer() provider.Observer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	return c
}

func (c *counts) Observe(o *provider.Observation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[o.Operation+" "+string(o.Outcome)]++
}

func TestHotRow(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies.All() {
		t.Run(strategy.Name(), func(t *testing.T) {
			t.Parallel()
			p := open(t, strategy)
			for round := range 2 { // on one schema
				c := counts{seen: map[string]int{}}
				s := hotRow(t, workloads.Env{Provider: p, Observer: c.observer, Prefix: fmt.Sprintf("r%d", round), Seed: 1})
				const units = 60
				if err := together(t.Context(), s, units); err != nil {
					t.Fatal(err)
				}
				if err := s.Check(t.Context()); err != nil {
					t.Error(err)
				}
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if c.made > callers || c.seen["fetch_orchestration_item loaded"] != units || c.seen["ack_orchestration_item ok"] != units {
					t.Errorf("%d units by %d observers: %v", units, c.made, c.seen)
				}
				if h, err := p.ReadHistory(t.Context(), fmt.Sprintf("r%d-hot", round)); err != nil || len(h) != 1 {
					t.Errorf("the last history has %d events, %v: it grew", len(h), err)
				}
			}
		})
	}
}

// What would be a wrong answer of the provider must fail the check.
func TestHotRowCheckFinds(t *testing.T) {
	t.Parallel()
	const instance = "r-hot"
	for name, spoil := range map[string]func(context.Context, *provider.Provider) error{
		"a lost message": func(ctx context.Context, p *provider.Provider) error {
			item, err := p.FetchOrchestrationItem(ctx, time.Second)
			if err != nil {
				return err
			}
			return p.DiscardOrchestrationItem(ctx, item.LockToken)
		},
		"a message twice": func(ctx context.Context, p *provider.Provider) error {
			return p.EnqueueOrchestratorItem(ctx, provider.ContinueAsNew{Instance: instance, Orchestration: "HotRow"}, 0)
		},
		"a lock that is held": func(ctx context.Context, p *provider.Provider) error {
			_, err := p.FetchOrchestrationItem(ctx, time.Hour)
			return err
		},
		"a turn of nobody": func(ctx context.Context, p *provider.Provider) error {
			return p.AppendHistory(ctx, instance, 99, []provider.Event{provider.OrchestrationStarted{ID: 1}})
		},
		"another instance": func(ctx context.Context, p *provider.Provider) error {
			return p.EnqueueOrchestratorItem(ctx, provider.StartOrchestration{Instance: "other", Orchestration: "O", ExecutionID: 1}, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, strategies.All()[0])
			s := hotRow(t, workloads.Env{Provider: p, Prefix: "r", Seed: 1})
			if err := together(t.Context(), s, 5); err != nil {
				t.Fatal(err)
			}
			if err := spoil(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(t.Context()); !errors.Is(err, workloads.ErrCheck) {
				t.Errorf("the check found %v", err)
			}
		})
	}
}

// A unit that waits for a lock which nobody gives back ends with its context.
func TestHotRowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := open(t, strategies.All()[0])
	s := hotRow(t, workloads.Env{Provider: p, Prefix: "r", Seed: 1})
	if _, err := p.FetchOrchestrationItem(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, _, err := s.Do(ctx, 0)
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the unit ended with %v", err)
	}
}
