package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Room is what a caller can begin at once, and may therefore be handed with the reply to another operation. The zero
// value is nothing: the operation is then the plain one.
type Room struct {
	Turn     time.Duration // how long turns are to be locked; 0 for no turn
	Turns    int           // at most so many turns, after an operation on several items, else 1; 0 is 1
	Works    int           // at most so many work items
	WorkLock time.Duration // how long each of them is to be locked
}

// HandedOver is what came beside the reply. Nothing in it is no failure: nothing was fetchable, or the operation failed.
type HandedOver struct {
	Turns []*OrchestrationItem // oldest first
	Works []*LockedWorkItem    // oldest first
	// Left is after how long there may be turns that the caller has to look for, though none was handed over: of acked
	// instances for messages that they have left or, above read committed, of what the operation sent. 0 or less is at once, nil is
	// that there are none. Always nil where the strategy does not hand over: its fetch comes after the ack, and sees them.
	Left []time.Duration
	// Err says why there may be less than there was; the operation itself succeeded. That a turn or an item could not be
	// decoded is said in it, as after a fetch.
	Err error
}

// Turn is the first of the turns; nil for none.
func (h HandedOver) Turn() *OrchestrationItem {
	if len(h.Turns) == 0 {
		return nil
	}
	return h.Turns[0]
}

// Eager says whether the strategy hands over in one call. On any other the methods ending in AndFetch do the plain
// operation and then plain fetches, and are observed as these.
func (p *Provider) Eager() bool {
	_, ok := p.strategy.(EagerStrategy)
	return ok
}

// EnqueueOrchestratorItemAndFetch is [Provider.EnqueueOrchestratorItem] followed by [Provider.FetchOrchestrationItem]
// and [Provider.FetchWorkItem] as room says, in one transaction and call on an [EagerStrategy]. What is handed over is
// what has been fetchable longest, not necessarily what was enqueued.
//
// When the reply is lost, what was handed over stays locked until its lock expires, and counts one attempt.
func (p *Provider) EnqueueOrchestratorItemAndFetch(ctx context.Context, item WorkItem, delay time.Duration, room Room) (HandedOver, error) {
	room.Turns = min(room.Turns, 1)
	const op = "enqueue_orchestrator_item_and_fetch"
	if err := room.check(); err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	eager, ok := p.eager(room)
	if !ok {
		return p.then(ctx, room, p.EnqueueOrchestratorItem(ctx, item, delay))
	}
	if delay < 0 {
		return HandedOver{}, p.refuse(op, fmt.Errorf("%w: delay %v is negative", ErrInvalid, delay))
	}
	now := p.Now()
	m, err := message(item, now, millis(delay))
	if err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	sent := func(error) { p.turns.sent(m.VisibleAt) }
	return p.handOver(ctx, op, room, sent, func(conn *pgx.Conn, _ int64, w Want) (Handover, error) {
		return eager.EnqueueOrchestratorItemAndFetch(ctx, conn, m, w)
	})
}

// AckOrchestrationItemAndFetch is [Provider.AckOrchestrationItem] followed by fetches; see
// [Provider.EnqueueOrchestratorItemAndFetch]. The error is the ack's: with one, nothing is handed over, and it is
// repeated only as the plain ack is.
func (p *Provider) AckOrchestrationItemAndFetch(ctx context.Context, token LockToken, ack OrchestrationAck, room Room) (HandedOver, error) {
	room.Turns = min(room.Turns, 1)
	const op = "ack_orchestration_item_and_fetch"
	if err := room.check(); err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	eager, ok := p.eager(room)
	if !ok {
		return p.then(ctx, room, p.AckOrchestrationItem(ctx, token, ack))
	}
	a, err := p.turnAck(token, &ack)
	if err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	keep := p.histories.keeps(a, ack.History)
	// What is handed over may be the instance's next turn.
	committed := func(err error) {
		p.sent(a)
		p.histories.acked(a.Lock.InstanceID, keep, err)
	}
	return p.handOver(ctx, op, room, committed, func(conn *pgx.Conn, now int64, w Want) (Handover, error) {
		a.at(now, ack.OrchestratorItems)
		return eager.AckOrchestrationItemAndFetch(ctx, conn, a, w)
	})
}

// AckWorkItemAndFetch is [Provider.AckWorkItem] followed by fetches; see [Provider.EnqueueOrchestratorItemAndFetch]. The
// error is the ack's: with one, nothing is handed over, and it is repeated only as the plain ack is.
func (p *Provider) AckWorkItemAndFetch(ctx context.Context, token LockToken, completion WorkItem, room Room) (HandedOver, error) {
	room.Turns = min(room.Turns, 1)
	const op = "ack_work_item_and_fetch"
	if err := room.check(); err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	eager, ok := p.eager(room)
	if !ok {
		return p.then(ctx, room, p.AckWorkItem(ctx, token, completion))
	}
	lock, done, err := workAck(token, completion)
	if err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	return p.handOver(ctx, op, room, func(error) {}, func(conn *pgx.Conn, now int64, w Want) (Handover, error) {
		return eager.AckWorkItemAndFetch(ctx, conn, lock, now, done.at(now), w)
	})
}

// AckWorkItemsAndFetch is [Provider.AckWorkItems] followed by fetches; see [Provider.EnqueueOrchestratorItemAndFetch]. The error
// is the ack's: with one, nothing is handed over, and it is repeated only as the plain ack is.
func (p *Provider) AckWorkItemsAndFetch(ctx context.Context, acks []WorkItemAck, room Room) (HandedOver, error) {
	const op = "ack_work_items_and_fetch"
	if err := room.check(); err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	eager, ok := p.eager(room)
	if !ok {
		return p.then(ctx, room, p.AckWorkItems(ctx, acks))
	}
	locks, done, err := workAcks(acks)
	if err != nil {
		return HandedOver{}, p.refuse(op, err)
	}
	return p.handOver(ctx, op, room, func(error) {}, func(conn *pgx.Conn, now int64, w Want) (Handover, error) {
		return eager.AckWorkItemsAndFetch(ctx, conn, locks, now, done.at(now), w)
	})
}

func (r Room) check() error {
	switch {
	case r.Turn != 0 && millis(r.Turn) <= 0:
		return fmt.Errorf("%w: Room.Turn %v is under a millisecond: give 0 for no turn", ErrInvalid, r.Turn)
	case r.Turns < 0:
		return fmt.Errorf("%w: Room.Turns %d is negative", ErrInvalid, r.Turns)
	case r.Works < 0:
		return fmt.Errorf("%w: Room.Works %d is negative", ErrInvalid, r.Works)
	case r.Works > 0 && millis(r.WorkLock) <= 0:
		return fmt.Errorf("%w: Room.WorkLock %v is under a millisecond", ErrInvalid, r.WorkLock)
	}
	return nil
}

// eager gives the strategy if it can hand over and there is room for something.
func (p *Provider) eager(room Room) (EagerStrategy, bool) {
	s, ok := p.strategy.(EagerStrategy)
	return s, ok && (room.Turn > 0 || room.Works > 0)
}

// handOver runs an operation that hands over, with times computed anew for each try, and decodes what came.
// committed hears of its end before that.
func (p *Provider) handOver(ctx context.Context, op string, room Room, committed func(error),
	body func(*pgx.Conn, int64, Want) (Handover, error)) (HandedOver, error) {
	var want Want
	var got Handover
	err := p.do(ctx, op, OutcomeOK, func(conn *pgx.Conn) (err error) {
		now := p.Now()
		want = room.want(now)
		if want.Turn != nil {
			want.Turn.Owner, want.Turn.From = p.histories.me(), p.turns.at(now)
		}
		if want.Work != nil {
			want.Work.From = p.works.at(now)
		}
		got, err = body(conn, now, want)
		return err
	})
	committed(err)
	if err != nil {
		return HandedOver{}, err
	}
	return p.unpack(ctx, room, want, got), nil
}

func (r Room) want(now int64) (w Want) {
	if r.Turn > 0 {
		w.Turn, w.Turns = &Lock{Token: newToken(), Now: now, Until: now + millis(r.Turn)}, max(r.Turns, 1)
	}
	if r.Works > 0 {
		w.Works, w.Work = r.Works, &Lock{Token: newToken(), Now: now, Until: now + millis(r.WorkLock)}
	}
	return w
}

// unpack decodes what was handed over. A turn that was orphaned is replaced by the next, as a fetch does it.
func (p *Provider) unpack(ctx context.Context, room Room, w Want, got Handover) (h HandedOver) {
	if len(got.Works) > 0 {
		p.works.found(w.Work, earliest(got.Works))
	}
	for i := range got.Works {
		h.Works = append(h.Works, got.Works[i].decode(*w.Work))
	}
	if len(got.Turns) == 0 {
		for _, at := range got.Next {
			h.Left = append(h.Left, time.Duration(at-p.Now())*time.Millisecond)
		}
		return h
	}
	p.turns.found(w.Turn, oldest(got.Turns))
	if h.Turns, h.Err = p.acceptAll(ctx, *w.Turn, got.Turns); len(h.Turns) == 0 && h.Err == nil {
		h.fetchTurns(ctx, p, room)
	}
	return h
}

// then fetches after an operation that went well.
func (p *Provider) then(ctx context.Context, room Room, err error) (h HandedOver, _ error) {
	if err != nil {
		return h, err
	}
	if room.Turn > 0 {
		h.fetchTurns(ctx, p, room)
	}
	for range room.Works {
		work, err := p.FetchWorkItem(ctx, room.WorkLock)
		if err != nil {
			h.failed(err)
			break
		}
		h.Works = append(h.Works, work)
	}
	return h, nil
}

func (h *HandedOver) fetchTurns(ctx context.Context, p *Provider, room Room) {
	if room.Turns > 1 {
		var err error
		h.Turns, err = p.FetchOrchestrationItems(ctx, room.Turn, room.Turns)
		h.failed(err)
		return
	}
	turn, err := p.FetchOrchestrationItem(ctx, room.Turn)
	if err == nil {
		h.Turns = []*OrchestrationItem{turn}
	}
	h.failed(err)
}

func (h *HandedOver) failed(err error) {
	if !errors.Is(err, ErrNoWork) {
		h.Err = errors.Join(h.Err, err)
	}
}
