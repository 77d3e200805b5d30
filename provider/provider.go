package provider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config is what a [Provider] is made of.
type Config struct {
	// Pool gives connections whose search_path is the provider's schema. Required; the Provider never closes it.
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
}

// A Provider is the durable-task contract over one schema of a PostgreSQL database. It is safe for concurrent use if its
// observer is; see [Provider.WithObserver].
type Provider struct {
	pool      *pgxpool.Pool
	strategy  Strategy
	clock     func() time.Time
	observer  Observer
	histories *histories // nil when none are kept
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
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Provider{c.Pool, c.Strategy, c.Clock, c.Observer, newHistories(c.HistoryCache)}, nil
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

// After a failure that certainly left nothing behind, fetch and ack are tried again up to repeats times, after
// repeatDelay, twice that, and so on (the reference's figures: contract section 7.3).
const (
	repeats     = 3
	repeatDelay = 50 * time.Millisecond
)

// do runs one operation on one pooled connection and reports it. tries bounds how often body runs. loaded is the outcome
// of success. body computes its times anew at each call.
func (p *Provider) do(ctx context.Context, op string, tries int, loaded Outcome, body func(*pgx.Conn) error) error {
	o := observations.Get().(*Observation)
	defer observations.Put(o)
	*o = Observation{Operation: op, Outcome: loaded, Start: time.Now()}
	err := p.attempts(ctx, tries, o, body)
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

func (p *Provider) attempts(ctx context.Context, tries int, o *Observation, body func(*pgx.Conn) error) error {
	for try := 1; ; try++ {
		asked := o.Start
		if try > 1 {
			asked = time.Now()
		}
		conn, err := p.pool.Acquire(ctx)
		o.Wait += time.Since(asked)
		if err != nil {
			return err
		}
		o.Backend = conn.Conn().PgConn().PID()
		before := wireOf(conn.Conn())
		err = body(conn.Conn())
		after := wireOf(conn.Conn()).Sub(before)
		conn.Release()
		o.Wire.RoundTrips += after.RoundTrips
		o.Wire.BytesOut += after.BytesOut
		o.Wire.BytesIn += after.BytesIn
		if try == tries || !mayRepeat(err) {
			return err
		}
		o.Retries++
		select {
		case <-time.After(time.Duration(try) * repeatDelay):
		case <-ctx.Done():
			return err
		}
	}
}

// once runs an operation that is neither a fetch nor an ack.
func (p *Provider) once(ctx context.Context, op string, body func(*pgx.Conn) error) error {
	return p.do(ctx, op, 1, OutcomeOK, body)
}

// refuse reports an argument that no statement was sent for.
func (p *Provider) refuse(op string, err error) error {
	return &Error{Op: op, Strategy: p.strategy.Name(), Err: err}
}

func millis(d time.Duration) int64 { return d.Milliseconds() }
