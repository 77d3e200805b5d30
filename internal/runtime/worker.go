package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgbench-provider/provider"
)

// A worker fetches activities, runs them and acks them, one after the other.
type worker struct {
	*Runtime
	provider *provider.Provider
	next     []*provider.LockedWorkItem // handed over, or the rest of a batch
	locked   time.Time                  // when next was, at the earliest
	fetching bool                       // the fetch that brought next is not ended yet
	idle     bool                       // the last ack asked for an item and there was none
	called   bool                       // there may be something to fetch
	mark     uint64                     // of the gate, when the last fetch began
}

func (w *worker) loop(run, calls context.Context) {
	bell := make(chan handed, 1)
	for failures := 0; run.Err() == nil; {
		item, err := w.fetch(calls)
		switch {
		case item != nil:
			w.settled()
			failures = 0
			if item.AttemptCount > 1 {
				w.works.stir() // nobody was woken for a lock that expired
			}
			w.work(run, calls, item)
		case err == nil || errors.Is(err, provider.ErrNoWork):
			failures = 0
			if err != nil && w.works.nothing(w.mark) {
				w.settled()
				w.called = true
				continue
			}
			w.fetching = false
			work := w.works.rest(run, bell).work
			if w.called = work == nil; !w.called {
				w.take(time.Now(), work)
			}
		default:
			w.settled()
			w.report(err)
			sleep(run, backoff(err, failures))
			failures++
		}
	}
	w.settled()
	w.giveBack(calls)
}

func (w *worker) work(run, calls context.Context, item *provider.LockedWorkItem) {
	a, ok := item.Item.(provider.ActivityExecute)
	if !ok {
		w.corrupt(run, calls, item)
		return
	}
	result, failed := "", (*provider.ErrorDetails)(nil)
	switch fn := w.Registry.activity(a.Name); {
	case item.AttemptCount > w.MaxAttempts:
		failed = poison(item.AttemptCount, w.MaxAttempts, "Activity", "activity "+a.Name+" was begun too often and never ended")
	case fn == nil:
		failed = configuration("UnregisteredActivity", a.Name, "")
	default:
		lease := w.hold(run, calls, item.LockToken)
		result, failed = call(lease.ctx, fn, a.Input)
		if lost := lease.end(); lost {
			w.counters.lost.Add(1)
			return
		}
		if failed != nil && run.Err() != nil {
			// It was stopped, so its failure says nothing, and its attempt does not count.
			w.abandon(calls, item, provider.Abandon{IgnoreAttempt: true})
			return
		}
	}
	w.commit(run, calls, item, a, result, failed)
}

// call runs an activity; a panic is an error like any other.
func call(ctx context.Context, fn ActivityFunc, input string) (result string, failed *provider.ErrorDetails) {
	defer func() {
		if r := recover(); r != nil {
			result, failed = "", panicked("ActivityFailed", r)
		}
	}()
	result, err := fn(ctx, input)
	if err != nil {
		return "", failure("ActivityFailed", err)
	}
	return result, nil
}

// commit acks the completion or, when it can never be stored, a failure that says so.
func (w *worker) commit(run, calls context.Context, item *provider.LockedWorkItem, a provider.ActivityExecute, result string, failed *provider.ErrorDetails) {
	var completion provider.WorkItem = provider.ActivityCompleted{Instance: a.Instance, ExecutionID: a.ExecutionID, ID: a.ID, Result: result}
	if failed != nil {
		completion = provider.ActivityFailed{Instance: a.Instance, ExecutionID: a.ExecutionID, ID: a.ID, Details: *failed}
	}
	err := w.ack(run, calls, item, completion)
	if errors.Is(err, provider.ErrInvalid) {
		err = w.ack(run, calls, item, provider.ActivityFailed{Instance: a.Instance, ExecutionID: a.ExecutionID, ID: a.ID,
			Details: *infrastructure("ack_work_item", err)})
	}
	switch {
	case err == nil:
		w.counters.activities.Add(1)
	case errors.Is(err, provider.ErrLockLost):
		w.counters.lost.Add(1)
	case calls.Err() == nil:
		w.report(err)
		w.abandon(calls, item, provider.Abandon{Delay: time.Second})
	}
}

// ack commits the completion, together with those that end now and those of the same instance that end meanwhile.
func (w *worker) ack(run, calls context.Context, item *provider.LockedWorkItem, completion provider.WorkItem) error {
	e := &ending{WorkItemAck: provider.WorkItemAck{LockToken: item.LockToken, Completion: completion}}
	if completion == nil {
		return w.ackGroup(run, calls, []*ending{e}, false, false)
	}
	e.target = completion.Target()
	var last bool
	e.number, last = w.completions.begin(e.target)
	group, leads := []*ending{e}, false
	if w.WorkBatch > 1 {
		e.group = make(chan []*ending, 1)
		if group, leads = w.acks.enter(e, w.WorkLockTimeout/4); group == nil {
			return e.err
		}
		last = leads && w.completions.alone(group)
	}
	return w.ackGroup(run, calls, group, leads, last)
}

// ackGroup commits completions, or the end of an item without one. Where the strategy can hand over it asks for the next item and, if
// these are the last that are to come of their instances and a dispatcher has time for it, for turns. What cannot be acked together,
// because one lock is lost, one completion cannot be stored or the call fails, each worker acks by itself.
func (w *worker) ackGroup(run, calls context.Context, group []*ending, leads, last bool) error {
	var room provider.Room
	var places []chan handed
	target := group[0].target
	underWay := target != "" && !group[0].ended
	ended := func(came func(instance string) bool) {
		underWay = false
		var wake []string
		for _, e := range group {
			if w.completions.end(e.target, e.number, came(e.target)) {
				wake = append(wake, e.target)
			}
			e.ended = true
		}
		if leads {
			w.acks.leave(group)
		}
		w.sentAll(wake)
	}
	if w.asks(run) {
		if len(w.next) == 0 && w.works.more() {
			w.begin()
			room = provider.Room{Works: w.WorkBatch, WorkLock: w.WorkLockTimeout}
		}
		if last {
			places = w.turns.reserve(1)
		}
		if len(places) > 0 {
			room.Turn, room.Turns = w.LockTimeout, w.TurnBatch
		}
	}
	asked := time.Now()
	var got provider.HandedOver
	mark := w.instances.begin()
	send := func() (err error) {
		got, err = w.send(calls, group, room)
		if err != nil { // the next try may be long after this one
			w.seatTurns(calls, w.provider, places, nil, asked, mark)
			places, room.Turn = nil, 0
			if underWay {
				ended(func(string) bool { return false })
			}
		}
		return err
	}
	var err error
	if len(group) > 1 {
		err = send()
	} else {
		err = w.persist(run, calls, w.WorkLockTimeout, send)
	}
	w.seatTurns(calls, w.provider, places, got.Turns, asked, mark)
	if room.Works > 0 {
		w.asked(asked, got, err)
	}
	w.called = w.called || err != nil
	if err != nil && len(group) > 1 {
		if provider.IsRetryable(err) {
			w.counters.retries.Add(1)
		}
		for _, other := range group[1:] {
			other.group <- []*ending{other}
		}
		return w.ackGroup(run, calls, group[:1], false, false)
	}
	for _, other := range group[1:] {
		other.err = err
		defer func() { other.group <- nil }()
	}
	came := func(instance string) bool {
		return errors.Is(err, provider.ErrLockLost) || err == nil && toBeSought(instance, several(group), len(places) > 0, got)
	}
	switch {
	case underWay:
		ended(came)
	case target != "" && came(target):
		w.sent(target)
	}
	return err
}

func several(group []*ending) bool {
	return slices.ContainsFunc(group, func(e *ending) bool { return e.target != group[0].target })
}

// toBeSought says whether somebody is to be woken for an instance that a call has sent a message, alone or among several. A turn that
// was asked for and not found is in other hands, or comes after an older one, whose dispatcher fetches next: one dispatcher, so that
// of several instances only those are looked after whose turns were handed over.
func toBeSought(instance string, several, asked bool, got provider.HandedOver) bool {
	if !asked || got.Err != nil || got.Left != nil {
		return true
	}
	return several && !slices.ContainsFunc(got.Turns, func(t *provider.OrchestrationItem) bool { return t.Instance == instance })
}

func (w *worker) send(calls context.Context, group []*ending, room provider.Room) (provider.HandedOver, error) {
	if len(group) == 1 && (room.Turns <= 1 || group[0].Completion == nil) {
		return w.provider.AckWorkItemAndFetch(calls, group[0].LockToken, group[0].Completion, room)
	}
	list := make([]provider.WorkItemAck, len(group))
	for i, e := range group {
		list[i] = e.WorkItemAck
	}
	return w.provider.AckWorkItemsAndFetch(calls, list, room)
}

// asked notes what an ack that asked for items at that time has brought.
func (w *worker) asked(at time.Time, got provider.HandedOver, err error) {
	if got.Err != nil {
		w.report(got.Err)
	}
	if len(got.Works) > 0 {
		w.completions.gives(got.Works...)
		w.take(at, got.Works...)
	} else if w.idle = err == nil && got.Err == nil; !w.idle {
		w.called = true
		w.settled()
	}
}

// corrupt gives an item back that cannot be decoded, in the hope of a process that can, and deletes it when that was too
// often: it does not even say who waits for it.
func (w *worker) corrupt(run, calls context.Context, item *provider.LockedWorkItem) {
	if item.AttemptCount <= w.MaxAttempts {
		w.abandon(calls, item, provider.Abandon{Delay: time.Second})
		return
	}
	w.report(fmt.Errorf("work item deleted after %d attempts: %w", item.AttemptCount, item.Err))
	if err := w.ack(run, calls, item, nil); err != nil && !errors.Is(err, provider.ErrLockLost) {
		w.report(err)
	}
}

func (w *worker) abandon(calls context.Context, item *provider.LockedWorkItem, how provider.Abandon) {
	err := w.provider.AbandonWorkItem(calls, item.LockToken, how)
	switch {
	case err == nil:
		w.counters.abandoned.Add(1)
		w.works.wakeIn(how.Delay)
	case errors.Is(err, provider.ErrLockLost):
		w.counters.lost.Add(1)
		if instance, ok := target(item); ok {
			w.sent(instance) // an ack of which only the reply was lost
		}
	default:
		w.report(err)
	}
}
