package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pgbench-provider/internal/latency"
	"pgbench-provider/workloads"
)

// A window is the measured part of a round.
type window struct {
	began, ended time.Time
	offered      *offered // nil for a closed loop
}

// loop keeps units in flight: a closed loop.
type loop struct {
	session  workloads.Session
	inFlight int
	units    int64     // 0: until stop
	deadline time.Time // after it no unit is begun, but for the first; zero: until stop
	next     atomic.Int64
	ended    atomic.Int64
	failed   atomic.Int64
	stop     atomic.Bool
	// cut, when not nil, has units run with a context that the driver need not watch, and ends them after a cancellation.
	cut func(ctx context.Context) (stop func())
	// series gives each client a shard of its own for what its units took.
	series func() *latency.Series
	mu     sync.Mutex
	err    error
}

// start launches the loop and returns what waits for its end.
func (l *loop) start(ctx context.Context) (wait func() error) {
	var group sync.WaitGroup
	stop := func() {}
	if l.cut != nil {
		stop = l.cut(ctx)
		ctx = unwatched{ctx}
	}
	for range l.inFlight {
		group.Go(func() { l.run(ctx) })
	}
	return func() error {
		group.Wait()
		stop()
		return l.err
	}
}

func (l *loop) run(ctx context.Context) {
	series := l.series()
	for !l.stop.Load() {
		n := l.next.Add(1) - 1
		if l.units > 0 && n >= l.units || n > 0 && !l.deadline.IsZero() && time.Now().After(l.deadline) {
			return
		}
		began, ended, err := l.session.Do(ctx, int(n))
		if err != nil {
			if ctx.Err() == nil {
				l.failed.Add(1)
			}
			l.fail(err)
			return
		}
		l.ended.Add(1)
		series.Record(ended.Sub(began), true)
	}
}

// fail ends the loop. The first error is the cause of others, but none hides a wrong answer.
func (l *loop) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = worse(l.err, err)
	l.stop.Store(true)
}

// worse is the first of two errors, unless only the second is a wrong answer.
func worse(first, second error) error {
	if first == nil || errors.Is(second, workloads.ErrCheck) && !errors.Is(first, workloads.ErrCheck) {
		return second
	}
	return first
}

// drive runs one round's load. While the loop comes to speed nothing is recorded: the first tenth of the round, and
// until as many units have ended as are in flight. Then the window opens, for the length of the round and until again as
// many have ended. What is in flight then runs to its end unrecorded. One unit at a time has no
// speed to come to and leaves none half done: all of its round is measured.
func (b *benchmark) drive(ctx context.Context, c *cell, s workloads.Session) (window, error) {
	inFlight := b.inFlight(c.workload, c.dispatchers)
	l := &loop{session: s, inFlight: inFlight, units: int64(b.Orchestrations), series: c.recorder.Orchestrations}
	if !c.workload.Orchestrates() { // orchestrations call with the runtime's own context
		l.cut = c.lines.cutAfter
	}
	record := func(on bool) time.Time {
		c.recorder.SetRecording(on)
		return time.Now()
	}
	var w window
	if b.Orchestrations > 0 {
		w.began = record(true)
		err := l.start(ctx)()
		w.ended = record(false)
		return w, cancelled(ctx, err)
	}
	if inFlight == 1 {
		l.deadline = time.Now().Add(b.Round)
		w.began = record(true)
		err := l.start(ctx)()
		w.ended = record(false)
		return w, cancelled(ctx, err)
	}
	wait := l.start(ctx)
	l.until(ctx, b.Round/10, int64(inFlight))
	w.began = record(true)
	l.until(ctx, b.Round, l.ended.Load()+int64(inFlight))
	w.ended = record(false)
	l.stop.Store(true)
	return w, cancelled(ctx, wait())
}

// until waits for both: that long, and that many units ended. It returns early when the loop has stopped or ctx ended.
func (l *loop) until(ctx context.Context, d time.Duration, ended int64) {
	deadline := time.Now().Add(d)
	for ctx.Err() == nil && !l.stop.Load() {
		left := time.Until(deadline)
		if left <= 0 {
			if l.ended.Load() >= ended {
				return
			}
			left = time.Millisecond
		}
		timer := time.NewTimer(min(left, 50*time.Millisecond))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// cancelled prefers the reason of a cancellation to what it made fail, but not to a wrong answer.
func cancelled(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return worse(context.Cause(ctx), err)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("a unit failed: %w", err)
	}
	return err
}
