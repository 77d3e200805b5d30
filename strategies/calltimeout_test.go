package strategies_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// swallowing is a connection that loses what is written once it is dark.
type swallowing struct {
	net.Conn
	dark atomic.Bool
}

func (s *swallowing) Write(b []byte) (int, error) {
	if s.dark.Load() {
		return len(b), nil
	}
	return s.Conn.Write(b)
}

// A connection that says nothing, or that was closed under the driver, leaves the pool at once and the next call succeeds.
func TestPoolIsRidOfBrokenConnections(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(*swallowing){
		"silent": func(c *swallowing) { c.dark.Store(true) },
		"closed": func(c *swallowing) { _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, pool, newest := timedProvider(t)
			call := func() error { _, err := p.GetQueueDepths(t.Context()); return err }
			succeeds(t, call)
			harm(newest.Load())
			if err := call(); !provider.IsRetryable(err) {
				t.Fatalf("%v is not an error that may pass", err)
			}
			if n := pool.Stat().TotalConns(); name == "silent" && n != 0 {
				t.Errorf("%d connections in the pool: the silent one still has its place", n)
			}
			succeeds(t, call)
		})
	}
}

func timedProvider(t *testing.T) (*provider.Provider, *pgxpool.Pool, *atomic.Pointer[swallowing]) {
	t.Helper()
	s, err := strategies.Lookup("sp")
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgxpool.ParseConfig("host=127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig, config.MaxConns, config.BeforeClose = migrated(t, s), 1, provider.HangUp
	var newest atomic.Pointer[swallowing]
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &swallowing{Conn: conn}
		newest.Store(c)
		return c, nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	p, err := provider.New(provider.Config{Pool: pool, Strategy: s, CallTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return p, pool, &newest
}

// succeeds allows a slow machine a few calls that take too long.
func succeeds(t *testing.T, call func() error) {
	t.Helper()
	var err error
	for range 10 {
		if err = call(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
