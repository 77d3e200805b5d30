package chaos

import (
	"maps"
	"strings"
	"sync"
	"time"

	"pgbench-provider/provider"
)

// A record is what the operations of all processes came to.
type record struct {
	mu       sync.Mutex
	states   map[string]int
	problems []string
	backends map[uint32]bool // that have done anything
	acked    chan time.Time  // takes the time of the next ack; nil while nobody asks
	stale    map[uint32]bool // backends whose acks do not count for it
}

func newRecord() *record { return &record{states: map[string]int{}, backends: map[uint32]bool{}} }

// Observe counts failures, and tells whoever waits for it that an ack has succeeded.
func (r *record) Observe(o *provider.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, state := range o.Failures {
		r.states[state]++
	}
	r.backends[o.Backend] = true
	if r.acked != nil && o.Outcome == provider.OutcomeOK && strings.HasPrefix(o.Operation, "ack_") && !r.stale[o.Backend] {
		r.acked <- time.Now()
		r.acked = nil
	}
}

// nextAck gives the time of the next successful ack; fresh is of a backend that has not been seen before.
func (r *record) nextAck(fresh bool) <-chan time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stale = nil
	if fresh {
		r.stale = maps.Clone(r.backends)
	}
	acked := make(chan time.Time, 1)
	r.acked = acked
	return acked
}

// unseen is told of errors that no caller sees.
func (r *record) unseen(err error) {
	if provider.IsRetryable(err) {
		return
	}
	r.problem(err.Error())
}

func (r *record) problem(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, text)
}

func (r *record) permanent() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.problems
}

func (r *record) counts() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.states)
}
