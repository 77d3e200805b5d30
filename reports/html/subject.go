package html

import (
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// subject is an operation that ended with an outcome, or the whole orchestration.
type subject struct {
	operation string
	outcome   result.Outcome
}

func (s subject) String() string {
	if s.operation == compare.Orchestration {
		return "the whole orchestration"
	}
	return s.operation
}

// main is the whole orchestration, or the operation that takes longest.
func (v view) main() subject {
	s := v.arms[0].cell.Summary
	if s.Orchestrations != nil && s.Orchestrations.P50 > 0 {
		return subject{compare.Orchestration, ""}
	}
	var best subject
	longest := time.Duration(-1)
	for _, op := range s.Operations {
		if (op.Outcome == result.Loaded || op.Outcome == result.OK) && op.P50 > longest {
			best, longest = subject{op.Name, op.Outcome}, op.P50
		}
	}
	return best
}

// latency gives the figures of a subject; all zero where there are none.
func (k subject) latency(ops []result.Operation, o *result.Orchestrations) result.Latency {
	if k.operation == compare.Orchestration {
		if o == nil {
			return result.Latency{}
		}
		return result.Latency{Count: o.Completed, Mean: o.Mean, P50: o.P50, P90: o.P90, P99: o.P99, Max: o.Max, Histogram: o.Histogram}
	}
	for _, op := range ops {
		if op.Name == k.operation && op.Outcome == k.outcome {
			return op.Latency
		}
	}
	return result.Latency{}
}

func (k subject) of(c *result.Cell) result.Latency {
	return k.latency(c.Summary.Operations, c.Summary.Orchestrations)
}

// fewest is how many calls the round with the fewest has.
func (k subject) fewest(c *result.Cell) (n int64) {
	for i, r := range c.Rounds {
		if count := k.latency(r.Operations, r.Orchestrations).Count; i == 0 || count < n {
			n = count
		}
	}
	return n
}
