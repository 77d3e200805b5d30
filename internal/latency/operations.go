package latency

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"pgbench-provider/provider"
)

// observer is a worker's shard.
type observer struct {
	member
	operations map[string]*operation
	called     sample[called]
	total      atomic.Uint64
	failed     atomic.Uint64
}

// operation holds the calls of one name, by slot of their outcome. Slots are filled at first use.
type operation [4]*calls

var outcomes = [4]provider.Outcome{provider.OutcomeLoaded, provider.OutcomeEmpty, provider.OutcomeOK, provider.OutcomeError}

func slot(o provider.Outcome) int {
	for i, known := range outcomes[:3] {
		if o == known {
			return i
		}
	}
	return 3
}

type calls struct {
	retries  uint64
	failures map[string]uint64 // nil while nothing failed
	wire     provider.Wire
	latency  sparse
	wait     sparse
}

// Observe files o under its name and outcome.
func (s *observer) Observe(o *provider.Observation) {
	if o.Err != nil && errors.Is(o.Err, context.Canceled) || !s.enter(s) {
		return
	}
	defer s.mu.Unlock()
	i := slot(o.Outcome)
	c := s.calls(o.Operation, i)
	c.retries += uint64(o.Retries)
	for _, state := range o.Failures {
		if c.failures == nil {
			c.failures = map[string]uint64{}
		}
		c.failures[state]++
	}
	c.wire.RoundTrips += o.Wire.RoundTrips
	c.wire.BytesOut += o.Wire.BytesOut
	c.wire.BytesIn += o.Wire.BytesIn
	c.latency.record(o.Duration)
	c.wait.record(o.Wait)
	// Of a call that began before recording did, the first statements are missing.
	if start := o.Start.Sub(began); int64(start) >= s.recorder.on.Load() {
		s.called.keep(called{o.Operation, i, start, o.Duration, o.Wait, o.Backend, o.Retries})
	}
	s.total.Add(1)
	if outcomes[i] == provider.OutcomeError {
		s.failed.Add(1)
	}
}

func (s *observer) calls(name string, i int) *calls {
	op := s.operations[name]
	if op == nil {
		op = new(operation)
		s.operations[name] = op
	}
	if op[i] == nil {
		op[i] = new(calls)
	}
	return op[i]
}

func (s *observer) clear() {
	s.total.Store(0)
	s.failed.Store(0)
	s.called.clear(mostCalled)
	for _, op := range s.operations {
		for _, c := range op {
			if c != nil {
				c.retries, c.failures, c.wire = 0, nil, provider.Wire{}
				c.latency.clear()
				c.wait.clear()
			}
		}
	}
}

func (s *observer) addTo(t *tally) {
	for name, op := range s.operations {
		for i, c := range op {
			if c != nil && c.latency.count > 0 {
				t.operation(name, outcomes[i]).add(c)
			}
		}
	}
	t.called = append(t.called, s.called.kept...)
}

// Series is a shard of whole orchestrations. It is had from [Recorder.Orchestrations].
type Series struct {
	member
	failed  uint64
	latency sparse
}

// Record files one orchestration that ended after d. ok is false when it failed: it is then counted, and d is not used.
func (s *Series) Record(d time.Duration, ok bool) {
	if !s.enter(s) {
		return
	}
	defer s.mu.Unlock()
	if ok {
		s.latency.record(d)
	} else {
		s.failed++
	}
}

func (s *Series) clear() {
	s.failed = 0
	s.latency.clear()
}

func (s *Series) addTo(t *tally) {
	o := &t.orchestrations
	o.Completed += s.latency.count
	o.Failed += s.failed
	o.Overflow += s.latency.overflow
	s.latency.addTo(o.Hist)
}
