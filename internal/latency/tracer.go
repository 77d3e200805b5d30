package latency

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Tracer is the shard of one connection. It is had from [Recorder.Tracer], and set as ConnConfig.Tracer of that
// connection alone (in pgxpool: in BeforeConnect, which is given a config of its own for each connection).
//
// The time at which a query began is kept here and not in a context, which costs an allocation. That is right because
// calls of one connection do not overlap: pgx (v5.12) traces the start in Query or Exec and the end when the rows are
// closed, and until then the connection refuses other work. A query that is refused in between takes the place of the
// first, of which then nothing is recorded. Only a prepare runs inside a query.
//
// A query is cold when pgx prepared the statement within it: one more round trip, and a plan to make. Cold queries
// are reported apart. Failed queries are counted and have no latency; cancelled ones are not counted.
type Tracer struct {
	member
	statements map[string]*statement // by text
	all        []*statement
	backend    uint32
	sent       sample[sent]

	query     *statement // now running, or nil
	start     time.Duration
	cold      bool
	preparing *statement

	batch batch
}

// Recorder's tracers follow queries, batches and prepares; a COPY is not part of any strategy.
var (
	_ pgx.QueryTracer   = (*Tracer)(nil)
	_ pgx.BatchTracer   = (*Tracer)(nil)
	_ pgx.PrepareTracer = (*Tracer)(nil)
)

// statement holds the queries of one text.
type statement struct {
	sql, name  string
	prepared   bool // this connection has it prepared
	warm, cold sparse
	errors     uint64
	batched    uint64
	sends      *statement // batches that begin with this statement, or nil
}

// maxStatements bounds the texts a connection remembers, should a strategy build its SQL anew at each call; the rest is
// filed as otherStatements.
const (
	maxStatements   = 1000
	otherStatements = "(other)"
)

// Tracer gives a new shard, to be used by one connection.
func (r *Recorder) Tracer() *Tracer {
	t := &Tracer{statements: map[string]*statement{}}
	t.recorder = r
	return t
}

// TraceQueryStart notes the time. It gives ctx back unchanged. The connection may be nil; its statements are then part of
// no trace.
func (t *Tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	t.meet(conn)
	t.query, t.cold = t.lookup(data.SQL), false
	t.start = now()
	return ctx
}

// TraceQueryEnd files the query that TraceQueryStart began; without one it does nothing.
func (t *Tracer) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	s := t.query
	if s == nil {
		return
	}
	end := now()
	t.query = nil
	if data.Err != nil {
		s.prepared = false // pgx drops it from its cache
	}
	t.file(s, t.start, end, t.cold, false, data.Err)
}

func (t *Tracer) meet(conn *pgx.Conn) {
	if t.backend == 0 && conn != nil {
		t.backend = conn.PgConn().PID()
	}
}

// TracePrepareStart notes the statement. It gives ctx back unchanged.
func (t *Tracer) TracePrepareStart(ctx context.Context, _ *pgx.Conn, data pgx.TracePrepareStartData) context.Context {
	t.preparing = t.lookup(data.SQL)
	return ctx
}

// TracePrepareEnd makes the query around it a cold one, unless the statement was prepared already or could not be.
func (t *Tracer) TracePrepareEnd(_ context.Context, _ *pgx.Conn, data pgx.TracePrepareEndData) {
	s := t.preparing
	if s == nil {
		return
	}
	t.preparing = nil
	s.prepared = data.Err == nil
	t.cold = t.query != nil && s.prepared && !data.AlreadyPrepared
}

func (t *Tracer) file(s *statement, start, end time.Duration, cold, batched bool, err error) {
	if err != nil && errors.Is(err, context.Canceled) || !t.enter(t) {
		return
	}
	defer t.mu.Unlock()
	switch {
	case err != nil:
		s.errors++
		return
	case cold:
		s.cold.record(end - start)
	default:
		s.warm.record(end - start)
	}
	if batched {
		s.batched++
	}
	if s.sql != "" { // a batch as a whole is in its parts
		t.sent.keep(sent{s, start, end, cold})
	}
}

// lookup finds the statement by its text, which pgx hands on as it was given: as a rule the same string, so that
// comparing it takes one look at the pointer.
func (t *Tracer) lookup(sql string) *statement {
	if s := t.statements[sql]; s != nil {
		return s
	}
	if len(t.statements) < maxStatements {
		return t.learn(sql, StatementName(sql))
	}
	if s := t.statements[otherStatements]; s != nil {
		return s
	}
	return t.learn(otherStatements, otherStatements)
}

func (t *Tracer) learn(key, name string) *statement {
	s := &statement{sql: key, name: name}
	t.statements[key] = s
	t.list(s)
	return s
}

// list makes s known to Snapshot, the only other reader of a connection's shard.
func (t *Tracer) list(s *statement) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, s)
}

func (t *Tracer) clear() {
	t.sent.clear(mostSent)
	for _, s := range t.all {
		s.errors, s.batched = 0, 0
		s.warm.clear()
		s.cold.clear()
	}
}

func (t *Tracer) addTo(sum *tally) {
	for _, s := range t.all {
		if s.warm.count+s.cold.count+s.errors > 0 {
			sum.query(s.name).add(s)
		}
	}
	sum.sent[t.backend] = append(sum.sent[t.backend], t.sent.kept...)
}
