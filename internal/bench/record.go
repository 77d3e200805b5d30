package bench

import (
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
	"pgbench-provider/migrations"
	"pgbench-provider/strategies"
)

// polling is the operation by which a process whose dispatchers sleep looks for what others did. How often it does so is a
// matter of time, not of the work: it is told apart.
const polling = "next_visible"

// recorded turns what a round measured into its part of the result. orchestrates says whether units are orchestrations.
func recorded(s *latency.Snapshot, w window, orchestrates bool) (r result.Round, err error) {
	r = result.Round{StartedAt: w.began.UTC(), Duration: w.ended.Sub(w.began), Operations: []result.Operation{}}
	for _, o := range s.Operations {
		if o.Name == polling {
			l, err := result.NewLatency(o.Hist, int64(o.Errors))
			if err != nil {
				return r, err
			}
			r.Waiting = &l
			continue
		}
		op := result.Operation{Name: o.Name, Outcome: result.Outcome(o.Outcome), Retries: int64(o.Retries)}
		if op.Latency, err = result.NewLatency(o.Hist, int64(o.Errors)); err != nil {
			return r, err
		}
		for state, n := range o.Failures {
			if op.Failures == nil {
				op.Failures = map[string]int64{}
			}
			op.Failures[state] = int64(n)
		}
		n := float64(o.Count)
		op.RoundTripsPerOp = float64(o.RoundTrips) / n
		op.BytesOutPerOp, op.BytesInPerOp = float64(o.BytesOut)/n, float64(o.BytesIn)/n
		r.Operations = append(r.Operations, op)
	}
	for _, q := range s.Queries {
		if strings.HasSuffix(q.Name, "."+polling) {
			continue
		}
		for _, part := range []struct {
			suffix string
			hist   *hdrhistogram.Histogram
			errors uint64
		}{{"", q.Hist, q.Errors}, {" (cold)", q.ColdHist, 0}} {
			if part.errors == 0 && (part.hist == nil || part.hist.TotalCount() == 0) {
				continue
			}
			l, err := result.NewLatency(part.hist, int64(part.errors))
			if err != nil {
				return r, err
			}
			r.Queries = append(r.Queries, result.Query{Name: q.Name + part.suffix, Latency: l})
		}
	}
	if orchestrates {
		r.Orchestrations, err = result.NewOrchestrations(s.Orchestrations.Hist, int64(s.Orchestrations.Failed), max(r.Duration, time.Nanosecond))
	}
	return r, err
}

// typical gives of each kind the call, out of those that the rounds gave, that lies nearest to the median of them.
func (c *cell) typical() []result.Trace { return traces(latency.Typical(c.traces)) }

func traces(in []latency.Trace) (out []result.Trace) {
	for _, t := range in {
		if t.Operation == polling {
			continue
		}
		r := result.Trace{Operation: t.Operation, Outcome: result.Outcome(t.Outcome), Cold: t.Cold, Calls: int64(t.Calls),
			Duration: t.Duration, Wait: t.Wait}
		for _, s := range t.Steps {
			r.Steps = append(r.Steps, result.Step(s))
		}
		out = append(out, r)
	}
	return out
}

// locations say how the tool came by the server.
var locations = map[string]string{"dsn": "named by the caller", "embedded": "private cluster", "container": "container"}

func serverOf(f target.Facts, s *target.Server) result.Server {
	return result.Server{Version: f.Version, VersionNum: f.VersionNum, Location: locations[s.Kind()], Address: s.Address(), TLS: f.TLS,
		Pooler: f.Pooler, Settings: f.Settings, Extensions: f.Extensions, DatabaseBytes: f.DatabaseBytes,
		Facts: map[string]string{"schema_hash": migrations.Hash(), "routines_hash": strategies.RoutineHash()}}
}
