package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// A world is what a run breaks: a server, a network, and processes with dispatchers and clients.
type world struct {
	Config
	server    *target.Server
	schema    string
	strategy  provider.Strategy
	network   *network
	armed     atomic.Int64 // acks whose reply is to be lost
	load      *load
	record    *record
	processes []*process
	sibling   *sibling // nil before it is started

	mu      sync.Mutex
	started []*instance
	result  Result
}

// processCount is how many there are, each with a pool, dispatchers and clients.
const processCount = 2

func open(ctx context.Context, c Config) (w *world, err error) {
	s, err := strategies.Lookup(c.Strategy)
	if err != nil {
		return nil, err
	}
	if len(c.Dispatcher) == 0 {
		return nil, errors.New("Config.Dispatcher names no command")
	}
	w = &world{Config: c, network: newNetwork(), load: newLoad(), record: newRecord()}
	w.result = Result{Seed: c.Seed, Strategy: c.Strategy, Faults: map[string]int{}, Recoveries: map[string][]time.Duration{}}
	w.strategy = w.forget(s)
	w.server, err = target.Open(ctx, target.Spec{Getenv: func(string) string { return "" }, Settings: map[string]string{
		"deadlock_timeout": "50ms", "shared_buffers": "32MB", "log_min_messages": "fatal", "log_min_error_statement": "panic",
	}})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if err = w.prepare(ctx, s); err != nil {
		return nil, err
	}
	for n := range processCount {
		p, err := w.startProcess(ctx, n)
		if err != nil {
			return nil, err
		}
		w.processes = append(w.processes, p)
	}
	w.sibling, err = w.startSibling()
	return w, err
}

// fullSQL makes what stands for a full disk, which is not in use yet.
const fullSQL = `create function chaos_full() returns trigger language plpgsql as
$$ begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`

func (w *world) prepare(ctx context.Context, s provider.Strategy) error {
	conn, err := w.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if w.schema, err = target.CreateSchema(ctx, conn, "pgbp_chaos"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "select set_config('search_path', $1, false)", pgx.Identifier{w.schema}.Sanitize()); err != nil {
		return err
	}
	if err := migrations.Apply(ctx, conn, s); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, fullSQL)
	return err
}

// loaded is the application_name of the sessions that are to suffer.
const loaded = "chaos-load"

// admin is a connection that no fault reaches but the end of the server.
func (w *world) admin(ctx context.Context) (*pgx.Conn, error) {
	c := w.server.Config()
	c.RuntimeParams["application_name"] = "chaos-admin"
	c.RuntimeParams["statement_timeout"] = "30s"
	c.RuntimeParams["lock_timeout"] = "10s"
	c.RuntimeParams["default_transaction_read_only"] = "off"
	c.RuntimeParams["default_transaction_isolation"] = "read committed"
	if w.schema != "" {
		c.RuntimeParams["search_path"] = pgx.Identifier{w.schema}.Sanitize()
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect beside the load: %w", err)
	}
	return conn, nil
}

// violate notes what must not be. More than a few of a run say nothing new.
func (w *world) violate(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const most = 20
	if len(w.result.Violations) < most {
		w.result.Violations = append(w.result.Violations, fmt.Sprintf(format, args...))
	}
}

// finish completes the result.
func (w *world) finish() *Result {
	r := &w.result
	r.States, r.LostAcks = w.record.counts(), int(w.network.lost.Load())
	for _, problem := range w.record.permanent() {
		w.violate("an error that is not to be repeated: %s", problem)
	}
	return r
}

func (w *world) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	w.network.heal()
	w.stop(ctx)
	return w.server.Close(ctx)
}

// stop stops all processes, again if need be.
func (w *world) stop(ctx context.Context) {
	for _, p := range w.processes {
		p.stop(ctx)
	}
	if w.sibling == nil {
		return
	}
	if err := w.sibling.stop(ctx); err != nil {
		w.violate("the other process ended with %v", err)
	}
}
