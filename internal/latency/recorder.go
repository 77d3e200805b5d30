package latency

import (
	"sync"
	"sync/atomic"
	"time"

	"pgbench-provider/provider"
)

// Recorder collects what one benchmark cell measures. It is made by [NewRecorder] and its methods may be called from any
// goroutine; what [Recorder.Observer] and [Recorder.Tracer] hand out belongs to one goroutine at a time.
type Recorder struct {
	state  atomic.Uint64 // the number of Resets, shifted left, and whether it records in the lowest bit
	on     atomic.Int64  // when recording was last switched on, by now()
	mu     sync.Mutex
	shards []shard // those that recorded since the last Reset
}

// NewRecorder gives an empty recorder that does not record yet: see [Recorder.SetRecording].
func NewRecorder() *Recorder { return &Recorder{} }

// SetRecording switches recording on or off, as at the end of a warm-up. What ends while it is on is recorded, whenever
// it began; what ends while it is off leaves no trace, except that a connection still learns which statements it has
// prepared.
func (r *Recorder) SetRecording(on bool) {
	if on {
		r.on.Store(int64(now()))
		r.state.Or(1)
	} else {
		r.state.And(^uint64(1))
	}
}

// Reset forgets everything recorded. Shards stay usable, and recording stays on or off as it was. A shard that records
// no more is released, so a recorder may serve any number of rounds.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Add(2)
	r.shards = nil
}

// Observer gives a new shard for operations, to be used by one goroutine at a time. Operations that were cancelled
// ([context.Canceled]) are not recorded: they end with the run and say nothing of the provider.
func (r *Recorder) Observer() provider.Observer {
	o := &observer{operations: map[string]*operation{}}
	o.recorder = r
	return o
}

// Orchestrations gives a new shard for whole orchestrations. They are few, so any number of goroutines may share it.
func (r *Recorder) Orchestrations() *Series {
	s := &Series{}
	s.recorder = r
	return s
}

// Totals gives the operations recorded since the last Reset, and how many of them ended in an error. It may be called
// while workers record and does not hold them up.
func (r *Recorder) Totals() (operations, errors uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.shards {
		if o, ok := s.(*observer); ok {
			operations += o.total.Load()
			errors += o.failed.Load()
		}
	}
	return operations, errors
}

// Snapshot adds up what was recorded since the last Reset. Called while workers record, it holds each of them up for the
// time its shard takes to read, so it is for after [Recorder.SetRecording](false). Never nil.
func (r *Recorder) Snapshot() *Snapshot {
	r.mu.Lock()
	shards, epoch := r.shards, r.state.Load()>>1
	r.mu.Unlock()
	t := newTally()
	for _, s := range shards {
		s.lock()
		if s.current(epoch) {
			s.addTo(t)
		}
		s.unlock()
	}
	return t.snapshot()
}

// A shard is what one worker or connection recorded.
type shard interface {
	lock()
	unlock()
	current(epoch uint64) bool
	clear()
	addTo(*tally)
}

// member is the part that all shards share.
type member struct {
	recorder *Recorder
	// mu is taken for every record, and otherwise only by Snapshot: uncontended, it costs two atomic operations, some
	// 10 ns. Note: a flag per shard, awaited by SetRecording, was thought through; it takes as many atomic operations and
	// makes a Snapshot at the wrong time a data race.
	mu    sync.Mutex
	epoch uint64 // the recorder's when this shard joined, plus one; 0 before that
	_     [64]byte
}

func (m *member) lock()                     { m.mu.Lock() }
func (m *member) unlock()                   { m.mu.Unlock() }
func (m *member) current(epoch uint64) bool { return m.epoch == epoch+1 }

// enter locks the shard for recording and is false when nothing is to be recorded. The first record after a Reset
// empties the shard and makes it known: Reset itself touches no shard, so it cannot disturb one.
func (m *member) enter(self shard) bool {
	state := m.recorder.state.Load()
	if state&1 == 0 {
		return false
	}
	m.mu.Lock()
	if !m.current(state >> 1) {
		m.join(self, state>>1)
	}
	return true
}

func (m *member) join(self shard, epoch uint64) {
	self.clear()
	m.epoch = epoch + 1
	r := m.recorder
	r.mu.Lock()
	defer r.mu.Unlock()
	// After one more Reset the shard joins at its next record.
	if r.state.Load()>>1 == epoch {
		r.shards = append(r.shards, self)
	}
}

var began = time.Now()

// now reads the monotonic clock alone, at half the price of time.Now.
func now() time.Duration { return time.Since(began) }
