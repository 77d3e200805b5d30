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
	next     []*provider.OrchestrationItem // handed over; the fetch that this was is not ended yet
	locked   time.Time                     // when the turns that come next were, at the earliest
	idle     bool                          // the last ack asked for a turn and there was none
	mark     uint64                        // when the last fetch began
	more     bool                          // turns that were fetched together are left: nothing else is asked for
}

func (d *dispatcher) loop(run, calls context.Context) {
	bell := make(chan handed, 1)
	for failures := 0; run.Err() == nil; {
		items, err := d.fetch(calls)
		switch {
		case len(items) > 0:
			d.turns.found()
			failures = 0
			if err != nil {
				d.report(err)
			}
			d.run(run, calls, items)
		case errors.Is(err, provider.ErrNoWork):
			failures = 0
			if d.instances.nothing(d.mark) {
				d.turns.found()
				continue
			}
			if turns := d.turns.rest(run, bell).turns; turns != nil {
				d.next, d.locked = turns.items, turns.since
			}
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
		d.giveBack(calls, d.next)
	}
}

// fetch gives what was handed over, if anything was asked for, or else fetches.
func (d *dispatcher) fetch(calls context.Context) ([]*provider.OrchestrationItem, error) {
	items, idle := d.next, d.idle
	d.next, d.idle = nil, false
	switch {
	case items != nil:
		return items, nil
	case idle:
		return nil, provider.ErrNoWork
	}
	d.turns.fetches()
	d.mark = d.instances.begin()
	d.locked = time.Now()
	items, err := d.fetchSome(calls)
	for _, item := range items {
		d.instances.fetched(d.mark, item.Instance)
	}
	return items, err
}

func (d *dispatcher) turn(run, calls context.Context, item *provider.OrchestrationItem, what decision) {
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
	err := d.ack(run, calls, decided{item, what})
	if err == nil || errors.Is(err, provider.ErrLockLost) || calls.Err() != nil {
		return
	}
	d.report(err)
	switch {
	case provider.IsRetryable(err):
	case what.fallback != nil:
		instead := what.fallback(err)
		if err = d.ack(run, calls, decided{item, instead}); err == nil || errors.Is(err, provider.ErrLockLost) {
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

// ack commits turns in one call and, where the strategy can hand over, asks for what comes next and for as many activities as the
// turns made and idle workers have time for. It repeats the call for one turn while its error may pass, and never that for several.
func (d *dispatcher) ack(run, calls context.Context, group ...decided) error {
	var room provider.Room
	var places []chan handed
	mark := d.instances.begin()
	if d.asks(run) && !d.more {
		d.turns.fetches()
		works := 0
		for _, one := range group {
			d.instances.acks(one.item.Instance)
			works += len(one.ack.WorkerItems)
		}
		places = d.works.reserve(works)
		room = provider.Room{Turn: d.LockTimeout, Turns: d.TurnBatch, Works: len(places), WorkLock: d.WorkLockTimeout}
	}
	var got provider.HandedOver
	send := func() (err error) {
		d.locked = time.Now()
		got, err = d.send(calls, group, room)
		if err != nil { // the next try may be long after this one
			d.seatWorks(calls, d.provider, places, nil)
			places, room.Works = nil, 0
		}
		return err
	}
	var err error
	if len(group) > 1 {
		err = send()
	} else {
		err = d.persist(run, calls, d.LockTimeout, send)
	}
	acked := time.Now()
	d.seatWorks(calls, d.provider, places, got.Works)
	var more []string
	var late bool
	if err == nil || len(group) == 1 { // else each is acked by itself
		for _, one := range group {
			came, during := d.instances.ended(one.item.Instance)
			if late = late || during; came {
				more = append(more, one.item.Instance)
			}
		}
	}
	if room.Turn > 0 {
		d.asked(got, err, mark)
	}
	if d.idle && (late || slices.ContainsFunc(got.Left, func(in time.Duration) bool { return in <= 0 })) { // a late message may have been committed after this ack
		d.idle = false
		d.turns.found()
	}
	switch {
	case err == nil:
		d.counters.turns.Add(int64(len(group)))
		for _, one := range group {
			if one.end != nil {
				one.end.FinishedAt = acked
				d.awaited.deliver(one.item.Instance, *one.end)
			}
		}
		d.announce(run, more, group, got.Works, len(places))
	case errors.Is(err, provider.ErrLockLost) && len(group) == 1:
		// The first try may have committed and only its reply be lost.
		d.counters.lost.Add(1)
		d.announce(run, more, group, nil, 0)
	}
	for _, in := range got.Left {
		if in > 0 {
			d.turns.remind(in) // whoever sent it may have found the instance locked
		}
	}
	return err
}

func (d *dispatcher) send(calls context.Context, group []decided, room provider.Room) (provider.HandedOver, error) {
	if len(group) == 1 && (room.Turns <= 1 || group[0].ack.Alone()) {
		return d.provider.AckOrchestrationItemAndFetch(calls, group[0].item.LockToken, *group[0].ack, room)
	}
	acks := make([]provider.OrchestrationItemAck, len(group))
	for i, one := range group {
		acks[i] = provider.OrchestrationItemAck{LockToken: one.item.LockToken, OrchestrationAck: *one.ack}
	}
	return d.provider.AckOrchestrationItemsAndFetch(calls, acks, room)
}

// asked notes what an ack that asked for a turn has brought; the ack began at mark.
func (d *dispatcher) asked(got provider.HandedOver, err error, mark uint64) {
	if got.Err != nil {
		d.report(got.Err)
	}
	d.next, d.idle, d.mark = got.Turns, err == nil && got.Err == nil && len(got.Turns) == 0, mark
	for _, item := range d.next {
		d.instances.fetched(mark, item.Instance)
	}
	if d.next == nil && !d.idle {
		d.turns.found()
	}
}

// announce wakes those for whom an ack of turns has work beyond the activities of its own that were handed over; if fewer were handed
// over than asked for, there are no more. more are the instances for which a message came while their turn ran. Whoever was woken for
// older activities that were handed over instead has found nothing, perhaps before this ack was committed.
func (d *dispatcher) announce(run context.Context, more []string, group []decided, given []*provider.LockedWorkItem, asked int) {
	if len(given) == asked {
		left := -own(group, given)
		for _, one := range group {
			left += len(one.ack.WorkerItems)
		}
		d.works.wake((left + d.WorkBatch - 1) / d.WorkBatch)
	}
	for _, one := range group {
		for _, m := range one.ack.OrchestratorItems {
			if t, ok := m.(provider.TimerFired); ok {
				d.turns.wakeIn(time.Duration(t.FireAt-d.provider.Now()) * time.Millisecond)
			} else if to := m.Target(); !slices.Contains(more, to) {
				more = append(more, to)
			}
		}
	}
	if !d.idle {
		d.seek(more, d.more || run.Err() != nil)
	}
}

// own counts the activities of turns among those handed over.
func own(group []decided, given []*provider.LockedWorkItem) (n int) {
	for _, g := range given {
		a, ok := g.Item.(provider.ActivityExecute)
		if ok && slices.ContainsFunc(group, func(one decided) bool {
			return slices.ContainsFunc(one.ack.WorkerItems, func(w provider.ActivityExecute) bool {
				return w.Instance == a.Instance && w.ExecutionID == a.ExecutionID && w.ID == a.ID
			})
		}) {
			n++
		}
	}
	return n
}

// seek wakes dispatchers for instances that have messages. This one fetches next, or has, and is itself one of them unless it is
// covered: when it stops, or has turns left to end before.
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
