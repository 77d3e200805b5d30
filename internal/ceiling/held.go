package ceiling

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/result"
)

const (
	fetch = "fetch_orchestration_item"
	ack   = "ack_orchestration_item"
)

// Held gives how long a turn held its lock, from the traces of a warm fetch that was answered with a turn and of a warm
// ack, as a cell of the hot-row workload has them, and the cell's measured round-trip time, above 0. The time between the
// two calls, microseconds there, is not in it.
//
// The lock is taken by the first statement of the fetch's own: in a transaction of several the candidate's, for update;
// in a batch or a single call the only one that waits. From when the server began with it until the ack returned is what
// the client sees of the held time, less the round trip that this statement's question and the ack's answer travel. What
// a single call still does after it has the lock, and its commit, are in it; so is the search before, which is short.
//
// It fails when a trace is of another operation, cold, or without that statement.
func Held(fetched, acked result.Trace, rtt time.Duration) (time.Duration, error) {
	if rtt <= 0 {
		return 0, fmt.Errorf("RTT %v: it must be above 0", rtt)
	}
	for _, c := range []struct {
		trace     result.Trace
		operation string
		outcome   result.Outcome
	}{{fetched, fetch, result.Loaded}, {acked, ack, result.OK}} {
		if c.trace.Operation != c.operation || c.trace.Outcome != c.outcome || c.trace.Cold {
			return 0, fmt.Errorf("trace of %s (%s, cold %v): give one of %s (%s) that is warm",
				c.trace.Operation, c.trace.Outcome, c.trace.Cold, c.operation, c.outcome)
		}
	}
	i := slices.IndexFunc(fetched.Steps, func(s result.Step) bool { return locks(s.Name) })
	if i < 0 {
		return 0, fmt.Errorf("trace of %s has no statement named <strategy>.%s: it does not say when the lock was taken", fetch, fetch)
	}
	locking := fetched.Steps[i]
	after := fetched.Duration - locking.End
	held := max(locking.End-locking.Start-rtt, 0) + after + acked.Duration
	if after < 0 || held <= 0 {
		return 0, fmt.Errorf("held for %v: the step %s ends at %v of a fetch of %v", held, fetched.Steps[i].Name, fetched.Steps[i].End, fetched.Duration)
	}
	return held, nil
}

// locks says whether a statement is one of the fetch's own: not a begin, and not what another operation lends it.
func locks(statement string) bool {
	parts := strings.Split(statement, ".")
	return len(parts) > 1 && parts[1] == fetch
}
