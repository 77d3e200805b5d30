// Package verify proves on a given server that strategies mean the same: by the contract's rules, and by random scripts
// compared with a model. It works in schemas that it makes and drops.
package verify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/equivalence"
	"pgbench-provider/internal/pooler"
	"pgbench-provider/internal/target"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/provider/providertest"
)

// schemaPrefix begins the names of the schemas.
const schemaPrefix = "pgbp_verify"

// scriptLength is long enough for locks to run out and be taken over, short enough to begin anew often.
const scriptLength = 200

// A schema is a fresh one and a connection to it.
type schema struct {
	config *pgx.ConnConfig
	admin  *pgx.Conn // holds the schema
	conn   *pgx.Conn
	name   string
}

func open(ctx context.Context, server *target.Server) (*schema, error) {
	admin, err := pgx.ConnectConfig(ctx, server.Config())
	if err != nil {
		return nil, err
	}
	s := &schema{config: server.Config(), admin: admin}
	create := target.CreateHeldSchema
	if server.Pooler() != pooler.None {
		create = target.CreateSchema // a pooler's sessions outlive their clients
	}
	if s.name, err = create(ctx, admin, schemaPrefix); err != nil {
		return nil, errors.Join(err, admin.Close(context.WithoutCancel(ctx)))
	}
	s.config.RuntimeParams["search_path"] = pgx.Identifier{s.name}.Sanitize()
	s.config.RuntimeParams["synchronous_commit"] = "off" // what is checked is the answer, and nothing is kept
	if s.conn, err = pgx.ConnectConfig(ctx, s.config); err != nil {
		return nil, errors.Join(err, target.DropSchema(context.WithoutCancel(ctx), admin, s.name), admin.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// drop also works after a cancellation, which may have broken the connection.
func (s *schema) drop(ctx context.Context, server *target.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.conn.Close(ctx)
	admin, err := pgx.ConnectConfig(ctx, server.Config())
	if err != nil {
		return err
	}
	err = target.DropSchema(ctx, admin, s.name)
	_ = s.admin.Close(ctx) // until then it holds the schema
	return errors.Join(err, admin.Close(ctx))
}

// Scripts says how many operations to run: until both are reached, but no longer than a Budget above zero.
type Scripts struct {
	Operations int
	Seed       uint64
	Budget     time.Duration
	// Schema, if set, is a migrated one that holds nothing: the strategies use it one after the other, each compared with
	// the model, and nothing is created.
	Schema string
	// Spoil, if set, is called with a connection to each strategy's schema before the first script. It is for trying out
	// that a fault is found.
	Spoil func(context.Context, provider.Strategy, *pgx.Conn) error
}

// Equivalence runs random scripts on all strategies and the model. It returns how many operations each ran, and the
// difference, shrunk, when there is one. progress is told of the operations done; nil is nobody.
func Equivalence(ctx context.Context, server *target.Server, strategies []provider.Strategy, o Scripts, progress func(done int)) (done int, found *equivalence.Difference, err error) {
	if o.Schema != "" {
		return inTurn(ctx, server, strategies, o)
	}
	var parties []equivalence.Party
	for _, s := range strategies {
		schema, err := open(ctx, server)
		if err != nil {
			return 0, nil, err
		}
		defer func() { err = errors.Join(err, schema.drop(ctx, server)) }()
		if err := migrations.Apply(ctx, schema.conn, s); err != nil {
			return 0, nil, err
		}
		if o.Spoil != nil {
			if err := o.Spoil(ctx, s, schema.conn); err != nil {
				return 0, nil, err
			}
		}
		parties = append(parties, equivalence.Party{Strategy: s, Conn: schema.conn})
	}
	return scripts(ctx, parties, o, progress)
}

// inTurn runs the scripts on one strategy after the other in one schema, and gives how many each ran at least.
func inTurn(ctx context.Context, server *target.Server, strategies []provider.Strategy, o Scripts) (done int, found *equivalence.Difference, err error) {
	config := server.Config()
	config.RuntimeParams["search_path"] = pgx.Identifier{o.Schema}.Sanitize()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return 0, nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	o.Budget /= time.Duration(max(len(strategies), 1))
	done = o.Operations
	for _, s := range strategies {
		if err := migrations.Apply(ctx, conn, s); err != nil {
			return 0, nil, err
		}
		n, found, err := scripts(ctx, []equivalence.Party{{Strategy: s, Conn: conn}}, o, nil)
		if err != nil || found != nil {
			return n, found, err
		}
		done = min(done, n)
	}
	return done, nil, equivalence.Empty(ctx, conn)
}

func scripts(ctx context.Context, parties []equivalence.Party, o Scripts, progress func(done int)) (done int, found *equivalence.Difference, err error) {
	check := func(s equivalence.Script) (*equivalence.Difference, error) {
		return equivalence.Check(ctx, s, parties...)
	}
	began := time.Now()
	for n := uint64(0); done < o.Operations && (o.Budget == 0 || time.Since(began) < o.Budget); n++ {
		r := rand.New(rand.NewPCG(o.Seed, n))
		script := equivalence.Random(r.IntN, min(scriptLength, o.Operations-done))
		d, err := check(script)
		if err != nil {
			return done, nil, err
		}
		if d != nil {
			d, err = equivalence.Shrink(d, 3000, check)
			return done, d, err
		}
		done += len(script)
		if progress != nil {
			progress(done)
		}
	}
	return done, nil, nil
}

// A Verdict is what became of one rule.
type Verdict struct {
	Strategy, Family, Rule string
	Failure                string // empty when the rule holds
}

// Conformance runs the contract's rules on all strategies at once, and tells each verdict as it comes, one at a time. Rules
// that need more than a schema are left out.
func Conformance(ctx context.Context, server *target.Server, strategies []provider.Strategy, tell func(Verdict)) error {
	var mu sync.Mutex
	var group sync.WaitGroup
	errs := make([]error, len(strategies))
	for i, s := range strategies {
		group.Go(func() {
			errs[i] = conform(ctx, server, s, func(v Verdict) {
				mu.Lock()
				defer mu.Unlock()
				tell(v)
			})
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func conform(ctx context.Context, server *target.Server, s provider.Strategy, tell func(Verdict)) (err error) {
	schema, err := open(ctx, server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, schema.drop(ctx, server)) }()
	h, err := providertest.Open(ctx, schema.config, s)
	if err != nil {
		return err
	}
	defer h.Close()
	for _, rule := range providertest.Rules() {
		if rule.Privileged {
			continue
		}
		if err := h.Reset(ctx); err != nil {
			return err
		}
		t := &trial{ctx: ctx}
		ended := make(chan struct{})
		go func() { // Fatalf ends the goroutine
			defer close(ended)
			rule.Check(t, h)
		}()
		<-ended
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		tell(Verdict{s.Name(), rule.Family, rule.Name, t.failure})
	}
	return nil
}

// A trial is a [providertest.T] that keeps the first complaint.
type trial struct {
	ctx     context.Context
	failure string
}

func (t *trial) Helper()                  {}
func (t *trial) Context() context.Context { return t.ctx }
func (t *trial) Failed() bool             { return t.failure != "" }
func (t *trial) Logf(string, ...any)      {}

func (t *trial) Errorf(format string, args ...any) {
	if t.failure == "" {
		t.failure = fmt.Sprintf(format, args...)
	}
}

func (t *trial) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}
