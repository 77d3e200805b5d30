package chaos

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/runtime"
	"pgbench-provider/internal/wake"
	"pgbench-provider/provider"
)

// A process is a runtime with a pool of its own, as one process of a service has.
type process struct {
	pool     *pgxpool.Pool
	provider *provider.Provider
	runtime  *runtime.Runtime
	client   *runtime.Client
}

const (
	lockTime    = 2 * time.Second
	callTimeout = 2 * time.Second
	poolSize    = 6
	// muchTried is above what faults may cost a message, so that none becomes poison.
	muchTried = 1000
)

func (w *world) startProcess(ctx context.Context, n int) (*process, error) {
	config, err := pgxpool.ParseConfig("host=127.0.0.1") // only to be modified: pgx insists on a parsed one
	if err != nil {
		return nil, err
	}
	config.ConnConfig, config.MaxConns = w.connConfig(), poolSize
	p := &process{}
	if p.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	c := provider.Config{Pool: p.pool, Strategy: w.strategy, CallTimeout: callTimeout, Observer: w.record}
	if (w.Seed+uint64(n))%2 == 0 { // one of the two keeps histories between turns
		c.HistoryCache = 1 << 20
	}
	if p.provider, err = provider.New(c); err != nil {
		return nil, err
	}
	p.runtime, err = runtime.New(runtime.Config{
		Provider: p.provider, Registry: w.load.registry(), Observer: func() provider.Observer { return w.record },
		OrchestrationDispatchers: 2, WorkerDispatchers: 3, LockTimeout: lockTime, WorkLockTimeout: lockTime,
		AwaitPoll: 50 * time.Millisecond, MaxAttempts: muchTried, OnError: w.record.unseen,
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, w.connConfig()) },
		Channel: wake.Channel(w.schema),
	})
	if err != nil {
		return nil, err
	}
	p.client = p.runtime.Client()
	return p, p.runtime.Start(ctx)
}

// connConfig leaves to the server what the faults change there.
func (w *world) connConfig() *pgx.ConnConfig {
	c := w.server.Config()
	delete(c.RuntimeParams, "statement_timeout")
	delete(c.RuntimeParams, "lock_timeout")
	c.RuntimeParams["application_name"] = loaded
	c.RuntimeParams["search_path"] = pgx.Identifier{w.schema}.Sanitize()
	c.DialFunc, c.ConnectTimeout = w.network.dial, callTimeout
	return c
}

func (p *process) stop(ctx context.Context) {
	if p.runtime != nil {
		_ = p.runtime.Stop(ctx)
	}
	p.pool.Close()
}
