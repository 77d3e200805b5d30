package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/target"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
	"pgbench-provider/workloads"
)

// A Child is one process of several that work on the same schema, as [RunChild] is told it.
type Child struct {
	DSN         string
	Schema      string
	Strategy    string
	Workload    string
	Params      workloads.Params
	InFlight    int
	Dispatchers [2]int // orchestration and worker
	WorkBatch   int
	TurnBatch   int
	Round       time.Duration // that counts; a tenth of it goes before
	AwaitPoll   time.Duration // 0 when there is only one process
}

// A ChildRound is what a child did in a round.
type ChildRound struct {
	PerSecond float64       // units that ended, in the part that counts
	Count     int64         // of the whole round
	CPU       time.Duration // of the process, in the whole round
	Error     string        // "" is none
}

// RunChild reads a [Child] from in, as JSON, and then a prefix for instance ids for each round that is to be run; it
// writes a [ChildRound] for each. It ends with in.
func RunChild(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	var child Child
	if err := requests.Decode(&child); err != nil {
		return err
	}
	server, err := target.Open(ctx, target.Spec{DSN: child.DSN})
	if err != nil {
		return err
	}
	defer server.Close(context.WithoutCancel(ctx))
	c, err := child.open(ctx, server)
	defer c.close()
	if err != nil {
		return err
	}
	for {
		var prefix string
		if err := requests.Decode(&prefix); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := child.round(ctx, c, prefix)
		if err != nil {
			r.Error = err.Error()
		}
		if err := answers.Encode(r); err != nil {
			return err
		}
	}
}

func (child *Child) open(ctx context.Context, server *target.Server) (c *cell, err error) {
	w, err := workloads.Lookup(child.Workload)
	if err != nil {
		return nil, err
	}
	s, err := strategies.Lookup(child.Strategy)
	if err != nil {
		return nil, err
	}
	b := &benchmark{Config: Config{InFlight: child.InFlight}, server: server}
	c = &cell{arm: arm{name: child.Strategy, strategy: s}, workload: w, schema: child.Schema, recorder: latency.NewRecorder(),
		dispatchers: Dispatchers{child.Dispatchers[0], child.Dispatchers[1]}}
	if c.params, err = w.Defaults().Or(child.Params); err != nil {
		return nil, err
	}
	if c.pool, err = b.openPool(ctx, c); err != nil {
		return c, err
	}
	conns, err := acquireAll(ctx, c.pool)
	releaseAll(conns)
	if err != nil {
		return c, err
	}
	c.provider, err = provider.New(b.provider(c.pool, s))
	return c, err
}

func (child *Child) round(ctx context.Context, c *cell, prefix string) (r ChildRound, err error) {
	before := cpu()
	session, err := c.workload.Open(ctx, workloads.Env{Provider: c.provider, Params: c.params, Prefix: prefix, AwaitPoll: child.AwaitPoll,
		Orchestration: c.dispatchers.Orchestration, Worker: c.dispatchers.Worker, WorkBatch: child.WorkBatch, TurnBatch: child.TurnBatch})
	if err != nil {
		return r, err
	}
	l := &loop{session: session, inFlight: child.InFlight, series: c.recorder.Orchestrations}
	wait := l.start(ctx)
	l.until(ctx, child.Round/10, int64(child.InFlight))
	began, done := time.Now(), l.ended.Load()
	l.until(ctx, child.Round, 0)
	r.PerSecond = float64(l.ended.Load()-done) / time.Since(began).Seconds()
	l.stop.Store(true)
	err = wait()
	err = errors.Join(err, session.Close(context.WithoutCancel(ctx)))
	r.Count, r.CPU = l.ended.Load(), cpu()-before
	if err != nil {
		err = fmt.Errorf("%s, %s: %w", child.Strategy, child.Workload, err)
	}
	return r, err
}
