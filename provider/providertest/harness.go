package providertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/migrations"
	"pgbench-provider/provider"
)

// A Clock stands still until somebody moves it. It is safe for concurrent use.
type Clock struct{ ms atomic.Int64 }

// epoch is far from the server's own clock: a statement that asks the server for the time gives a wrong answer.
var epoch = time.Date(2001, time.September, 9, 1, 46, 40, 0, time.UTC)

// Now is the time that [Clock.Advance] has made it.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()) }

// Advance moves the clock by d, which is cut to milliseconds.
func (c *Clock) Advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// A Harness is what one rule gets: a provider on a schema of its own, and its clock.
type Harness struct {
	Provider *Provider
	Clock    *Clock

	config   *pgx.ConnConfig
	strategy provider.Strategy
	with     []func(*provider.Config)
	pool     *pgxpool.Pool
	raw      *pgx.Conn
	exchange *exchanges
	record   *record
	name     string // application_name of the pool's connections
	spoiled  bool
	ahead    bool
}

// Pool sizes: enough to race on, few enough for many harnesses on one server.
const (
	maxConns  = 5
	keepConns = 2
)

// Open migrates the empty schema that config's search_path names and makes a Harness on it. The caller owns the schema
// and closes the Harness. Each with changes the configuration of its providers.
func Open(ctx context.Context, config *pgx.ConnConfig, s provider.Strategy, with ...func(*provider.Config)) (*Harness, error) {
	raw, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	h := &Harness{Clock: new(Clock), config: config, strategy: s, with: with, raw: raw, exchange: new(exchanges), record: new(record),
		name: "providertest " + rand.Text()}
	h.Clock.ms.Store(epoch.UnixMilli())
	if err := migrations.Apply(ctx, raw, s); err != nil {
		return nil, errors.Join(err, raw.Close(ctx))
	}
	pc, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, errors.Join(err, raw.Close(ctx))
	}
	pc.ConnConfig = config.Copy()
	pc.ConnConfig.RuntimeParams["application_name"] = h.name
	pc.ConnConfig.Tracer = h.exchange
	pc.MinConns, pc.MaxConns = 0, maxConns
	if h.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return nil, errors.Join(err, raw.Close(ctx))
	}
	h.Provider, err = h.at(h.Clock.Now)
	return h, err
}

// Close closes every connection. It may be called again.
func (h *Harness) Close() {
	h.pool.Close()
	_ = h.raw.Close(context.Background())
}

// Ahead makes the provider do more than it is asked for; see [Provider]. Call it before the rules.
func (h *Harness) Ahead() {
	h.ahead, h.Provider.ahead = true, true
}

// Reset empties all tables, sets the clock back, and forgets what was observed. After a rule that failed it builds the
// tables anew.
func (h *Harness) Reset(ctx context.Context) error {
	h.Clock = new(Clock)
	h.Clock.ms.Store(epoch.UnixMilli())
	h.exchange.n.Store(0)
	h.record = new(record)
	if h.pool.Stat().TotalConns() > keepConns {
		h.pool.Reset()
	}
	var err error
	if h.Provider, err = h.at(h.Clock.Now); err != nil {
		return err
	}
	if h.spoiled {
		return h.rebuild(ctx)
	}
	for _, table := range tables {
		if _, err := h.raw.Exec(ctx, "delete from "+table); err != nil {
			return err
		}
	}
	return nil
}

// rebuild drops and creates everything in the schema.
func (h *Harness) rebuild(ctx context.Context) error {
	h.pool.Reset()
	if h.raw.IsClosed() {
		var err error
		if h.raw, err = pgx.ConnectConfig(ctx, h.config); err != nil {
			return err
		}
	}
	if err := migrations.Drop(ctx, h.raw); err != nil {
		return err
	}
	h.spoiled = false
	return migrations.Apply(ctx, h.raw, h.strategy)
}

// Conn is a connection to the schema for looking behind the provider. It is not safe for concurrent use.
func (h *Harness) Conn() *pgx.Conn { return h.raw }

// Reopen makes a provider that shares nothing with the first but the database: its own pool and statement caches, the
// same clock. The caller calls the function it returns when done.
func (h *Harness) Reopen(ctx context.Context) (*Provider, func(), error) {
	pc, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, nil, err
	}
	pc.ConnConfig = h.config.Copy()
	pc.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, nil, err
	}
	p, err := h.provider(pool, h.Clock.Now)
	return p, pool.Close, err
}

// at makes a provider on the same pool with another clock.
func (h *Harness) at(clock func() time.Time) (*Provider, error) { return h.provider(h.pool, clock) }

func (h *Harness) provider(pool *pgxpool.Pool, clock func() time.Time) (*Provider, error) {
	c := provider.Config{Pool: pool, Strategy: h.strategy, Clock: clock, Observer: h.record}
	for _, with := range h.with {
		with(&c)
	}
	p, err := provider.New(c)
	return &Provider{p, h.ahead}, err
}

// tables are those of the contract.
var tables = []string{"instances", "executions", "history", "orchestrator_queue", "worker_queue", "instance_locks"}

// dump gives the contents of all tables as text, to be compared.
func (h *Harness) dump(ctx context.Context) (string, error) {
	var all string
	for _, table := range tables {
		var rows string
		err := h.raw.QueryRow(ctx, fmt.Sprintf("select coalesce(string_agg(t::text, E'\n' order by t::text), '') from %s t", table)).Scan(&rows)
		if err != nil {
			return "", err
		}
		all += table + ":\n" + rows + "\n"
	}
	return all, nil
}
