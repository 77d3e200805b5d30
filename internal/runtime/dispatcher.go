package runtime

import (
	"context"
	"errors"
	"slices"
	"time"

	"pgbench-provider/provider"
)

// A dispatcher fetches turns, decides them and acks them, one after the other.
type dispatcher struct {
	*Runtime
	provider *provider.Provider
	next     *provider.OrchestrationItem // handed over; the fetch that this was is not ended yet
	idle     bool                        // the last ack asked for a turn and there was none
	mark     uint64                      // when the last fetch began
}

func (d *dispatcher) loop(run, calls context.Context) {
	bell := make(chan handed, 1)
	for failures := 0; run.Err() == nil; {
		item, err := d.fetch(calls)
		switch {
		case err == nil:
			d.turns.found()
			failures = 0
			d.turn(run, calls, item)
		case errors.Is(err, provider.ErrNoWork):
			failures = 0
			if d.instances.nothing(d.mark) {
				d.turns.found()
				continue
			}
			d.next = d.turns.rest(run, bell).turn
		default:
			d.turns.found()
			d.report(err)
			sleep(run, backoff(err, failures))
			failures++
		}
	}
	if d.idle {
		d.turns.found()
	}
	if d.next != nil {
		d.turns.found()
		d.abandon(calls, d.next, provider.Abandon{IgnoreAttempt: true})
	}
}

// fetch gives what was handed over, if anything was asked for, or else fetches.
func (d *dispatcher) fetch(calls context.Context) (*provider.OrchestrationItem, error) {
	item, idle := d.next, d.idle
	d.next, d.idle = nil, false
	switch {
	case item != nil:
		return item, nil
	case idle:
		return nil, provider.ErrNoWork
	}
	d.turns.fetches()
	d.mark = d.instances.begin()
	item, err := d.provider.FetchOrchestrationItem(calls, d.LockTimeout)
	if err == nil {
		d.instances.fetched(d.mark, item.Instance)
	}
	return item, err
}

func (d *dispatcher) turn(run, calls context.Context, item *provider.OrchestrationItem) {
	what := decide(d.rules, item)
	switch {
	case what.abandon != nil:
		d.abandon(calls, item, *what.abandon)
	case what.discard:
		d.discard(run, calls, item, what.end)
	default:
		d.commit(run, calls, item, what)
	}
}

func (d *dispatcher) discard(run, calls context.Context, item *provider.OrchestrationItem, end *Result) {
	err := d.persist(run, calls, d.LockTimeout, func() error { return d.provider.DiscardOrchestrationItem(calls, item.LockToken) })
	d.instances.ended(item.Instance)
	switch {
	case err == nil:
		d.counters.discarded.Add(1)
		d.ended(item.Instance, end)
	case errors.Is(err, provider.ErrLockLost):
		d.counters.lost.Add(1)
	default:
		d.report(err)
		d.abandon(calls, item, provider.Abandon{Delay: giveBack})
	}
}

// commit acks the decision or, when it can never be stored, what stands in for it. A turn whose lock was lost is somebody
// else's and is dropped.
func (d *dispatcher) commit(run, calls context.Context, item *provider.OrchestrationItem, what decision) {
	err := d.ack(run, calls, item, what)
	if err == nil || errors.Is(err, provider.ErrLockLost) || calls.Err() != nil {
		return
	}
	d.report(err)
	switch {
	case provider.IsRetryable(err):
	case what.fallback != nil:
		instead := what.fallback(err)
		if err = d.ack(run, calls, item, instead); err == nil || errors.Is(err, provider.ErrLockLost) {
			return
		}
		d.report(err)
		if item.AttemptCount > d.MaxAttempts && !provider.IsRetryable(err) {
			// Its rows contradict each other: only an end that builds on none of them can be stored.
			item.HistoryError = err
			d.commit(run, calls, item, decideCorrupt(d.rules, item))
			return
		}
	case item.HistoryError != nil && errors.Is(err, provider.ErrDuplicateEvent):
		// It was ended for that reason before.
		d.discard(run, calls, item, nil)
		return
	}
	// Without a delay it would be fetched again at once, to fail again.
	d.abandon(calls, item, provider.Abandon{Delay: giveBack})
}

// ack commits the turn and, where the strategy can hand over, asks for the next one and for as many activities as the
// turn made and idle workers have time for.
func (d *dispatcher) ack(run, calls context.Context, item *provider.OrchestrationItem, what decision) error {
	var room provider.Room
	var places []chan handed
	mark := d.instances.begin()
	if d.asks(run) {
		d.turns.fetches()
		d.instances.acks(item.Instance)
		places = d.works.reserve(len(what.ack.WorkerItems))
		room = provider.Room{Turn: d.LockTimeout, Works: len(places), WorkLock: d.WorkLockTimeout}
	}
	var got provider.HandedOver
	err := d.persist(run, calls, d.LockTimeout, func() (err error) {
		got, err = d.provider.AckOrchestrationItemAndFetch(calls, item.LockToken, *what.ack, room)
		if err != nil { // the next try may be long after this one
			d.seatWorks(calls, d.provider, places, nil)
			places, room.Works = nil, 0
		}
		return err
	})
	acked := time.Now()
	d.seatWorks(calls, d.provider, places, got.Works)
	more, late := d.instances.ended(item.Instance)
	if room.Turn > 0 {
		d.asked(got, err, mark)
	}
	if d.idle && (late || got.Left != nil && *got.Left <= 0) { // a late message may have been committed after this ack
		d.idle = false
		d.turns.found()
	}
	switch {
	case err == nil:
		d.counters.turns.Add(1)
		if what.end != nil {
			what.end.FinishedAt = acked
			d.awaited.deliver(item.Instance, *what.end)
		}
		d.announce(run, item.Instance, more, what.ack, got.Works, len(places))
	case errors.Is(err, provider.ErrLockLost):
		// The first try may have committed and only its reply be lost.
		d.counters.lost.Add(1)
		d.announce(run, item.Instance, more, what.ack, nil, 0)
	}
	if got.Left != nil && *got.Left > 0 {
		d.turns.remind(*got.Left) // whoever sent it may have found the instance locked
	}
	return err
}

// asked notes what an ack that asked for a turn has brought; the ack began at mark.
func (d *dispatcher) asked(got provider.HandedOver, err error, mark uint64) {
	if got.Err != nil {
		d.report(got.Err)
	}
	d.next, d.idle, d.mark = got.Turn, err == nil && got.Err == nil && got.Turn == nil, mark
	if d.next != nil {
		d.instances.fetched(mark, d.next.Instance)
	}
	if d.next == nil && !d.idle {
		d.turns.found()
	}
}

// announce wakes those for whom the ack has work beyond the activities of its own that were handed over; if fewer were handed
// over than asked for, there are no more. More is whether a message came while the turn ran. Whoever was woken for older
// activities that were handed over instead has found nothing, perhaps before this ack was committed.
func (d *dispatcher) announce(run context.Context, instance string, more bool, ack *provider.OrchestrationAck, given []*provider.LockedWorkItem, asked int) {
	if len(given) == asked {
		d.works.wake((len(ack.WorkerItems) - own(ack, given) + d.WorkBatch - 1) / d.WorkBatch)
	}
	var targets []string
	if more {
		targets = append(targets, instance)
	}
	for _, m := range ack.OrchestratorItems {
		if t, ok := m.(provider.TimerFired); ok {
			d.turns.wakeIn(time.Duration(t.FireAt-d.provider.Now()) * time.Millisecond)
		} else if to := m.Target(); !slices.Contains(targets, to) {
			targets = append(targets, to)
		}
	}
	if !d.idle {
		d.seek(targets, run.Err() != nil)
	}
}

// own counts the activities of an ack among those handed over.
func own(ack *provider.OrchestrationAck, given []*provider.LockedWorkItem) (n int) {
	for _, g := range given {
		a, ok := g.Item.(provider.ActivityExecute)
		if ok && slices.ContainsFunc(ack.WorkerItems, func(w provider.ActivityExecute) bool {
			return w.Instance == a.Instance && w.ExecutionID == a.ExecutionID && w.ID == a.ID
		}) {
			n++
		}
	}
	return n
}

// seek wakes dispatchers for instances that have messages. This one fetches next, or has, and is itself one of them unless it is
// covered: when it stops.
func (d *dispatcher) seek(instances []string, covered bool) {
	for _, instance := range instances {
		switch {
		case !d.instances.came(instance):
		case covered:
			d.wakeFor(instance)
		default:
			covered = true
			if d.next != nil {
				d.instances.missed(instance)
			}
		}
	}
}

func (d *dispatcher) abandon(calls context.Context, item *provider.OrchestrationItem, how provider.Abandon) {
	err := d.provider.AbandonOrchestrationItem(calls, item.LockToken, how)
	d.instances.ended(item.Instance)
	switch {
	case err == nil:
		d.counters.abandoned.Add(1)
		d.turns.wakeIn(how.Delay)
	case errors.Is(err, provider.ErrLockLost):
		d.counters.lost.Add(1)
	default:
		d.report(err)
	}
}

func (r *Runtime) ended(instance string, end *Result) {
	if end != nil {
		end.FinishedAt = time.Now()
		r.awaited.deliver(instance, *end)
	}
}
