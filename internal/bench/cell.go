package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/netdelay"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// A cell is one strategy under one workload at one distance: a schema, a pool and a recorder of its own.
type cell struct {
	arm
	workload    workloads.Workload
	dispatchers Dispatchers
	params      workloads.Params
	rtt         time.Duration
	schema      string
	host        string // instead of the server's
	shared      bool   // other cells use the schema too, at other times
	pool        *pgxpool.Pool
	coldPool    *pgxpool.Pool // while the first unit on new connections is measured
	lines       lines
	sessions    sessions
	recorder    *latency.Recorder
	provider    *provider.Provider
	exact       bool
	paused      atomic.Bool     // the added distance: only what is measured has it
	traces      []latency.Trace // of all rounds
	out         result.Cell
}

func (b *benchmark) openCell(ctx context.Context, a arm, s shape, rtt time.Duration) (*cell, error) {
	w, d := s.workload, s.dispatchers
	params, err := w.Defaults().Or(s.params)
	if err != nil {
		return nil, err
	}
	c := &cell{arm: a, workload: w, dispatchers: d, params: params, rtt: rtt, exact: b.Exact, recorder: latency.NewRecorder()}
	c.paused.Store(true)
	c.out = result.Cell{Strategy: a.name, Workload: b.label(s), AddedRTT: rtt, Control: a.control, Parameters: b.parameters(w, params, d)}
	if c.schema, err = b.schemaFor(ctx); err != nil {
		return nil, err
	}
	c.shared = b.Schema != ""
	if c.pool, err = b.openPool(ctx, c); err != nil {
		return nil, err
	}
	conn, err := c.pool.Acquire(ctx)
	if err != nil {
		return c, err
	}
	err = migrations.Apply(ctx, conn.Conn(), a.strategy)
	if err == nil && a.fault != nil {
		err = a.fault.install(ctx, conn.Conn())
	}
	conn.Release()
	if err != nil {
		return c, fmt.Errorf("prepare schema %s: %w", c.schema, err)
	}
	if c.exact {
		if err := c.leaveAlone(ctx); err != nil {
			return c, err
		}
	}
	if c.provider, err = provider.New(b.provider(c.pool, a.strategy)); err != nil {
		return c, err
	}
	return c, c.warm(ctx)
}

// leaveAlone keeps autovacuum, which comes when it likes, off the cell's tables. See holdAutovacuum for what this leaves.
func (c *cell) leaveAlone(ctx context.Context) error {
	for _, table := range tables {
		if _, err := c.pool.Exec(ctx, "alter table "+table+" set (autovacuum_enabled = off)"); err != nil {
			return err
		}
	}
	return nil
}

// holdAutovacuum keeps it off everything, on a server that is ours. After it has been in the system catalogs, which every new
// schema makes larger, sessions read them again: that moved the buffers of an operation by several per cent.
func (b *benchmark) holdAutovacuum(ctx context.Context) error {
	if _, err := b.admin.Exec(ctx, "alter system set autovacuum = off"); err != nil {
		return err
	}
	if _, err := b.admin.Exec(ctx, "select pg_reload_conf()"); err != nil {
		return err
	}
	for quiet := false; !quiet; {
		err := b.admin.QueryRow(ctx, `select pg_sleep(0.05) is not null and current_setting('autovacuum') = 'off' and not exists (
			select from pg_stat_activity where backend_type in ('autovacuum launcher', 'autovacuum worker'))`).Scan(&quiet)
		if err != nil {
			return err
		}
	}
	return nil
}

// releaseAutovacuum undoes it for whatever comes after this run on the same server, which may be gone as well.
func (b *benchmark) releaseAutovacuum(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if _, err := b.admin.Exec(ctx, "alter system reset autovacuum"); err == nil {
		_, _ = b.admin.Exec(ctx, "select pg_reload_conf()")
	}
}

func (b *benchmark) provider(pool *pgxpool.Pool, s provider.Strategy) provider.Config {
	config := provider.Config{Pool: pool, Strategy: s, HistoryCache: b.HistoryCache << 20, LookBack: b.LookBack}
	if b.Exact {
		var readings atomic.Int64
		config.Clock = func() time.Time { return logicalZero.Add(time.Duration(readings.Add(1)) * time.Millisecond) }
	}
	return config
}

// logicalZero is any time with as many digits as today's.
var logicalZero = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// parameters are what two cells must share to be comparable.
func (b *benchmark) parameters(w workloads.Workload, p workloads.Params, d Dispatchers) map[string]any {
	all := map[string]any{
		"activities": p.Activities, "payload_bytes": p.PayloadBytes, "activity_delay_ns": p.ActivityDelay.Nanoseconds(),
		"depth": p.Depth, "history_events": p.HistoryEvents,
		"dispatchers": d.String(), "in_flight": b.inFlight(w, d),
	}
	for name, set := range map[string]any{"rate_per_second": b.Rate, "ramp_ns": b.Ramp.Nanoseconds(), "jitter_ns": b.Jitter.Nanoseconds(), "history_cache_mib": int64(b.HistoryCache), "look_back_ns": b.LookBack.Nanoseconds(), "work_batch": int64(b.WorkBatch), "turn_batch": int64(b.TurnBatch), "exact": b.Exact} {
		if set != 0.0 && set != int64(0) && set != false {
			all[name] = set
		}
	}
	return all
}

func (b *benchmark) openPool(ctx context.Context, c *cell) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig("host=127.0.0.1") // only to be modified: pgx insists on a parsed one
	if err != nil {
		return nil, err
	}
	config.ConnConfig = b.server.Config()
	if c.host != "" {
		config.ConnConfig.Host, config.ConnConfig.Fallbacks = c.host, nil
	}
	config.ConnConfig.RuntimeParams["search_path"] = pgx.Identifier{c.schema}.Sanitize()
	settings := provider.SessionSettings()
	maps.Copy(settings, config.ConnConfig.RuntimeParams) // who names one means it
	config.ConnConfig.RuntimeParams = settings
	config.ConnConfig.DialFunc = c.lines.dialer(netdelay.Dialer(config.ConnConfig.DialFunc, netdelay.Options{RTT: c.rtt, Jitter: b.Jitter, Seed: b.Seed, Paused: &c.paused}))
	config.MaxConns = int32(b.poolSize(c.workload, c.dispatchers))
	config.MinConns = config.MaxConns
	config.MaxConnLifetime, config.MaxConnIdleTime = 24*time.Hour, 24*time.Hour
	config.HealthCheckPeriod = 24 * time.Hour // it takes all idle connections for a moment
	// A ping would be a round trip that no strategy asked for.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	config.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		cc.Tracer = c.recorder.Tracer()
		return nil
	}
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		c.sessions.add(conn)
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// The distance is measured in each round of each cell by this many empty queries, fewer where they would take longer.
const (
	nullQueries   = 20
	nullQueryTime = 200 * time.Millisecond
	leastQueries  = 5
)

// nullQuery measures the true distance: the median of some empty queries on one connection, nothing else running.
func (c *cell) nullQuery(ctx context.Context) (time.Duration, error) {
	conn, err := c.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	times := make([]time.Duration, 0, nullQueries)
	for began := time.Now(); len(times) < nullQueries && (len(times) < leastQueries || time.Since(began) < nullQueryTime); {
		start := time.Now()
		if err := conn.Conn().Ping(ctx); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start))
	}
	return median(times), nil
}

// reset has the next users of connections get new ones.
func (c *cell) reset() {
	c.pool.Reset()
	if c.coldPool != nil {
		c.coldPool.Reset()
	}
}

func (c *cell) close() {
	if c != nil && c.pool != nil {
		c.pool.Close()
	}
}

// dropSchemas removes what this run created, also after a cancellation. A server that goes with the run needs no cleaning.
func (b *benchmark) dropSchemas(ctx context.Context) (err error) {
	if b.Keep || b.server.Temporary() {
		return nil
	}
	for _, s := range b.schemas {
		err = errors.Join(err, target.DropSchema(ctx, b.admin, s))
	}
	b.schemas = nil
	return err
}
