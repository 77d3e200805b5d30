package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// EnqueueOrchestratorItems is [Provider.EnqueueOrchestratorItem] without delay for several items in one transaction, all or none, in
// their order. Fails as that does, for the first that makes no sense; then nothing is enqueued. No items are [ErrInvalid].
func (p *Provider) EnqueueOrchestratorItems(ctx context.Context, items []WorkItem) error {
	const op = "enqueue_orchestrator_items"
	all, err := messagesOf(items, p.Now())
	if err != nil {
		return p.refuse(op, err)
	}
	err = p.once(ctx, op, func(conn *pgx.Conn) error { return p.strategy.EnqueueOrchestratorItems(ctx, conn, all) })
	p.turns.sent(slices.Min(all.VisibleAt))
	return err
}

// EnqueueOrchestratorItemsAndFetch is [Provider.EnqueueOrchestratorItems] followed by fetches; see
// [Provider.EnqueueOrchestratorItemAndFetch].
func (p *Provider) EnqueueOrchestratorItemsAndFetch(ctx context.Context, items []WorkItem, room Room) (HandedOver, error) {
	const op = "enqueue_orchestrator_items_and_fetch"
	if err := room.check(); err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	eager, ok := p.eager(room)
	if !ok {
		return p.then(ctx, room, p.EnqueueOrchestratorItems(ctx, items))
	}
	all, err := messagesOf(items, p.Now())
	if err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	sent := func(error) { p.turns.sent(slices.Min(all.VisibleAt)) }
	return p.handOver(ctx, op, room, sent, func(conn *pgx.Conn, _ int64, w Want) (Handover, error) {
		return eager.EnqueueOrchestratorItemsAndFetch(ctx, conn, all, w)
	})
}

// messagesOf encodes items for the orchestrator queue, visible at now.
func messagesOf(items []WorkItem, now int64) (all Messages, err error) {
	if len(items) == 0 {
		return all, fmt.Errorf("%w: there are no items", ErrInvalid)
	}
	for _, item := range items {
		m, err := message(item, now, 0)
		if err != nil {
			return all, err
		}
		all.InstanceIDs = append(all.InstanceIDs, m.InstanceID)
		all.VisibleAt = append(all.VisibleAt, m.VisibleAt)
		all.Items = append(all.Items, m.Item)
	}
	return all, nil
}

// FetchOrchestrationItems is [Provider.FetchOrchestrationItem] for up to n instances, in one transaction: what n fetches at one time
// would give, in that order, and as many locks, each with its own token; fewer where some of it was for nobody, or had nothing to do. An error beside items is about others, which are not held.
// Fails with [ErrInvalid] for an n under 1.
func (p *Provider) FetchOrchestrationItems(ctx context.Context, lockTimeout time.Duration, n int) (items []*OrchestrationItem, err error) {
	const op = "fetch_orchestration_items"
	switch {
	case millis(lockTimeout) <= 0:
		return nil, p.refuse(op, fmt.Errorf("%w: lock timeout %v is under a millisecond", ErrInvalid, lockTimeout))
	case n < 1:
		return nil, p.refuse(op, fmt.Errorf("%w: %d turns: ask for at least 1", ErrInvalid, n))
	}
	for len(items) == 0 && err == nil {
		var lock Lock
		var turns []*Turn
		err = p.do(ctx, op, OutcomeLoaded, func(conn *pgx.Conn) (err error) {
			lock = p.lock(lockTimeout, p.turns)
			lock.Owner = p.histories.me()
			turns, err = p.strategy.FetchOrchestrationItems(ctx, conn, lock, n)
			return err
		})
		p.turns.fetched(lock, err)
		if err != nil {
			return nil, err
		}
		p.turns.found(&lock, oldest(turns))
		items, err = p.acceptAll(ctx, lock, turns)
	}
	return items, err
}

// acceptAll accepts turns. An error beside items is about others, which are not held.
func (p *Provider) acceptAll(ctx context.Context, lock Lock, turns []*Turn) (items []*OrchestrationItem, err error) {
	for _, turn := range turns {
		item, failed := p.accept(ctx, lock, turn)
		if err = errors.Join(err, failed); item != nil {
			items = append(items, item)
		}
	}
	return items, err
}

// oldest is when the first of turns, which are some, became visible.
func oldest(turns []*Turn) int64 {
	return slices.MinFunc(turns, func(a, b *Turn) int { return cmp.Compare(a.VisibleAt, b.VisibleAt) }).VisibleAt
}

// An OrchestrationItemAck is the end of one turn: its lock's token and all that it changes.
type OrchestrationItemAck struct {
	LockToken LockToken
	OrchestrationAck
}

// Alone says whether the ack sends messages or cancels activities, and so goes by itself: it waits for locks of other rows than its
// instance's, which a call of several could not take in the one order that keeps acks from waiting for each other.
func (a *OrchestrationAck) Alone() bool {
	return len(a.OrchestratorItems) > 0 || len(a.CancelledActivities) > 0
}

// AckOrchestrationItems is [Provider.AckOrchestrationItem] for turns of several instances in one transaction, all or none. Fails as
// that does, for the first that makes no sense or where any lock is not held; then nothing changed. No acks, an instance twice and
// an ack that goes [OrchestrationAck.Alone] are [ErrInvalid].
func (p *Provider) AckOrchestrationItems(ctx context.Context, acks []OrchestrationItemAck) error {
	const op = "ack_orchestration_items"
	list, err := p.turnAcks(acks)
	if err != nil {
		return p.refuse(op, err)
	}
	acked := p.keepAll(list)
	at := list.columns()
	err = p.do(ctx, op, OutcomeOK, func(conn *pgx.Conn) error {
		return p.strategy.AckOrchestrationItems(ctx, conn, at(p.Now()))
	})
	acked(err)
	return err
}

// AckOrchestrationItemsAndFetch is [Provider.AckOrchestrationItems] followed by fetches; see
// [Provider.EnqueueOrchestratorItemAndFetch]. The error is the ack's: with one, nothing is handed over, and it is repeated only as
// the plain ack is.
func (p *Provider) AckOrchestrationItemsAndFetch(ctx context.Context, acks []OrchestrationItemAck, room Room) (HandedOver, error) {
	const op = "ack_orchestration_items_and_fetch"
	if err := room.check(); err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	eager, ok := p.eager(room)
	if !ok {
		return p.then(ctx, room, p.AckOrchestrationItems(ctx, acks))
	}
	list, err := p.turnAcks(acks)
	if err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	acked := p.keepAll(list)
	at := list.columns()
	return p.handOver(ctx, op, room, acked, func(conn *pgx.Conn, now int64, w Want) (Handover, error) {
		return eager.AckOrchestrationItemsAndFetch(ctx, conn, at(now), w)
	})
}

// keepAll says in acks what this process will keep, and returns what is to be called at their end.
func (p *Provider) keepAll(list turnAcks) (acked func(error)) {
	keeps := make([]*kept, len(list))
	for i, a := range list {
		keeps[i] = p.histories.keeps(a.TurnAck, a.history)
	}
	return func(err error) {
		for i, a := range list {
			p.histories.acked(a.Lock.InstanceID, keeps[i], err)
		}
	}
}

type turnAcks []turnAck

type turnAck struct {
	*TurnAck
	history []Event
}

// turnAcks encodes acks in the order of their instances.
func (p *Provider) turnAcks(acks []OrchestrationItemAck) (turnAcks, error) {
	if len(acks) == 0 {
		return nil, fmt.Errorf("%w: there are no acks", ErrInvalid)
	}
	list := make(turnAcks, len(acks))
	for i := range acks {
		a, err := p.turnAck(acks[i].LockToken, &acks[i].OrchestrationAck)
		switch {
		case err != nil:
			return nil, err
		case acks[i].Alone():
			return nil, fmt.Errorf("%w: the turn of %.60q sends or cancels: use AckOrchestrationItem for it", ErrInvalid, a.Lock.InstanceID)
		}
		list[i] = turnAck{a, acks[i].History}
	}
	slices.SortFunc(list, func(a, b turnAck) int { return cmp.Compare(a.Lock.InstanceID, b.Lock.InstanceID) })
	for i, a := range list[1:] {
		if a.Lock.InstanceID == list[i].Lock.InstanceID {
			return nil, fmt.Errorf("%w: the instance %.60q is acked twice", ErrInvalid, a.Lock.InstanceID)
		}
	}
	return list, nil
}

// columns makes columns of the acks, before the call, and returns what gives them for an attempt: only times change then.
func (list turnAcks) columns() (at func(now int64) *TurnAcks) {
	all := make([]*TurnAck, len(list))
	for i, a := range list {
		a.at(0, nil)
		all[i] = a.TurnAck
	}
	c := NewTurnAcks(0, all)
	return func(now int64) *TurnAcks {
		c.Now = now
		for _, a := range all {
			a.Now = now // which CompletedAt points to
		}
		return c
	}
}
