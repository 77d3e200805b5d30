package latency

import (
	"cmp"
	"maps"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/provider"
)

// Snapshot is what a recorder held at one time. Rows without a single call are left out. Its histograms are the
// reader's own.
type Snapshot struct {
	Operations     []OperationStats // by name, then outcome
	Queries        []QueryStats     // by name
	Orchestrations OrchestrationStats
	Traces         []Trace // one of each kind that was seen whole, in the order of Operations; none after [Merge]
}

// OperationStats are the calls of one operation that ended with one outcome.
type OperationStats struct {
	Name    string
	Outcome provider.Outcome
	Count   uint64 // calls, all of them in Hist
	// Errors is how many calls of that name failed: on a row of outcome error the same as Count, on one of outcome loaded
	// or ok those of the error row, on one of outcome empty 0.
	Errors                        uint64
	Retries                       uint64                  // attempts beyond the first, all calls together
	Failures                      map[string]uint64       // attempts that failed, by provider.State; nil for none
	RoundTrips, BytesOut, BytesIn uint64                  // all calls together
	Overflow                      uint64                  // of Count, those above Max
	Hist                          *hdrhistogram.Histogram // of the duration in nanoseconds; never nil
	Wait                          *hdrhistogram.Histogram // of the wait for a pooled connection, a part of the duration; never nil
}

// QueryStats are the queries of one name, over all connections. [Tracer] says how the queries of a batch are timed.
type QueryStats struct {
	Name     string
	SQL      string                  // one of the texts of that name; "" for a batch as a whole
	Count    uint64                  // queries that succeeded on a prepared statement, all of them in Hist
	Cold     uint64                  // queries that succeeded and prepared the statement first, all of them in ColdHist
	Errors   uint64                  // queries that failed; they are in neither
	Batched  uint64                  // of Count and Cold, those sent within a batch
	Overflow uint64                  // of Count and Cold, those above Max
	Hist     *hdrhistogram.Histogram // nanoseconds; never nil
	ColdHist *hdrhistogram.Histogram // nanoseconds; nil when Cold is 0
}

// OrchestrationStats are whole orchestrations.
type OrchestrationStats struct {
	Completed uint64 // all of them in Hist
	Failed    uint64
	Overflow  uint64                  // of Completed, those above Max
	Hist      *hdrhistogram.Histogram // nanoseconds; never nil
}

// Merge adds snapshots up, such as those of all rounds of a cell. It leaves them unchanged and skips nil ones; of none
// at all it makes an empty Snapshot.
func Merge(snapshots ...*Snapshot) *Snapshot {
	t := newTally()
	for _, s := range snapshots {
		if s == nil {
			continue
		}
		for i := range s.Operations {
			o := &s.Operations[i]
			t.operation(o.Name, o.Outcome).merge(o)
		}
		for i := range s.Queries {
			t.query(s.Queries[i].Name).merge(&s.Queries[i])
		}
		t.orchestrations.merge(&s.Orchestrations)
	}
	return t.snapshot()
}

type operationKey struct {
	name    string
	outcome provider.Outcome
}

// tally is a Snapshot in the making.
type tally struct {
	operations     map[operationKey]*OperationStats
	queries        map[string]*QueryStats
	orchestrations OrchestrationStats
	called         []called
	sent           map[uint32][]sent // by backend
}

func newTally() *tally {
	return &tally{
		operations:     map[operationKey]*OperationStats{},
		queries:        map[string]*QueryStats{},
		orchestrations: OrchestrationStats{Hist: NewHistogram()},
		sent:           map[uint32][]sent{},
	}
}

func (t *tally) operation(name string, outcome provider.Outcome) *OperationStats {
	key := operationKey{name, outcome}
	o := t.operations[key]
	if o == nil {
		o = &OperationStats{Name: name, Outcome: outcome, Hist: NewHistogram(), Wait: NewHistogram()}
		t.operations[key] = o
	}
	return o
}

func (t *tally) query(name string) *QueryStats {
	q := t.queries[name]
	if q == nil {
		q = &QueryStats{Name: name, Hist: NewHistogram()}
		t.queries[name] = q
	}
	return q
}

func (t *tally) snapshot() *Snapshot {
	s := &Snapshot{Orchestrations: t.orchestrations}
	for _, o := range t.operations {
		switch failed := t.operations[operationKey{o.Name, provider.OutcomeError}]; {
		case failed == nil || o.Outcome == provider.OutcomeEmpty:
			o.Errors = 0
		default:
			o.Errors = failed.Count
		}
		s.Operations = append(s.Operations, *o)
	}
	slices.SortFunc(s.Operations, func(a, b OperationStats) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Outcome, b.Outcome))
	})
	for _, name := range slices.Sorted(maps.Keys(t.queries)) {
		s.Queries = append(s.Queries, *t.queries[name])
	}
	s.Traces = t.traces()
	return s
}

func (o *OperationStats) add(c *calls) {
	o.Count += c.latency.count
	o.Retries += c.retries
	o.failed(c.failures)
	o.RoundTrips += c.wire.RoundTrips
	o.BytesOut += c.wire.BytesOut
	o.BytesIn += c.wire.BytesIn
	o.Overflow += c.latency.overflow
	c.latency.addTo(o.Hist)
	c.wait.addTo(o.Wait)
}

func (o *OperationStats) failed(states map[string]uint64) {
	for state, n := range states {
		if o.Failures == nil {
			o.Failures = map[string]uint64{}
		}
		o.Failures[state] += n
	}
}

func (o *OperationStats) merge(from *OperationStats) {
	o.Count += from.Count
	o.Retries += from.Retries
	o.failed(from.Failures)
	o.RoundTrips += from.RoundTrips
	o.BytesOut += from.BytesOut
	o.BytesIn += from.BytesIn
	o.Overflow += from.Overflow
	merge(&o.Hist, from.Hist)
	merge(&o.Wait, from.Wait)
}

func (q *QueryStats) add(s *statement) {
	q.SQL = s.sql
	q.Count += s.warm.count
	q.Cold += s.cold.count
	q.Errors += s.errors
	q.Batched += s.batched
	q.Overflow += s.warm.overflow + s.cold.overflow
	s.warm.addTo(q.Hist)
	if s.cold.count > 0 && q.ColdHist == nil {
		q.ColdHist = NewHistogram()
	}
	s.cold.addTo(q.ColdHist)
}

func (q *QueryStats) merge(from *QueryStats) {
	q.SQL = from.SQL
	q.Count += from.Count
	q.Cold += from.Cold
	q.Errors += from.Errors
	q.Batched += from.Batched
	q.Overflow += from.Overflow
	merge(&q.Hist, from.Hist)
	merge(&q.ColdHist, from.ColdHist)
}

func (o *OrchestrationStats) merge(from *OrchestrationStats) {
	o.Completed += from.Completed
	o.Failed += from.Failed
	o.Overflow += from.Overflow
	merge(&o.Hist, from.Hist)
}

// merge adds from, which may be nil, to *to, which is made when it is needed.
func merge(to **hdrhistogram.Histogram, from *hdrhistogram.Histogram) {
	if from == nil {
		return
	}
	if *to == nil {
		*to = NewHistogram()
	}
	(*to).Merge(from) // drops nothing: the geometry is the same
}
