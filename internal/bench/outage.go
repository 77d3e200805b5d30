package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pooler"
	"pgbench-provider/internal/target"
	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// ErrOutage is what a run ends with when the server stayed away for longer than [Config.MaxOutage]. With it, [Run] gives what
// was measured before.
var ErrOutage = errors.New("the server went away")

// interrupted is an outage that is over: what was under way is to be done again.
type interrupted struct {
	outage time.Duration
	cause  error
}

func (i *interrupted) Error() string { return "the server went away: " + i.cause.Error() }
func (i *interrupted) Unwrap() error { return i.cause }

// repeats is how often in a row the same step may meet an outage: what brings the server down each time is not waited out.
const repeats = 5

// The pauses between attempts to connect double from the first to the last, less up to a half; an attempt gets a while.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
	attempt    = 5 * time.Second
)

// life is what tells whether the server is the one that it was, and keeps what it confirms.
type life struct {
	started  time.Time
	timeline string
	durable  bool
}

func readLife(ctx context.Context, conn *pgx.Conn) (l life, err error) {
	err = conn.QueryRow(ctx, `select pg_postmaster_start_time(),
		current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off'`).Scan(&l.started, &l.durable)
	if err == nil && conn.QueryRow(ctx, "select left(pg_walfile_name(pg_current_wal_lsn()), 8)").Scan(&l.timeline) != nil {
		l.durable = false // a kin of PostgreSQL that does not tell
	}
	return l, err
}

// through repeats a step that an outage breaks off, once the server is back and the connections are as before.
func (b *benchmark) through(ctx context.Context, step func() error) error {
	for n := 1; ; n++ {
		err := step()
		if !b.outage(ctx, err) || n == repeats || b.Exact && len(b.cells) > 0 { // restored cells are not as new
			return err
		}
		if err := b.recover(ctx, err); err != nil {
			return err
		}
	}
}

// outage says whether err is one that may be waited out.
func (b *benchmark) outage(ctx context.Context, err error) bool {
	return ctx.Err() == nil && workloads.Outage(err) && !errors.Is(err, ErrOutage)
}

// recover waits for the server and brings the pools of all cells back to how a round finds them.
func (b *benchmark) recover(ctx context.Context, cause error) error {
	for n := 1; ; n++ {
		cause = b.survive(ctx, cause)
		var over *interrupted
		if !errors.As(cause, &over) {
			return cause
		}
		err := b.restore(ctx)
		if !b.outage(ctx, err) || n == repeats {
			return err
		}
		cause = err
	}
}

// survive waits until the server is back and gives an [*interrupted] that says so, or what else is wrong.
func (b *benchmark) survive(ctx context.Context, err error) error {
	var over *interrupted
	if !b.outage(ctx, err) || errors.As(err, &over) {
		return err
	}
	outage, failed := b.await(ctx, err)
	b.outages++
	b.gone += outage
	if failed != nil {
		return failed
	}
	return &interrupted{outage, err}
}

// await connects until the server answers and takes writes, for as long as it may be away.
func (b *benchmark) await(ctx context.Context, cause error) (time.Duration, error) {
	if b.MaxOutage == 0 {
		return 0, fmt.Errorf("%w, and the run does not wait for it (--max-outage 0s): %w", ErrOutage, cause)
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, b.MaxOutage)
	defer cancel()
	for n := 0; ; n++ {
		err := b.reconnect(limited)
		gone := time.Since(began)
		switch {
		case err == nil:
			b.progress(Progress{Phase: "back", Gone: gone})
			return gone, nil
		case ctx.Err() != nil:
			return gone, context.Cause(ctx)
		case limited.Err() == nil && !waits(err):
			return gone, fmt.Errorf("connect again after an outage (%v): %w", cause, err)
		}
		b.progress(Progress{Phase: "outage", Gone: gone, MaxOutage: b.MaxOutage})
		pause := min(lastPause, firstPause<<min(n, 10))
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-limited.Done():
		}
		if limited.Err() != nil && ctx.Err() == nil {
			return gone, fmt.Errorf("%w for longer than %v (--max-outage): %w", ErrOutage, b.MaxOutage, err)
		}
	}
}

// waits says whether an attempt to connect may go better later: also one that met a server without memory or slots.
func waits(err error) bool {
	state := provider.State(err)
	return workloads.Outage(err) || errors.As(err, &readOnly{}) || len(state) == 5 && state[:2] == "53"
}

// readOnly is the state of a server that may take writes later, as a standby does that is promoted.
type readOnly struct{ mode target.Mode }

func (r readOnly) Error() string { return "the server takes no writes, since " + string(r.mode) }

// reconnect replaces the connection for looking on, and takes again what the lost one held.
func (b *benchmark) reconnect(ctx context.Context) error {
	if b.server.Died() {
		b.progress(Progress{Phase: "revive"})
		if err := b.server.Resume(ctx); err != nil {
			return err
		}
		b.revived++
	}
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, b.server.Config())
	if err != nil {
		return err
	}
	if err := b.takeOver(ctx, conn); err != nil {
		_ = conn.Close(ctx)
		return err
	}
	closing, stop := context.WithTimeout(ctx, firstPause)
	defer stop()
	_ = b.admin.Close(closing)
	b.admin = conn
	if b.meter != nil {
		b.meter.conn = conn
	}
	return nil
}

// takeOver ends the sessions that the server still has of a broken connection, which hold locks, and takes those that keep
// the next run off the schemas.
func (b *benchmark) takeOver(ctx context.Context, conn *pgx.Conn) error {
	mode, err := target.ReadWriteMode(ctx, conn)
	if err != nil {
		return err
	}
	if mode != target.ReadWrite {
		return readOnly{mode}
	}
	now, err := readLife(ctx, conn)
	if err != nil {
		return err
	}
	direct := b.server.Pooler() == pooler.None
	if direct && now.started.Equal(b.life.started) { // else its process ids are no longer ours
		old := sessions{}
		old.add(b.admin)
		for _, c := range b.cells {
			old.merge(&c.sessions)
		}
		if _, err := conn.Exec(ctx, endSessions, old.pids, old.ports); err != nil {
			return err
		}
	}
	b.life.started = now.started
	if b.Schema != "" && b.given {
		return b.claim(ctx, conn)
	}
	if direct && !b.Keep {
		return target.Hold(ctx, conn, b.schemas)
	}
	return nil
}

// restore exchanges the connections of all cells and warms them, as before the first round; it leaves the tables empty.
func (b *benchmark) restore(ctx context.Context) error {
	for _, c := range b.cells {
		c.pool.Reset()
		// One that the pool was making just then is given up when it is released, and would be missing in a round.
		for whole, n := false, 0; !whole && n < repeats; n++ {
			if err := c.warm(ctx); err != nil {
				return err
			}
			s := c.pool.Stat()
			whole = s.TotalConns() == s.MaxConns()
		}
	}
	now, err := readLife(ctx, b.admin)
	if err == nil {
		b.life = now
	}
	return err
}

// outlive waits for the server after an outage in a round, and asks for what had ended before. A server that confirms what it
// may lose, or another one, has not given a wrong answer where something is lost.
func (b *benchmark) outlive(ctx context.Context, c *cell, session workloads.Session, cause error) error {
	for n := 1; ; n++ {
		over := b.survive(ctx, cause)
		var i *interrupted
		if !errors.As(over, &i) {
			return over
		}
		c.reset()
		now, err := readLife(ctx, b.admin)
		if err == nil {
			err = session.CheckEnded(ctx)
		}
		if errors.Is(err, workloads.ErrLost) && !(b.life.durable && now.durable && now.timeline == b.life.timeline) {
			b.warn("In an outage %s lost what the server had confirmed (%v): fsync or synchronous_commit is off, or another server took over.", c.out.Name(), err)
			err = nil
		}
		if b.outage(ctx, err) && n < repeats {
			cause = err
			continue
		}
		if err != nil {
			return fmt.Errorf("after an outage: %w", err)
		}
		return over
	}
}

func (b *benchmark) warn(format string, args ...any) {
	b.file.Warnings = append(b.file.Warnings, fmt.Sprintf(format, args...))
}

// driven drives a round that ends when a connection is lost, if outages are waited out.
func (b *benchmark) driven(ctx context.Context, c *cell, session workloads.Session,
	drive func(context.Context, *cell, workloads.Session) (window, error)) (window, error) {
	if b.MaxOutage == 0 {
		return drive(ctx, c, session)
	}
	watched, stop := c.lines.watch(ctx)
	defer stop()
	w, err := drive(watched, c, session)
	if cause := context.Cause(watched); cause != nil && ctx.Err() == nil {
		err = worse(cause, err)
	}
	return w, err
}

// abort ends a session whose server may never answer.
func (c *cell) abort(ctx context.Context, session workloads.Session) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	defer context.AfterFunc(closing, c.lines.cut)()
	_ = session.Close(closing)
}
