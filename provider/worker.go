package provider

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A LockedWorkItem is a work item under a peek-lock.
type LockedWorkItem struct {
	// Item is nil, and Err set, when the row could not be decoded ([ErrCorrupt]). The lock is held either way.
	Item         WorkItem
	Err          error
	AttemptCount int // fetches so far, this one included: at least 1
	LockToken    LockToken
}

// EnqueueWorkerItem adds an activity to the worker queue, visible at once. Fails with [ErrInvalid] for an empty instance
// id or text that PostgreSQL cannot store.
func (p *Provider) EnqueueWorkerItem(ctx context.Context, item ActivityExecute) error {
	const op = "enqueue_worker_item"
	works, err := encodeWorks([]ActivityExecute{item})
	if err != nil {
		return p.refuse(op, err)
	}
	w := Work{&works.InstanceIDs[0], &works.ExecutionIDs[0], &works.ActivityIDs[0], works.Items[0]}
	return p.once(ctx, op, func(conn *pgx.Conn) error {
		return p.strategy.EnqueueWorkerItem(ctx, conn, w, p.Now())
	})
}

// FetchWorkItem locks, for lockTimeout, the item that has been visible longest: in order of insertion, an item whose
// lock ran out at the place of its expiry. Items that another fetch is about to lock are passed over. Returns
// [ErrNoWork] when there is none. An error means that no lock is held, unless it is ctx's.
func (p *Provider) FetchWorkItem(ctx context.Context, lockTimeout time.Duration) (*LockedWorkItem, error) {
	const op = "fetch_work_item"
	if millis(lockTimeout) <= 0 {
		return nil, p.refuse(op, fmt.Errorf("%w: lock timeout %v is under a millisecond", ErrInvalid, lockTimeout))
	}
	var lock Lock
	var work *LockedWork
	err := p.do(ctx, op, OutcomeLoaded, func(conn *pgx.Conn) (err error) {
		lock = p.lock(lockTimeout, p.works)
		work, err = p.strategy.FetchWorkItem(ctx, conn, lock)
		return err
	})
	p.works.fetched(lock, err)
	if err != nil {
		return nil, err
	}
	p.works.found(&lock, work.EnqueuedAt)
	return work.decode(lock), nil
}

// FetchWorkItems is [Provider.FetchWorkItem] for up to n items, oldest first, in one transaction: what n fetches at one time
// would give, and as many locks, each with its own token. Fails with [ErrInvalid] for an n under 1.
func (p *Provider) FetchWorkItems(ctx context.Context, lockTimeout time.Duration, n int) ([]*LockedWorkItem, error) {
	const op = "fetch_work_items"
	switch {
	case millis(lockTimeout) <= 0:
		return nil, p.refuse(op, fmt.Errorf("%w: lock timeout %v is under a millisecond", ErrInvalid, lockTimeout))
	case n < 1:
		return nil, p.refuse(op, fmt.Errorf("%w: %d work items: ask for at least 1", ErrInvalid, n))
	}
	var lock Lock
	var works []LockedWork
	err := p.do(ctx, op, OutcomeLoaded, func(conn *pgx.Conn) (err error) {
		lock = p.lock(lockTimeout, p.works)
		works, err = p.strategy.FetchWorkItems(ctx, conn, lock, n)
		return err
	})
	p.works.fetched(lock, err)
	if err != nil {
		return nil, err
	}
	p.works.found(&lock, earliest(works))
	items := make([]*LockedWorkItem, len(works))
	for i := range works {
		items[i] = works[i].decode(lock)
	}
	return items, nil
}

// earliest is when the first of works, which are some, was enqueued.
func earliest(works []LockedWork) int64 {
	return slices.MinFunc(works, func(a, b LockedWork) int { return cmp.Compare(a.EnqueuedAt, b.EnqueuedAt) }).EnqueuedAt
}

func (w *LockedWork) decode(lock Lock) *LockedWorkItem {
	item := &LockedWorkItem{AttemptCount: w.AttemptCount, LockToken: WorkLock{lock.Token, w.ID}.encode()}
	item.Item, item.Err = decodeActivity(w.Item)
	return item
}

// decodeActivity refuses what decodes and still is no activity whose end could be reported to anybody.
func decodeActivity(data string) (WorkItem, error) {
	item, err := DecodeWorkItem(data)
	if err != nil {
		return nil, err
	}
	switch a, ok := item.(ActivityExecute); {
	case !ok:
		return nil, fmt.Errorf("%w: work item %s in the worker queue", ErrCorrupt, item.Kind())
	case a.Instance == "":
		return nil, fmt.Errorf("%w: work item ActivityExecute: the instance is empty", ErrCorrupt)
	}
	return item, nil
}

// AckWorkItem deletes the item and enqueues completion, in one transaction. A nil completion only deletes: the activity
// was cancelled. Returns [ErrLockLost] unless token is held and unexpired (also when the item was cancelled), and
// [ErrInvalid] for a completion that is neither [ActivityCompleted] nor [ActivityFailed]; then nothing changed.
func (p *Provider) AckWorkItem(ctx context.Context, token LockToken, completion WorkItem) error {
	const op = "ack_work_item"
	lock, done, err := workAck(token, completion)
	if err != nil {
		return p.refuse(op, err)
	}
	return p.do(ctx, op, OutcomeOK, func(conn *pgx.Conn) error {
		now := p.Now()
		return p.strategy.AckWorkItem(ctx, conn, lock, now, done.at(now))
	})
}

// A WorkItemAck is the end of one work item: its lock's token and what [Provider.AckWorkItem] calls its completion, not nil.
type WorkItemAck struct {
	LockToken  LockToken
	Completion WorkItem
}

// AckWorkItems is [Provider.AckWorkItem] for several items in one transaction, all or none: their completions, which may be of
// different instances, are enqueued in the order of acks. Fails as that does, for the first that makes no sense or where any lock
// is not held; then nothing changed. No acks, an item twice and a nil completion are [ErrInvalid].
func (p *Provider) AckWorkItems(ctx context.Context, acks []WorkItemAck) error {
	const op = "ack_work_items"
	locks, done, err := workAcks(acks)
	if err != nil {
		return p.refuse(op, err)
	}
	return p.do(ctx, op, OutcomeOK, func(conn *pgx.Conn) error {
		now := p.Now()
		return p.strategy.AckWorkItems(ctx, conn, locks, now, done.at(now))
	})
}

// workAcks decodes the tokens and encodes the completions.
func workAcks(acks []WorkItemAck) (locks WorkLocks, done Messages, err error) {
	if len(acks) == 0 {
		return locks, done, fmt.Errorf("%w: there are no acks", ErrInvalid)
	}
	for _, ack := range acks {
		lock, m, err := workAck(ack.LockToken, ack.Completion)
		switch {
		case err != nil:
			return locks, done, err
		case m == nil:
			return locks, done, fmt.Errorf("%w: an ack has no completion: use AckWorkItem for it", ErrInvalid)
		case slices.Contains(locks.IDs, lock.ID):
			return locks, done, fmt.Errorf("%w: work item %d is acked twice", ErrInvalid, lock.ID)
		}
		locks.IDs, locks.Tokens = append(locks.IDs, lock.ID), append(locks.Tokens, lock.Token)
		done.InstanceIDs, done.Items = append(done.InstanceIDs, m.InstanceID), append(done.Items, m.Item)
	}
	done.VisibleAt = make([]int64, len(acks))
	return locks, done, nil
}

// at is m, visible from now on.
func (m Messages) at(now int64) Messages {
	for i := range m.VisibleAt {
		m.VisibleAt[i] = now
	}
	return m
}

// workAck decodes the token and encodes the completion, which is nil when there is none.
func workAck(token LockToken, completion WorkItem) (lock WorkLock, done *Message, err error) {
	if lock, err = decodeWorkLock(token); err != nil {
		return lock, nil, err
	}
	switch completion.(type) {
	case nil:
		return lock, nil, nil
	case ActivityCompleted, ActivityFailed:
		m, err := message(completion, 0, 0)
		return lock, &m, err
	}
	return lock, nil, fmt.Errorf("%w: %s is no completion of an activity", ErrInvalid, completion.Kind())
}

// at is m, visible from now on. A nil m stays nil.
func (m *Message) at(now int64) *Message {
	if m != nil {
		m.VisibleAt = now
	}
	return m
}

// AbandonWorkItem gives an item back: fetchable at once in its old place, or after how.Delay. Returns [ErrLockLost] for
// an unknown token or one that was taken over; an expired one that nobody took is accepted.
func (p *Provider) AbandonWorkItem(ctx context.Context, token LockToken, how Abandon) error {
	const op = "abandon_work_item"
	lock, err := decodeWorkLock(token)
	if err == nil && how.Delay < 0 {
		err = fmt.Errorf("%w: delay %v is negative", ErrInvalid, how.Delay)
	}
	if err != nil {
		return p.refuse(op, err)
	}
	defer p.works.all()
	return p.once(ctx, op, func(conn *pgx.Conn) error {
		a := WorkAbandon{Lock: lock, VisibleAt: visibleAfter(p.Now(), how.Delay), IgnoreAttempt: how.IgnoreAttempt}
		return p.strategy.AbandonWorkItem(ctx, conn, a)
	})
}

// RenewWorkItemLock makes an unexpired lock last until extend from now, to the millisecond. Returns [ErrLockLost], which
// is also how a worker learns that its activity was cancelled.
func (p *Provider) RenewWorkItemLock(ctx context.Context, token LockToken, extend time.Duration) error {
	const op = "renew_work_item_lock"
	lock, err := decodeWorkLock(token)
	if err == nil {
		err = checkExtension(extend)
	}
	if err != nil {
		return p.refuse(op, err)
	}
	return p.once(ctx, op, func(conn *pgx.Conn) error {
		now := p.Now()
		return p.strategy.RenewWorkItemLock(ctx, conn, lock, now, now+millis(extend))
	})
}

func encodeWorks(items []ActivityExecute) (Works, error) {
	var w Works
	for _, item := range items {
		if err := checkID("instance id", item.Instance); err != nil {
			return w, err
		}
		data, err := EncodeWorkItem(item)
		if err != nil {
			return w, err
		}
		w.InstanceIDs = append(w.InstanceIDs, item.Instance)
		w.ExecutionIDs = append(w.ExecutionIDs, item.ExecutionID)
		w.ActivityIDs = append(w.ActivityIDs, item.ID)
		w.Items = append(w.Items, data)
	}
	return w, nil
}

func encodeEvents(events []Event) (Events, error) {
	var e Events
	for _, event := range events {
		if event == nil || event.EventID() < 1 {
			return e, fmt.Errorf("%w: an event id must be above 0", ErrInvalid)
		}
		data, err := EncodeEvent(event)
		if err != nil {
			return e, err
		}
		e.IDs = append(e.IDs, event.EventID())
		e.Data = append(e.Data, data)
	}
	return e, nil
}

func decodeHistory(rows []string) ([]Event, error) {
	events := make([]Event, 0, len(rows))
	var failed error
	bad := 0
	for _, data := range rows {
		e, err := DecodeEvent(data)
		if err != nil {
			failed = cmp.Or(failed, err)
			bad++
			continue
		}
		events = append(events, e)
	}
	if bad > 1 { // a message for each would be as long as the history
		failed = fmt.Errorf("%w (the first of %d such events)", failed, bad)
	}
	return events, failed
}
