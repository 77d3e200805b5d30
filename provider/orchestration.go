package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Status is what an execution has come to.
type Status string

// The statuses, as they are stored.
const (
	StatusRunning        Status = "Running"
	StatusCompleted      Status = "Completed"
	StatusFailed         Status = "Failed"
	StatusContinuedAsNew Status = "ContinuedAsNew"
)

// Terminal says whether the instance has ended with that status.
func (s Status) Terminal() bool { return s == StatusCompleted || s == StatusFailed }

func (s Status) valid() bool {
	return s == StatusRunning || s == StatusContinuedAsNew || s.Terminal()
}

// Unknown is the version of an instance that has none, and the name ("Unknown") has its own constant.
const (
	UnknownName    = "Unknown"
	UnknownVersion = "unknown"
)

// An OrchestrationItem is a locked instance with everything its turn needs.
type OrchestrationItem struct {
	Instance string
	// Name, Version and ExecutionID come from the instance's row; before there is one, from the first message that
	// starts it; else they are [UnknownName], [UnknownVersion] and 1.
	Name        string
	Version     string
	ExecutionID int64
	// History is that execution's, in order. It is empty when HistoryError is set.
	History []Event
	// HistoryError says that an event or a message in the database could not be decoded ([ErrCorrupt]). The lock is
	// held: abandon the item, or append a failure.
	HistoryError error
	// Messages are in order of insertion; those that could not be decoded are left out.
	Messages []WorkItem
	// AttemptCount is how often the oldest of the messages has been fetched, this time included: at least 1.
	AttemptCount int
	LockToken    LockToken
}

// EnqueueOrchestratorItem adds a message for item.Target(), visible after delay (0: at once). A [TimerFired] with a
// FireAt is visible then, or after delay if that is later. It makes no instance, needs none, and does not recognise a
// message it has seen. Fails with [ErrInvalid] for an [ActivityExecute], an empty instance id, a negative delay.
func (p *Provider) EnqueueOrchestratorItem(ctx context.Context, item WorkItem, delay time.Duration) error {
	const op = "enqueue_orchestrator_item"
	if delay < 0 {
		return p.refuse(op, fmt.Errorf("%w: delay %v is negative", ErrInvalid, delay))
	}
	m, err := message(item, p.Now(), millis(delay))
	if err != nil {
		return p.refuse(op, err)
	}
	err = p.once(ctx, op, func(conn *pgx.Conn) error { return p.strategy.EnqueueOrchestratorItem(ctx, conn, m) })
	p.turns.sent(m.VisibleAt)
	return err
}

// message encodes an item for the orchestrator queue. Only an explicit delay can put a timer past its time.
func message(item WorkItem, now, delay int64) (Message, error) {
	if item == nil {
		return Message{}, fmt.Errorf("%w: work item is nil", ErrInvalid)
	}
	if _, ok := item.(ActivityExecute); ok {
		return Message{}, fmt.Errorf("%w: ActivityExecute belongs into the worker queue", ErrInvalid)
	}
	if err := checkID("instance id", item.Target()); err != nil {
		return Message{}, err
	}
	visible := now + delay
	if t, ok := item.(TimerFired); ok && t.FireAt > 0 {
		visible = t.FireAt
		if delay > 0 {
			visible = max(t.FireAt, now+delay)
		}
	}
	data, err := EncodeWorkItem(item)
	return Message{InstanceID: item.Target(), VisibleAt: visible, Item: data}, err
}

// FetchOrchestrationItem locks, for lockTimeout, the instance that has been fetchable longest, and returns all its
// visible messages with its history. Returns [ErrNoWork] when nothing is fetchable. An error means that no lock is held, unless it is
// ctx's: a server that was already answering may have taken one, which then expires.
//
// Instances are served in the order in which they became fetchable: the visible_at of their earliest message (ties by
// the message's id) or, after a lock that was never given back, its expiry. An instance that another transaction is
// about to give a message is passed over for that moment.
func (p *Provider) FetchOrchestrationItem(ctx context.Context, lockTimeout time.Duration) (*OrchestrationItem, error) {
	const op = "fetch_orchestration_item"
	if millis(lockTimeout) <= 0 {
		return nil, p.refuse(op, fmt.Errorf("%w: lock timeout %v is under a millisecond", ErrInvalid, lockTimeout))
	}
	for {
		var lock Lock
		var turn *Turn
		err := p.do(ctx, op, OutcomeLoaded, func(conn *pgx.Conn) (err error) {
			lock = p.lock(lockTimeout, p.turns)
			lock.Owner = p.histories.me()
			turn, err = p.strategy.FetchOrchestrationItem(ctx, conn, lock)
			return err
		})
		p.turns.fetched(lock, err)
		if err != nil {
			return nil, err
		}
		p.turns.found(&lock, turn.VisibleAt)
		if item, err := p.accept(ctx, lock, turn); item != nil || err != nil {
			return item, err
		}
	}
}

// accept decodes a turn that was locked. An orphaned one it deletes instead, and returns nil.
func (p *Provider) accept(ctx context.Context, lock Lock, turn *Turn) (*OrchestrationItem, error) {
	held := TurnLock{Token: lock.Token, InstanceID: turn.InstanceID, MessageIDs: turn.MessageIDs}
	item := turn.decode()
	item.LockToken = held.encode()
	if !orphaned(turn, item) {
		return p.complete(ctx, turn, item)
	}
	if err := p.discard(ctx, held); err != nil && !errors.Is(err, ErrLockLost) {
		return nil, err
	}
	return nil, nil
}

func (p *Provider) lock(timeout time.Duration, queue *lookBack) Lock {
	now := p.Now()
	return Lock{Token: newToken(), Now: now, Until: now + millis(timeout), From: queue.at(now)}
}

// orphaned says that nobody can ever want the turn: named messages for an instance that left no trace.
func orphaned(turn *Turn, item *OrchestrationItem) bool {
	if turn.Known || turn.ExecutionID != nil || item.HistoryError != nil {
		return false
	}
	for _, m := range item.Messages {
		if _, ok := m.(QueueMessage); !ok {
			return false
		}
	}
	return true
}

func (t *Turn) decode() *OrchestrationItem {
	item := &OrchestrationItem{Instance: t.InstanceID, AttemptCount: t.AttemptCount,
		Name: UnknownName, Version: UnknownVersion, ExecutionID: 1,
		Messages: make([]WorkItem, 0, len(t.Messages))}
	for _, data := range t.Messages {
		m, err := decodeMessage(data, t.InstanceID)
		if err != nil {
			item.HistoryError = fmt.Errorf("message of %q: %w", t.InstanceID, err)
			continue
		}
		item.Messages = append(item.Messages, m)
	}
	history, err := decodeHistory(t.History)
	if err != nil {
		item.HistoryError = fmt.Errorf("history of %q: %w", t.InstanceID, err)
	}
	item.History = history
	if t.ExecutionID != nil && *t.ExecutionID < 1 {
		item.HistoryError = fmt.Errorf("%w: execution %d of %q", ErrCorrupt, *t.ExecutionID, t.InstanceID)
		t.ExecutionID = nil
	}
	item.describe(t)
	if item.HistoryError != nil {
		item.History = nil
	}
	return item
}

// decodeMessage refuses what decodes and still is no message of the instance.
func decodeMessage(data, instance string) (WorkItem, error) {
	m, err := DecodeWorkItem(data)
	if err != nil {
		return nil, err
	}
	if _, activity := m.(ActivityExecute); activity || m.Target() != instance {
		return nil, fmt.Errorf("%w: work item %s for %.60q", ErrCorrupt, m.Kind(), m.Target())
	}
	return m, nil
}

// describe finds name, version and execution: from the instance, else the history, else the messages.
func (item *OrchestrationItem) describe(t *Turn) {
	if t.ExecutionID != nil {
		item.ExecutionID = *t.ExecutionID
	}
	if t.Known {
		item.Name = *t.Name
		if t.Version != nil {
			item.Version = *t.Version
		}
		return
	}
	if len(item.History) > 0 {
		if start, ok := item.History[0].(OrchestrationStarted); ok {
			item.Name, item.Version = start.Name, start.Version
			return
		}
	}
	for _, m := range item.Messages {
		switch m := m.(type) {
		case StartOrchestration:
			item.Name, item.Version = m.Orchestration, orUnknown(m.Version)
			if t.ExecutionID == nil {
				item.ExecutionID = max(m.ExecutionID, 1)
			}
			return
		case ContinueAsNew:
			item.Name, item.Version = m.Orchestration, orUnknown(m.Version)
			return
		}
	}
}

func orUnknown(version Optional) string {
	if version == "" {
		return UnknownVersion
	}
	return string(version)
}

// ExecutionMetadata is what a turn says about its instance and execution.
type ExecutionMetadata struct {
	// Status and Output are written to the execution; an empty Status leaves both alone. Output is the result, the
	// error's text, or the next input.
	Status Status
	Output string
	// Name and Version, both or neither, create the instance or rename it.
	Name, Version string
	// ParentInstance is written when the instance has none yet.
	ParentInstance string
}

// OrchestrationAck is everything one turn changes.
type OrchestrationAck struct {
	ExecutionID       int64             // at least 1
	History           []Event           // new events; ids above zero that the execution has not
	WorkerItems       []ActivityExecute // visible at once
	OrchestratorItems []WorkItem        // to any instance; visible at once, a TimerFired at its FireAt
	Metadata          ExecutionMetadata //
	// CancelledActivities are removed from the worker queue, locked or not, after WorkerItems were added. Those that are
	// not there are no error. Only Instance-independent ids are needed: they belong to the instance of the lock.
	CancelledActivities []ActivityRef
}

// An ActivityRef names an activity of the instance whose turn it is.
type ActivityRef struct{ ExecutionID, ID int64 }

// AckOrchestrationItem commits a turn in one transaction: all of ack, the removal of the messages that were fetched, and
// the release of the lock. Messages that came meanwhile stay. Returns [ErrLockLost] unless token is held and unexpired,
// [ErrDuplicateEvent] when an event is there already, [ErrInvalid] for arguments that make no sense; then nothing changed
// and the lock is as it was. It is not idempotent: after a reply that was lost, the same call returns ErrLockLost.
func (p *Provider) AckOrchestrationItem(ctx context.Context, token LockToken, ack OrchestrationAck) error {
	const op = "ack_orchestration_item"
	a, err := p.turnAck(token, &ack)
	if err != nil {
		return p.refuse(op, err)
	}
	keep := p.histories.keeps(a, ack.History)
	err = p.do(ctx, op, OutcomeOK, func(conn *pgx.Conn) error {
		a.at(p.Now(), ack.OrchestratorItems)
		return p.strategy.AckOrchestrationItem(ctx, conn, a)
	})
	p.sent(a)
	p.histories.acked(a.Lock.InstanceID, keep, err)
	return err
}

// sent notes the messages of a turn that are visible already: a timer may be late.
func (p *Provider) sent(a *TurnAck) {
	for _, at := range a.Messages.VisibleAt {
		p.turns.sent(at)
	}
}

func (p *Provider) turnAck(token LockToken, ack *OrchestrationAck) (*TurnAck, error) {
	lock, err := decodeTurnLock(token)
	if err != nil {
		return nil, err
	}
	if ack.ExecutionID < 1 {
		return nil, fmt.Errorf("%w: execution id %d is below 1", ErrInvalid, ack.ExecutionID)
	}
	if ack.Metadata.ParentInstance == lock.InstanceID {
		return nil, fmt.Errorf("%w: an instance cannot be its own parent", ErrInvalid)
	}
	a := &TurnAck{Lock: lock, ExecutionID: ack.ExecutionID}
	if err := a.metadata(ack.Metadata); err != nil {
		return nil, err
	}
	if a.Events, err = encodeEvents(ack.History); err != nil {
		return nil, err
	}
	if a.Works, err = encodeWorks(ack.WorkerItems); err != nil {
		return nil, err
	}
	for _, item := range ack.OrchestratorItems {
		m, err := message(item, 0, 0)
		if err != nil {
			return nil, err
		}
		a.Messages.InstanceIDs = append(a.Messages.InstanceIDs, m.InstanceID)
		a.Messages.Items = append(a.Messages.Items, m.Item)
		a.Messages.VisibleAt = append(a.Messages.VisibleAt, m.VisibleAt)
	}
	for _, c := range ack.CancelledActivities {
		a.Cancelled.ExecutionIDs = append(a.Cancelled.ExecutionIDs, c.ExecutionID)
		a.Cancelled.ActivityIDs = append(a.Cancelled.ActivityIDs, c.ID)
	}
	return a, nil
}

func (a *TurnAck) metadata(m ExecutionMetadata) error {
	for field, value := range map[string]string{"output": m.Output, "name": m.Name, "version": m.Version} {
		if err := checkText(field, value); err != nil {
			return err
		}
	}
	if m.ParentInstance != "" {
		if err := checkID("parent", m.ParentInstance); err != nil {
			return err
		}
	}
	if m.Name != "" && m.Version != "" {
		a.Name, a.Version = &m.Name, &m.Version
		if m.ParentInstance != "" {
			a.Parent = &m.ParentInstance
		}
	}
	if m.Status == "" {
		return nil
	}
	if !m.Status.valid() {
		return fmt.Errorf("%w: status %.40q", ErrInvalid, string(m.Status))
	}
	a.Status, a.Output = &m.Status, &m.Output
	return nil
}

// at sets the times of an attempt; what is no timer is visible now.
func (a *TurnAck) at(now int64, items []WorkItem) {
	a.Now = now
	for i, item := range items {
		if t, ok := item.(TimerFired); !ok || t.FireAt <= 0 {
			a.Messages.VisibleAt[i] = now
		}
	}
	if a.Status != nil && a.Status.Terminal() {
		a.CompletedAt = &a.Now
	}
}

// An Abandon says how something is given back.
type Abandon struct {
	// Delay keeps what is given back invisible that long; 0 leaves its place in the queue as it was.
	Delay time.Duration
	// IgnoreAttempt takes the attempt back that the fetch counted.
	IgnoreAttempt bool
}

// AbandonOrchestrationItem gives a turn back: the lock is released and the messages stay, invisible for how.Delay.
// Messages that came meanwhile are not delayed. Returns [ErrLockLost] for an unknown token or one that was taken over;
// an expired one that nobody took is accepted.
func (p *Provider) AbandonOrchestrationItem(ctx context.Context, token LockToken, how Abandon) error {
	const op = "abandon_orchestration_item"
	lock, err := decodeTurnLock(token)
	if err == nil && how.Delay < 0 {
		err = fmt.Errorf("%w: delay %v is negative", ErrInvalid, how.Delay)
	}
	if err != nil {
		return p.refuse(op, err)
	}
	defer p.turns.all()
	return p.once(ctx, op, func(conn *pgx.Conn) error {
		a := TurnAbandon{Lock: lock, Now: p.Now(), IgnoreAttempt: how.IgnoreAttempt}
		a.VisibleAt = visibleAfter(a.Now, how.Delay)
		return p.strategy.AbandonOrchestrationItem(ctx, conn, a)
	})
}

// visibleAfter is nil when there is no delay.
func visibleAfter(now int64, delay time.Duration) *int64 {
	if millis(delay) == 0 {
		return nil
	}
	at := now + millis(delay)
	return &at
}

// RenewOrchestrationLock makes an unexpired lock last until extend from now, to the millisecond. Returns [ErrLockLost].
func (p *Provider) RenewOrchestrationLock(ctx context.Context, token LockToken, extend time.Duration) error {
	const op = "renew_orchestration_lock"
	lock, err := decodeTurnLock(token)
	if err == nil {
		err = checkExtension(extend)
	}
	if err != nil {
		return p.refuse(op, err)
	}
	return p.once(ctx, op, func(conn *pgx.Conn) error {
		now := p.Now()
		return p.strategy.RenewOrchestrationLock(ctx, conn, lock, now, now+millis(extend))
	})
}

func checkExtension(extend time.Duration) error {
	if millis(extend) <= 0 {
		return fmt.Errorf("%w: extension %v is under a millisecond", ErrInvalid, extend)
	}
	return nil
}

// DiscardOrchestrationItem deletes the messages of a turn and releases its lock, and writes nothing: for messages whose
// instance never was. Returns [ErrLockLost] like an ack.
func (p *Provider) DiscardOrchestrationItem(ctx context.Context, token LockToken) error {
	lock, err := decodeTurnLock(token)
	if err != nil {
		return p.refuse("discard_orchestration_item", err)
	}
	return p.discard(ctx, lock)
}

func (p *Provider) discard(ctx context.Context, lock TurnLock) error {
	return p.once(ctx, "discard_orchestration_item", func(conn *pgx.Conn) error {
		return p.strategy.DiscardOrchestrationItem(ctx, conn, lock, p.Now())
	})
}
