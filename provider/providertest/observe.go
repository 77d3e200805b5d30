package providertest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// record keeps what the provider said of its operations.
type record struct {
	mu  sync.Mutex
	all []provider.Observation
}

// Observe implements [provider.Observer].
func (r *record) Observe(o *provider.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, *o)
}

func (r *record) list() []provider.Observation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// exchanges counts statements, and a batch as one: what a client waits for.
type exchanges struct{ n atomic.Int64 }

// TraceQueryStart implements [pgx.QueryTracer].
func (e *exchanges) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	e.n.Add(1)
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (e *exchanges) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements [pgx.BatchTracer].
func (e *exchanges) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	e.n.Add(1)
	return ctx
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (e *exchanges) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements [pgx.BatchTracer].
func (e *exchanges) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
