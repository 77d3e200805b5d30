package latency

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// batchSuffix ends the name of a batch as a whole: "pipeline.ack_work_item.batch".
const batchSuffix = "batch"

// batch is the state of the batch now running on a connection.
type batch struct {
	running bool
	cold    bool
	whole   *statement // nil for an empty batch
	queued  []*statement
	next    int
	start   time.Duration
	mark    time.Duration // when the latest result was complete
}

// TraceBatchStart notes the time and the statements. It gives ctx back unchanged.
//
// A batch is cold when it holds a statement that this connection has not prepared: pgx prepares those first, in one
// round trip of their own that it does not trace.
func (t *Tracer) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	t.meet(conn)
	b := &t.batch
	*b = batch{running: true, queued: b.queued[:0]}
	if data.Batch != nil {
		for _, q := range data.Batch.QueuedQueries {
			s := t.lookup(q.SQL)
			b.queued = append(b.queued, s)
			b.cold = b.cold || !s.prepared
		}
	}
	b.whole = t.wholeOf(b.queued)
	b.start = now()
	b.mark = b.start
	return ctx
}

// TraceBatchQuery files one statement of a batch. Its time runs from the result before it, or from the start of the
// batch, so that the statements of a batch add up to the batch: the first bears the round trip.
func (t *Tracer) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	b := &t.batch
	if !b.running {
		return
	}
	at := now()
	s := b.statement(t, data.SQL)
	s.prepared = data.Err == nil
	t.file(s, b.mark, at, b.cold, true, data.Err)
	b.mark = at
}

// TraceBatchEnd files the batch as a whole, under the name of its first named statement with the last part replaced by
// "batch". Of the two ends that pgx traces when a batch fails early, the second does nothing.
func (t *Tracer) TraceBatchEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	b := &t.batch
	if !b.running {
		return
	}
	b.running = false
	if data.Err != nil {
		for _, s := range b.queued {
			s.prepared = false // pgx drops all of them from its cache
		}
	}
	if b.whole != nil {
		t.file(b.whole, b.start, now(), b.cold, false, data.Err)
	}
}

// statement gives the next statement of the batch, or looks the text up when a pgx.QueryRewriter has changed it.
func (b *batch) statement(t *Tracer, sql string) *statement {
	if b.next < len(b.queued) {
		s := b.queued[b.next]
		b.next++
		if s.sql == sql {
			return s
		}
	}
	return t.lookup(sql)
}

func (t *Tracer) wholeOf(queued []*statement) *statement {
	if len(queued) == 0 {
		return nil
	}
	first := queued[0]
	for _, s := range queued {
		if strings.Contains(s.name, ".") {
			first = s
			break
		}
	}
	if first.sends == nil {
		first.sends = &statement{name: batchName(first.name)}
		t.list(first.sends)
	}
	return first.sends
}

func batchName(statement string) string {
	if i := strings.LastIndexByte(statement, '.'); i >= 0 {
		return statement[:i+1] + batchSuffix
	}
	return batchSuffix
}
