package provider

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config is what a [Provider] is made of.
type Config struct {
	// Pool gives connections whose search_path is the provider's schema, with [SessionSettings]. Required; the Provider never
	// closes it.
	Pool *pgxpool.Pool
	// Strategy is required.
	Strategy Strategy
	// Clock is the only clock; nil is time.Now. Its values are cut to whole milliseconds.
	Clock func() time.Time
	// Observer is told of every operation; nil is nobody.
	Observer Observer
	// HistoryCache is how many bytes of histories, as JSON, the Provider may keep, so that a fetch reads only what is newer
	// than this Provider's own last turn of the instance. 0 keeps none. What others do to a history, [Provider.AppendHistory]
	// included, is noticed; what is done to the table behind every provider's back is not.
	HistoryCache int
	// LookBack lets a fetch begin at what became fetchable up to LookBack before what the last one found, instead of at the
	// oldest: on a server where a long transaction keeps dead rows, fetches then cost no more for them. What becomes fetchable
	// later than that, such as a message whose transaction took longer to commit, or one that waited for the end of a turn, may be
	// passed over for about a second while there is newer. So the clocks of processes should agree to less than it. 0 is the exact
	// order; else at least a millisecond.
	LookBack time.Duration
	// CallTimeout is how long an attempt waits for a connection, and then for the server, before the connection is given up
	// and the attempt fails with an error that may pass: a network that swallows everything says nothing. 0 is for ever. With
	// it belongs [HangUp] in the Pool's configuration.
	CallTimeout time.Duration
}

// A Provider is the durable-task contract over one schema of a PostgreSQL database. It is safe for concurrent use if its
// observer is; see [Provider.WithObserver].
type Provider struct {
	pool      *pgxpool.Pool
	strategy  Strategy
	clock     func() time.Time
	observer  Observer
	histories *histories // nil when none are kept
	turns     *lookBack  // of the orchestrator queue
	works     *lookBack  // of the worker queue
	timeout   time.Duration
}

// New makes a Provider. It fails with [ErrInvalid] when something required is missing; it does not connect.
func New(c Config) (*Provider, error) {
	switch {
	case c.Pool == nil:
		return nil, fmt.Errorf("%w: Config.Pool is nil", ErrInvalid)
	case c.Strategy == nil:
		return nil, fmt.Errorf("%w: Config.Strategy is nil", ErrInvalid)
	case c.HistoryCache < 0:
		return nil, fmt.Errorf("%w: Config.HistoryCache is negative", ErrInvalid)
	case c.LookBack != 0 && millis(c.LookBack) <= 0:
		return nil, fmt.Errorf("%w: Config.LookBack %v is under a millisecond: give 0 for the exact order", ErrInvalid, c.LookBack)
	case c.CallTimeout < 0:
		return nil, fmt.Errorf("%w: Config.CallTimeout is negative", ErrInvalid)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Provider{c.Pool, c.Strategy, c.Clock, c.Observer, newHistories(c.HistoryCache),
		newLookBack(c.LookBack), newLookBack(c.LookBack), c.CallTimeout}, nil
}

// SessionSettings are those that sessions of Config.Pool are to have, by name, for its RuntimeParams: they keep the plans of queues
// good whatever the statistics say. No table is read whole because it was small when its plan was made; no plan is made at each call
// because arrays are short; and nothing is compiled for an estimate that a forbidden scan has made large. Nothing but speed depends on
// them (docs/sql-design.md). They are not for other work in the same sessions.
func SessionSettings() map[string]string {
	return map[string]string{"enable_seqscan": "off", "enable_bitmapscan": "off", "plan_cache_mode": "force_generic_plan", "jit": "off"}
}

// WithObserver gives the same Provider with another observer, so that each worker may record without a lock. Nil is
// nobody.
func (p *Provider) WithObserver(o Observer) *Provider {
	q := *p
	q.observer = o
	return &q
}

// Strategy is the strategy the Provider runs on.
func (p *Provider) Strategy() Strategy { return p.strategy }

// Now is the Provider's clock in Unix milliseconds.
func (p *Provider) Now() int64 { return p.clock().UnixMilli() }

// repeats is how often an operation is tried again after a failure that certainly left nothing behind (the reference's
// figure: contract section 7.3).
const repeats = 3

// do runs one operation on one pooled connection and reports it. loaded is the outcome of success. body computes its times anew at each call.
func (p *Provider) do(ctx context.Context, op string, loaded Outcome, body func(*pgx.Conn) error) error {
	o := observations.Get().(*Observation)
	defer observations.Put(o)
	*o = Observation{Operation: op, Outcome: loaded, Start: time.Now()}
	err := p.attempts(ctx, o, body)
	o.Duration = time.Since(o.Start)
	err = p.wrap(op, err)
	if p.observer != nil {
		switch {
		case errors.Is(err, ErrNoWork):
			o.Outcome = OutcomeEmpty
		case err != nil:
			o.Outcome, o.Err = OutcomeError, err
		}
		p.observer.Observe(o)
	}
	return err
}

// observations are used again: one that an Observer is given would else be allocated at each call.
var observations = sync.Pool{New: func() any { return new(Observation) }}

func (p *Provider) attempts(ctx context.Context, o *Observation, body func(*pgx.Conn) error) error {
	for try := 1; ; try++ {
		err := p.attempt(ctx, try, o, body)
		if err == nil || errors.Is(err, ErrNoWork) {
			return err
		}
		if state := State(err); state != "" {
			o.Failures = append(o.Failures, state)
		}
		if try > repeats || !mayRepeat(err) {
			return err
		}
		o.Retries++
		select {
		case <-time.After(jittered(time.Duration(try) * repeatDelay)):
		case <-ctx.Done():
			return err
		}
	}
}

// repeatDelay is the mean pause before the first repetition; before the second it is twice that, and so on (contract
// section 7.3).
const repeatDelay = 50 * time.Millisecond

// jittered is between half of d and one and a half: those who failed together shall not come back together.
func jittered(d time.Duration) time.Duration { return d/2 + rand.N(d) }

func (p *Provider) attempt(ctx context.Context, try int, o *Observation, body func(*pgx.Conn) error) (err error) {
	asked := o.Start
	if try > 1 {
		asked = time.Now()
	}
	conn, err := p.acquire(ctx)
	o.Wait += time.Since(asked)
	if err != nil {
		return err
	}
	defer func() { p.release(conn, err) }()
	o.Backend = conn.Conn().PgConn().PID()
	before := wireOf(conn.Conn())
	err = p.timed(conn.Conn(), body)
	after := wireOf(conn.Conn()).Sub(before)
	o.Wire.RoundTrips += after.RoundTrips
	o.Wire.BytesOut += after.BytesOut
	o.Wire.BytesIn += after.BytesIn
	return err
}

func (p *Provider) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if p.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
		defer cancel()
	}
	return p.pool.Acquire(ctx)
}

// release gives a connection back. One that was given up stays with the driver, which waits 15 s for the server's answer to
// its goodbye: it would keep its place in the pool for as long, and the process would stand still.
func (p *Provider) release(conn *pgxpool.Conn, err error) {
	if p.timeout > 0 && conn.Conn().IsClosed() && State(err) == StateTimeout {
		conn.Hijack()
		return
	}
	conn.Release()
}

// HangUp is for [pgxpool.Config].BeforeClose: a connection that broke while it was idle, and was found out by the pool's
// ping, leaves its place free without the driver's 15 s of goodbye.
func HangUp(conn *pgx.Conn) {
	if conn.IsClosed() {
		_ = conn.PgConn().Conn().Close()
	}
}

// timed bounds body by a deadline of the connection itself, which costs less than one of the context.
func (p *Provider) timed(conn *pgx.Conn, body func(*pgx.Conn) error) error {
	if p.timeout == 0 {
		return body(conn)
	}
	if err := conn.PgConn().Conn().SetDeadline(time.Now().Add(p.timeout)); err != nil {
		_ = conn.Close(context.Background()) // nobody has told the driver: the pool would hand it out again and again
		return err
	}
	err := body(conn)
	if !conn.IsClosed() { // else whoever closes it has a deadline of their own
		_ = conn.PgConn().Conn().SetDeadline(time.Time{})
	}
	return err
}

// once runs an operation that is no fetch.
func (p *Provider) once(ctx context.Context, op string, body func(*pgx.Conn) error) error {
	return p.do(ctx, op, OutcomeOK, body)
}

// refuse reports an argument that no statement was sent for.
func (p *Provider) refuse(op string, err error) error {
	return &Error{Op: op, Strategy: p.strategy.Name(), Err: err}
}

func millis(d time.Duration) int64 { return d.Milliseconds() }
