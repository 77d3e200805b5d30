package chaos

import (
	"context"
	"maps"
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

// A site is where a process works and what it runs there.
type site struct {
	config       *pgx.ConnConfig
	schema       string
	strategy     provider.Strategy
	load         *load
	record       *record
	workers      int // negative for none
	historyCache int
	lookBack     time.Duration
	workBatch    int
	turnBatch    int
}

func (s site) start(ctx context.Context) (*process, error) {
	config, err := pgxpool.ParseConfig("host=127.0.0.1") // only to be modified: pgx insists on a parsed one
	if err != nil {
		return nil, err
	}
	suffers(s.config, s.schema)
	config.ConnConfig, config.MaxConns = s.config, poolSize
	config.BeforeClose = provider.HangUp
	p := &process{}
	if p.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	if p.provider, err = provider.New(provider.Config{
		Pool: p.pool, Strategy: s.strategy, CallTimeout: callTimeout, Observer: s.record, HistoryCache: s.historyCache, LookBack: s.lookBack,
	}); err != nil {
		return nil, err
	}
	p.runtime, err = runtime.New(runtime.Config{
		Provider: p.provider, Registry: s.load.registry(), Observer: func() provider.Observer { return s.record },
		OrchestrationDispatchers: 2, WorkerDispatchers: s.workers, WorkBatch: s.workBatch, TurnBatch: s.turnBatch, LockTimeout: lockTime, WorkLockTimeout: lockTime,
		AwaitPoll: 50 * time.Millisecond, MaxAttempts: muchTried, OnError: s.record.unseen,
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, s.config.Copy()) },
		Channel: wake.Channel(s.schema),
	})
	if err != nil {
		return nil, err
	}
	p.client = p.runtime.Client()
	return p, p.runtime.Start(ctx)
}

// suffers leaves to the server what the faults change there, and names the sessions as those that they hit.
func suffers(c *pgx.ConnConfig, schema string) {
	delete(c.RuntimeParams, "statement_timeout")
	delete(c.RuntimeParams, "lock_timeout")
	maps.Copy(c.RuntimeParams, provider.SessionSettings())
	c.RuntimeParams["application_name"] = loaded
	c.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	c.ConnectTimeout = callTimeout
}

// startProcess starts one of those inside this process, behind the network that can be broken.
func (w *world) startProcess(ctx context.Context, n int) (*process, error) {
	s := site{config: w.server.Config(), schema: w.schema, strategy: w.strategy, load: w.load, record: w.record, workers: 3}
	s.config.DialFunc = w.network.dial
	if (w.Seed+uint64(n))%2 == 0 { // one of the two keeps histories between turns
		s.historyCache = 1 << 20
	}
	if (w.Seed/2+uint64(n))%2 == 0 { // and, whether or not it does, one begins its fetches late in the queue
		s.lookBack = 20 * time.Millisecond
	}
	if (w.Seed/4+uint64(n))%2 == 0 { // and one fetches and acks activities several at a time
		s.workBatch = 4
	}
	if (w.Seed/8+uint64(n))%2 == 0 { // and one turns
		s.turnBatch = 4
	}
	return s.start(ctx)
}

func (p *process) stop(ctx context.Context) {
	if p.runtime != nil {
		_ = p.runtime.Stop(ctx)
	}
	p.pool.Close()
}
