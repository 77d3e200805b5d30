package latency

import (
	"cmp"
	"slices"
	"time"

	"pgbench-provider/provider"
)

// Trace is the statements of one real call: that whose duration lies nearest to the median of its kind. Medians of parts
// would not add up to anything that ever happened.
type Trace struct {
	Operation string
	Outcome   provider.Outcome
	Cold      bool          // a statement was prepared within it
	Calls     int           // that it was chosen from: the first of each round
	Duration  time.Duration // of the call
	Wait      time.Duration // of Duration, for a pooled connection
	Steps     []Step        // in order, at least one
}

// Step is one statement of a call; times are from the beginning of the call. Of a batch's statements the first bears the
// round trip.
type Step struct {
	Name       string
	Start, End time.Duration
	Cold       bool
}

// A call and the statements it sent are recorded by different goroutines' shards, which share no lock; they are joined
// afterwards by backend and time. Only the first of each round are kept, so that a full sample costs one comparison.
type (
	called struct {
		operation             string
		slot                  int
		start, duration, wait time.Duration
		backend               uint32
		retries               int
	}
	sent struct {
		*statement
		start, end time.Duration
		cold       bool
	}
)

// How many are kept of each observer and of each connection.
const (
	mostCalled = 64
	mostSent   = 512
)

// sample holds the first values it is given after clear, which makes the room for them.
type sample[T any] struct{ kept []T }

func (s *sample[T]) keep(v T) {
	if len(s.kept) < cap(s.kept) {
		s.kept = append(s.kept, v)
	}
}

func (s *sample[T]) clear(most int) {
	if s.kept == nil {
		s.kept = make([]T, 0, most)
	}
	s.kept = s.kept[:0]
}

// traces gives one of each kind.
func (t *tally) traces() []Trace {
	for _, list := range t.sent {
		slices.SortFunc(list, func(a, b sent) int { return cmp.Compare(a.start, b.start) })
	}
	var all []Trace
	for _, c := range t.called {
		if trace, ok := t.trace(c); ok {
			all = append(all, trace)
		}
	}
	return Typical(all)
}

// Typical gives of each operation, outcome and temperature the call in the middle by duration, ordered by operation,
// outcome, and warm before cold. Calls of the result are those of all of its kind. It leaves its argument unchanged.
func Typical(calls []Trace) (out []Trace) {
	all := slices.Clone(calls)
	slices.SortStableFunc(all, func(a, b Trace) int {
		return cmp.Or(compareKind(a, b), cmp.Compare(a.Duration, b.Duration))
	})
	for len(all) > 0 {
		n, count := 0, 0
		for n < len(all) && compareKind(all[0], all[n]) == 0 {
			count += all[n].Calls
			n++
		}
		middle := all[(n-1)/2]
		middle.Calls = count
		out, all = append(out, middle), all[n:]
	}
	return out
}

func compareKind(a, b Trace) int {
	cold := func(t Trace) int {
		if t.Cold {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(slot(a.Outcome), slot(b.Outcome)), cold(a)-cold(b))
}

// trace finds what a call sent. It is false for a call that was tried again, or of which statements may be missing
// because the connection's sample was full.
func (t *tally) trace(c called) (Trace, bool) {
	list, end := t.sent[c.backend], c.start+c.duration
	if c.retries > 0 || c.backend == 0 || len(list) == 0 || len(list)%mostSent == 0 && list[len(list)-1].start < end {
		return Trace{}, false
	}
	first, _ := slices.BinarySearchFunc(list, c.start, func(s sent, at time.Duration) int { return cmp.Compare(s.start, at) })
	trace := Trace{Operation: c.operation, Outcome: outcomes[c.slot], Calls: 1, Duration: c.duration, Wait: c.wait}
	for _, s := range list[first:] {
		if s.end > end {
			break
		}
		trace.Steps = append(trace.Steps, Step{s.name, s.start - c.start, s.end - c.start, s.cold})
		trace.Cold = trace.Cold || s.cold
	}
	return trace, len(trace.Steps) > 0
}
