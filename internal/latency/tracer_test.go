package latency_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/latency"
	"pgbench-provider/provider"
)

const (
	fetchSQL = "-- name: sp.fetch_work_item\nselect * from fetch_work_item($1::uuid, $2, $3)"
	ackSQL   = "-- name: sp.ack_work_item\nselect ack_work_item($1)"
)

// conn calls a tracer as pgx does.
type conn struct{ t *latency.Tracer }

func (c conn) query(sql string, err error) {
	ctx := c.t.TraceQueryStart(context.Background(), nil, pgx.TraceQueryStartData{SQL: sql})
	c.t.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{Err: err})
}

func (c conn) prepare(sql string, already bool, err error) {
	ctx := c.t.TracePrepareStart(context.Background(), nil, pgx.TracePrepareStartData{Name: "stmt", SQL: sql})
	c.t.TracePrepareEnd(ctx, nil, pgx.TracePrepareEndData{AlreadyPrepared: already, Err: err})
}

func (c conn) coldQuery(sql string, already bool, err error) {
	ctx := c.t.TraceQueryStart(context.Background(), nil, pgx.TraceQueryStartData{SQL: sql})
	c.prepare(sql, already, err)
	c.t.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{Err: err})
}

// batch gives the results of queries up to the one that fails, if one does.
func (c conn) batch(err error, queries ...string) {
	var b pgx.Batch
	for _, sql := range queries {
		b.Queue(sql)
	}
	ctx := c.t.TraceBatchStart(context.Background(), nil, pgx.TraceBatchStartData{Batch: &b})
	for i, sql := range queries {
		data := pgx.TraceBatchQueryData{SQL: sql}
		if i == len(queries)-1 {
			data.Err = err
		}
		c.t.TraceBatchQuery(ctx, nil, data)
	}
	c.t.TraceBatchEnd(ctx, nil, pgx.TraceBatchEndData{Err: err})
	c.t.TraceBatchEnd(ctx, nil, pgx.TraceBatchEndData{Err: err}) // as pgx does after an early error
}

// rows gives name, warm, cold, failed and batched queries.
func rows(r *latency.Recorder) string {
	var all []string
	for _, q := range r.Snapshot().Queries {
		all = append(all, fmt.Sprint(q.Name, " ", q.Count, " ", q.Cold, " ", q.Errors, " ", q.Batched))
	}
	return fmt.Sprintf("%q", all)
}

func want(t *testing.T, r *latency.Recorder, expected ...string) {
	t.Helper()
	if got, want := rows(r), fmt.Sprintf("%q", expected); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	r := recording()
	a, b := conn{r.Tracer()}, conn{r.Tracer()}
	for _, c := range []conn{a, b} {
		c.query("begin", nil)
		c.coldQuery(fetchSQL, false, nil)
		c.query(fetchSQL, nil)
		c.query(fetchSQL, nil)
		c.query("commit", nil)
	}
	a.query(fetchSQL, errors.New("refused"))
	a.query(fetchSQL, fmt.Errorf("stopped: %w", context.Canceled))
	a.coldQuery(ackSQL, true, nil)
	a.coldQuery(ackSQL, false, errors.New("no such function"))
	want(t, r, "begin 2 0 0 0", "commit 2 0 0 0", "sp.ack_work_item 1 0 1 0", "sp.fetch_work_item 4 2 1 0")
	for _, q := range r.Snapshot().Queries {
		if q.Hist.TotalCount() != int64(q.Count) || (q.ColdHist == nil) != (q.Cold == 0) {
			t.Errorf("%s: %d in Hist, ColdHist %v", q.Name, q.Hist.TotalCount(), q.ColdHist)
		}
	}
}

func TestQueryTakesItsTime(t *testing.T) {
	t.Parallel()
	r := recording()
	c := r.Tracer()
	start := time.Now()
	ctx := c.TraceQueryStart(t.Context(), nil, pgx.TraceQueryStartData{SQL: fetchSQL})
	time.Sleep(20 * time.Millisecond)
	c.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
	most := time.Since(start)
	if got := time.Duration(r.Snapshot().Queries[0].Hist.Max()); got < 20*time.Millisecond || got > most+most/1000 {
		t.Errorf("recorded %v of a query of 20 ms to %v", got, most)
	}
	if ctx != t.Context() {
		t.Error("the context was changed")
	}
}

func TestStrayEndsAreIgnored(t *testing.T) {
	t.Parallel()
	r := recording()
	c := r.Tracer()
	ctx := context.Background()
	c.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
	c.TracePrepareEnd(ctx, nil, pgx.TracePrepareEndData{})
	c.TraceBatchQuery(ctx, nil, pgx.TraceBatchQueryData{SQL: fetchSQL})
	c.TraceBatchEnd(ctx, nil, pgx.TraceBatchEndData{})
	want(t, r)
	// A second query on a busy connection is refused; what it interrupts is lost, not wrong.
	c.TraceQueryStart(ctx, nil, pgx.TraceQueryStartData{SQL: fetchSQL})
	conn{c}.query(ackSQL, errors.New("conn busy"))
	c.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
	want(t, r, "sp.ack_work_item 0 0 1 0")
}

func TestBatch(t *testing.T) {
	t.Parallel()
	r := recording()
	c := conn{r.Tracer()}
	one, two := "-- name: pipeline.ack.lock\nselect 1", "-- name: pipeline.ack.append\nselect 2"
	c.batch(nil, "begin", one, two, "commit")
	want(t, r, "begin 0 1 0 1", "commit 0 1 0 1", "pipeline.ack.append 0 1 0 1", "pipeline.ack.batch 0 1 0 0", "pipeline.ack.lock 0 1 0 1")
	r.Reset()
	c.batch(nil, "begin", one, two, "commit")
	want(t, r, "begin 1 0 0 1", "commit 1 0 0 1", "pipeline.ack.append 1 0 0 1", "pipeline.ack.batch 1 0 0 0", "pipeline.ack.lock 1 0 0 1")
	r.Reset()
	c.batch(errors.New("lock lost"), one, two)
	want(t, r, "pipeline.ack.append 0 0 1 0", "pipeline.ack.batch 0 0 1 0", "pipeline.ack.lock 1 0 0 1")
}

func TestBatchAfterPreparingAlone(t *testing.T) {
	t.Parallel()
	r := recording()
	c := conn{r.Tracer()}
	c.prepare(fetchSQL, false, nil)
	c.batch(nil, fetchSQL)
	want(t, r, "sp.batch 1 0 0 0", "sp.fetch_work_item 1 0 0 1")
	c.batch(nil)
	want(t, r, "sp.batch 1 0 0 0", "sp.fetch_work_item 1 0 0 1")
	r.Reset()
	c.batch(errors.New("gone"), fetchSQL) // pgx forgets the statement
	c.batch(nil, fetchSQL)
	want(t, r, "sp.batch 0 1 1 0", "sp.fetch_work_item 0 1 1 1")
}

// TestPartsAddUpToTheBatch: the statements of a batch share its time between them.
func TestPartsAddUpToTheBatch(t *testing.T) {
	t.Parallel()
	r := recording()
	c := r.Tracer()
	b := &pgx.Batch{}
	b.Queue(fetchSQL)
	b.Queue(ackSQL)
	ctx := c.TraceBatchStart(t.Context(), nil, pgx.TraceBatchStartData{Batch: b})
	for _, sql := range []string{fetchSQL, ackSQL} {
		time.Sleep(10 * time.Millisecond)
		c.TraceBatchQuery(ctx, nil, pgx.TraceBatchQueryData{SQL: sql})
	}
	c.TraceBatchEnd(ctx, nil, pgx.TraceBatchEndData{})
	sum := map[bool]int64{}
	for _, q := range r.Snapshot().Queries {
		sum[q.Name == "sp.batch"] += q.ColdHist.Max()
	}
	if whole, parts := sum[true], sum[false]; parts > whole+whole/500 || parts < whole/2 {
		t.Errorf("the parts take %v, the batch %v", time.Duration(parts), time.Duration(whole))
	}
}

func TestEndlessTextsAreBounded(t *testing.T) {
	t.Parallel()
	r := recording()
	c := conn{r.Tracer()}
	const texts = 3000
	for i := range texts {
		c.query(fmt.Sprintf("select %d", i), nil)
	}
	var sum uint64
	rows := r.Snapshot().Queries
	for _, q := range rows {
		sum += q.Count
	}
	if sum != texts || len(rows) > 1001 {
		t.Errorf("%d queries in %d rows, want all %d in about 1000", sum, len(rows), texts)
	}
}

func observation() *provider.Observation {
	return &provider.Observation{Operation: "ack_work_item", Outcome: provider.OutcomeOK, Duration: time.Millisecond,
		Wait: time.Microsecond, Wire: provider.Wire{RoundTrips: 1, BytesOut: 200, BytesIn: 100}}
}

// Not parallel: testing.AllocsPerRun counts for the whole process and refuses parallel tests
func TestRecordingAllocatesNothing(t *testing.T) {
	r := recording()
	o, runs, c := r.Observer(), r.Orchestrations(), conn{r.Tracer()}
	seen := observation()
	var b pgx.Batch
	b.Queue(fetchSQL)
	for what, record := range map[string]func(){
		"an operation":     func() { o.Observe(seen) },
		"an orchestration": func() { runs.Record(time.Millisecond, true) },
		"a query":          func() { c.query(fetchSQL, nil) },
		"a prepared query": func() { c.coldQuery(fetchSQL, false, nil) },
		"a batch of one": func() {
			ctx := c.t.TraceBatchStart(context.Background(), nil, pgx.TraceBatchStartData{Batch: &b})
			c.t.TraceBatchQuery(ctx, nil, pgx.TraceBatchQueryData{SQL: fetchSQL})
			c.t.TraceBatchEnd(ctx, nil, pgx.TraceBatchEndData{})
		},
	} {
		record()
		if n := testing.AllocsPerRun(1000, record); n != 0 {
			t.Errorf("%s costs %v allocations, want none", what, n)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	o := recording().Observer()
	seen := observation()
	b.ReportAllocs()
	for b.Loop() {
		o.Observe(seen)
	}
}

func BenchmarkObserveOff(b *testing.B) {
	o := latency.NewRecorder().Observer()
	seen := observation()
	for b.Loop() {
		o.Observe(seen)
	}
}

func BenchmarkTracerQuery(b *testing.B) {
	c := conn{recording().Tracer()}
	b.ReportAllocs()
	for b.Loop() {
		c.query(fetchSQL, nil)
	}
}
