package bench

import (
	"context"
	"slices"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// cold measures the first unit of each cell at the distances that ask for it, on connections of its own. They are open
// before it begins: what is cold is their statements.
func (b *benchmark) cold(ctx context.Context, cells []*cell) error {
	for _, c := range cells {
		if !slices.Contains(b.Cold, c.rtt) || c.control {
			continue
		}
		b.progress(Progress{Phase: "cold", Strategy: c.name, Workload: c.out.Workload, AddedRTT: c.rtt})
		if err := b.through(ctx, func() error { return b.coldUnit(ctx, c) }); err != nil {
			return err
		}
	}
	return nil
}

func (b *benchmark) coldUnit(ctx context.Context, c *cell) error {
	pool, err := b.openPool(ctx, c)
	if err != nil {
		return err
	}
	c.coldPool = pool
	defer func() {
		c.coldPool = nil
		pool.Close()
	}()
	p, err := provider.New(b.provider(pool, c.strategy))
	if err != nil {
		return err
	}
	// Opening the session may have used statements: its connections are exchanged for new ones.
	ready := func() error {
		pool.Reset()
		conns, err := acquireAll(ctx, pool)
		releaseAll(conns)
		return err
	}
	r, s, err := b.measure(ctx, c, p, "cold", b.Seed, ready, first)
	if err != nil {
		return err
	}
	r.Round = 1
	c.out.Cold = &result.Cold{Round: r, Traces: traces(s.Traces)}
	return nil
}

// first drives one unit and records all of it.
func first(ctx context.Context, c *cell, s workloads.Session) (w window, err error) {
	units := c.recorder.Orchestrations()
	c.recorder.SetRecording(true)
	w.began = time.Now()
	began, ended, err := s.Do(ctx, 0)
	if err == nil {
		units.Record(ended.Sub(began), true)
	}
	c.recorder.SetRecording(false)
	w.ended = time.Now()
	return w, cancelled(ctx, err)
}
