package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
	"pgbench-provider/internal/verify"
	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// ErrCleanup means that schemas of the run may be left on the server.
var ErrCleanup = errors.New("cleaning up failed")

// schemaPrefix begins the name of every schema a run creates.
const schemaPrefix = "pgbp"

// Progress is what a run is doing.
type Progress struct {
	Phase    string // "verify", "prepare", "cold", "measure", "measured", "outage", "revive", "back", "finish"
	Strategy string
	Control  bool
	Workload string
	AddedRTT time.Duration
	Round    int // from 1
	Rounds   int // 0 when not known
	Done     int // cells' rounds that have ended
	Total    int
	Left     time.Duration // estimate; 0 when not known
	// Measured is the round that has just ended, in the phase "measured". It must not be changed.
	Measured *result.Round
	// Gone is for how long the server has been away, in the phases "outage" and "back", of at most MaxOutage.
	Gone, MaxOutage time.Duration
}

type benchmark struct {
	Config
	server   *target.Server
	admin    *pgx.Conn
	progress func(Progress)
	schemas  []string
	given    bool // our tables are in Schema
	file     *result.File
	meter    *meter
	began    time.Time
	done     int
	total    int

	cells    []*cell // that are open
	life     life
	outages  int
	gone     time.Duration // in all outages
	revived  int           // times that our own server was started again
	voided   int           // rounds of an arm
	restarts int           // of an exact run
}

// Run measures what config asks for on server and gives the result. It creates schemas and drops them again, also when
// it fails or ctx is cancelled. progress is called between timed parts only and may be nil.
func Run(ctx context.Context, server *target.Server, config Config, progress func(Progress)) (file *result.File, err error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config.Schema = server.Schema()
	if progress == nil {
		progress = func(Progress) {}
	}
	b := &benchmark{Config: config, server: server, progress: progress, began: time.Now()}
	if b.admin, err = pgx.ConnectConfig(ctx, server.Config()); err != nil {
		return nil, err
	}
	defer func() {
		b.progress(Progress{Phase: "finish"})
		cleanErr := b.cleanUp(ctx, errors.Is(err, ErrOutage))
		// What was measured is not thrown away because something could not be tidied.
		if err == nil && cleanErr != nil {
			b.file.Warnings = append(b.file.Warnings, fmt.Sprintf("Cleaning up failed (%v): remove what is left with: pgbench-provider clean --older-than 0s", cleanErr))
			return
		}
		if cleanErr != nil {
			err = errors.Join(err, fmt.Errorf("%w (%v): remove what is left with: pgbench-provider clean --older-than 0s", ErrCleanup, cleanErr))
		}
	}()
	if b.file, err = b.newFile(ctx); err != nil {
		return nil, err
	}
	if b.life, err = readLife(ctx, b.admin); err != nil {
		return nil, err
	}
	if server.Temporary() {
		// Where the library is missing, newMeter says what that means.
		_, _ = b.admin.Exec(ctx, "create extension if not exists pg_stat_statements")
	}
	b.sweep(ctx)
	if b.Exact && server.Temporary() {
		if err := b.holdAutovacuum(ctx); err != nil {
			return nil, err
		}
		defer b.releaseAutovacuum(ctx)
	}
	if err := b.through(ctx, func() error { return b.prepareGiven(ctx) }); err != nil {
		return nil, err
	}
	if err := b.through(ctx, func() error { return b.verify(ctx) }); err != nil {
		return nil, err
	}
	return b.file, b.runAll(ctx)
}

// A quick check before measuring: this many random operations on each strategy, or what fits into the time.
const (
	verifyOperations = 1000
	verifyBudget     = time.Second
)

// verify checks that the strategies agree with the model and each other, and records that it did.
func (b *benchmark) verify(ctx context.Context) error {
	if !b.Verify {
		b.file.Warnings = append(b.file.Warnings, "Nobody checked that the strategies agree on this server (--no-verify).")
		return nil
	}
	b.progress(Progress{Phase: "verify"})
	var list []provider.Strategy
	for _, a := range b.arms() {
		if !a.control && a.fault == nil {
			list = append(list, a.strategy)
		}
	}
	done, found, err := verify.Equivalence(ctx, b.server, list, verify.Scripts{Operations: verifyOperations, Seed: b.Seed, Budget: verifyBudget, Schema: b.Schema}, nil)
	if err != nil {
		return fmt.Errorf("check that the strategies agree: %w", err)
	}
	if found != nil {
		return fmt.Errorf("%w: %s and %s do not mean the same on this server: see verify --seed %d", workloads.ErrCheck, found.Names[0], found.Names[1], b.Seed)
	}
	b.file.Checks = append(b.file.Checks, result.Check{Name: "equivalence", OK: true,
		Detail: fmt.Sprintf("%d random operations on each strategy agree with the model (seed %d)", done, b.Seed)})
	return nil
}

// sweepDistances is how many make a line worth fitting.
const sweepDistances = 3

// cleanUp drops the schemas: quickly after a cancellation or when the server is gone, with patience otherwise.
func (b *benchmark) cleanUp(ctx context.Context, gone bool) error {
	patience := 30 * time.Second
	if gone || ctx.Err() != nil {
		patience = 2 * time.Second
	}
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	// A cancelled statement may have broken the connection.
	if b.admin.IsClosed() || b.admin.Ping(cleanup) != nil {
		conn, err := pgx.ConnectConfig(cleanup, b.server.Config())
		if err != nil {
			return err
		}
		b.admin = conn
	}
	return errors.Join(b.dropSchemas(cleanup), b.dropGiven(cleanup), b.admin.Close(cleanup))
}

func (b *benchmark) newFile(ctx context.Context) (*result.File, error) {
	kind := result.KindRun
	switch {
	case len(b.AddedRTT) >= sweepDistances && len(b.Strategies) > 1:
		kind = result.KindSweep
	case len(b.Strategies) > 1 || b.Control:
		kind = result.KindCompare
	}
	env, err := b.environment(ctx)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(b.Config)
	if err != nil {
		return nil, err
	}
	f := &result.File{Kind: kind, Tool: ToolInfo(), StartedAt: b.began.UTC(), Environment: env,
		Checks: []result.Check{}, Warnings: []string{}}
	d := json.NewDecoder(bytes.NewReader(encoded))
	d.UseNumber() // a seed is no float
	return f, d.Decode(&f.Config)
}

// asking is every how many rounds Enough is asked.
const asking = 4

func (b *benchmark) enough(cells []*cell, round int) (bool, error) {
	if b.Enough == nil || round%asking != 0 {
		return false, nil
	}
	so := *b.file
	so.Cells = nil
	for _, c := range cells {
		out := c.out // the summary of an end that is none must not stay
		if err := out.Summarize(); err != nil {
			return false, err
		}
		so.Cells = append(so.Cells, out)
	}
	return b.Enough(&so), nil
}

// deadlocks is how many the server has broken in this database so far. It counts each at once (pgstat_report_deadlock).
func (b *benchmark) deadlocks(ctx context.Context) (n int64, err error) {
	err = b.admin.QueryRow(ctx, "select deadlocks from pg_stat_database where datname = current_database()").Scan(&n)
	return n, err
}

// slots are the connections that the server gives to those who are no superusers, and how many of them are free.
const slots = `
select total, total - (select count(*) from pg_stat_activity where backend_type = 'client backend')
from (select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true)::int, 0) as total) t`

// checkConnections fails before anything is prepared when the run would need more connections than it may have, or than
// are left.
func (b *benchmark) checkConnections(ctx context.Context) error {
	var total, free int
	if err := b.admin.QueryRow(ctx, slots).Scan(&total, &free); err != nil {
		return err
	}
	need, most := 0, 0
	for _, name := range b.Workloads {
		w, _ := workloads.Lookup(name) // validated
		for _, d := range b.Dispatchers {
			need += len(b.grid()) * len(b.AddedRTT) * len(b.arms()) * b.poolSize(w, d)
			most = max(most, b.poolSize(w, d))
		}
	}
	if len(b.Cold) > 0 {
		need += most
	}
	may := b.MaxConnections
	if may == 0 && !b.server.Temporary() {
		may = total * 3 / 4
	}
	if held := need + 1; may > 0 && held > may { // and one for looking on
		return fmt.Errorf("%w: the run would hold %d connections, and may hold %d of the server's %d: lower --in-flight or --dispatchers, "+
			"measure fewer at once, or give --max-connections %d", ErrConfig, held, may, total, held)
	}
	if need > free {
		return fmt.Errorf("%w: the combinations of strategy, workload, dispatchers and distance, each with up to %d connections, need %d, and the server has %d left: "+
			"lower --in-flight or --dispatchers, or measure fewer at once", ErrConfig, most, need, free)
	}
	return nil
}

func (b *benchmark) openCells(ctx context.Context) (cells []*cell, err error) {
	for _, name := range b.Workloads {
		w, err := workloads.Lookup(name)
		if err != nil {
			return cells, err
		}
		for _, d := range b.Dispatchers {
			for _, p := range b.grid() {
				if cells, err = b.openGroups(ctx, cells, shape{w, d, p}); err != nil {
					return cells, err
				}
			}
		}
	}
	return cells, nil
}

func (b *benchmark) openGroups(ctx context.Context, cells []*cell, s shape) ([]*cell, error) {
	for _, rtt := range b.AddedRTT {
		for _, a := range b.arms() {
			b.progress(Progress{Phase: "prepare", Strategy: a.name, Workload: b.label(s), AddedRTT: rtt})
			var c *cell
			err := b.through(ctx, func() (err error) {
				c.close()
				c, err = b.openCell(ctx, a, s, rtt)
				return err
			})
			if c != nil {
				cells = append(cells, c)
				b.cells = cells
			}
			if err != nil {
				return cells, err
			}
		}
	}
	return cells, nil
}

// groups gathers the cells that differ in nothing but their arm.
func groups(cells []*cell) (all [][]*cell) {
	for _, c := range cells {
		last := len(all) - 1
		if last >= 0 && all[last][0].out.Workload == c.out.Workload && all[last][0].rtt == c.rtt {
			all[last] = append(all[last], c)
			continue
		}
		all = append(all, []*cell{c})
	}
	return all
}

// measure opens a session on p, calls ready if there is one, drives the session, and gives what was recorded of it, checked.
func (b *benchmark) measure(ctx context.Context, c *cell, p *provider.Provider, prefix string, seed uint64, ready func() error,
	drive func(context.Context, *cell, workloads.Session) (window, error)) (r result.Round, s *latency.Snapshot, err error) {
	c.paused.Store(false)
	rtt, err := c.nullQuery(ctx)
	c.paused.Store(true)
	if err != nil {
		return r, nil, err
	}
	if c.shared { // what another cell left
		if err := c.empty(ctx, c.pool); err != nil {
			return r, nil, err
		}
	}
	c.recorder.Reset()
	session, err := c.workload.Open(ctx, workloads.Env{
		Provider: p, Observer: c.recorder.Observer, Params: c.params,
		Orchestration: c.dispatchers.Orchestration, Worker: c.dispatchers.Worker, WorkBatch: b.WorkBatch, TurnBatch: b.TurnBatch,
		Prefix: prefix, Seed: seed, Fill: b.filler(c),
	})
	if err != nil {
		return r, nil, err
	}
	if ready != nil {
		err = ready()
	}
	var before reading
	if err == nil {
		before, err = b.meter.read(ctx) // after Open, which fills queues
	}
	if err != nil {
		return r, nil, errors.Join(err, session.Close(context.WithoutCancel(ctx)))
	}
	c.paused.Store(false)
	w, err := b.driven(ctx, c, session, drive)
	c.paused.Store(true)
	var after reading
	if err == nil {
		after, err = b.meter.read(ctx) // before Check, whose statements are none of the round's
	}
	if err == nil {
		err = session.Check(ctx)
	}
	if b.outage(ctx, err) && b.MaxOutage > 0 {
		c.abort(ctx, session)
		return r, nil, b.outlive(ctx, c, session, err)
	}
	if err = errors.Join(err, session.Close(context.WithoutCancel(ctx))); err != nil {
		return r, nil, err
	}
	s = c.recorder.Snapshot()
	if r, err = recorded(s, w, c.workload.Orchestrates()); err != nil {
		return r, nil, err
	}
	if w.offered != nil {
		if r.Orchestrations.Offered, err = w.offered.result(b.Rate, b.LatencyLimit); err != nil {
			return r, nil, err
		}
		r.Orchestrations.PerSecond = float64(w.offered.done) / r.Duration.Seconds()
	}
	r.MeasuredRTT = rtt
	after.since(before).addTo(&r, s)
	return r, s, nil
}

func (b *benchmark) measuring(c *cell, round int) Progress {
	p := Progress{Phase: "measure", Strategy: c.name, Control: c.control, Workload: c.out.Workload, AddedRTT: c.rtt,
		Round: round, Rounds: max(b.Rounds, round), Done: b.done, Total: b.total}
	if b.Enough != nil {
		p.Rounds = 0
	} else if b.done > 0 {
		spent := time.Since(b.began)
		p.Left = time.Duration(float64(spent) / float64(b.done) * float64(b.total-b.done))
	}
	return p
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
