package provider

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// An EagerStrategy can hand the next step over with the reply to an enqueue or an ack. What it hands over is exactly what
// fetches sent right after would have got, in that order: turns, then work items one by one. They run in the same
// transaction, so either all of it happened or nothing. The commit is as durable as that of the operation alone.
//
// The fetches wait for no lock, so the order in which a transaction waits for locks stays that of [Strategy].
type EagerStrategy interface {
	Strategy
	// EnqueueOrchestratorItemAndFetch is EnqueueOrchestratorItem, then fetches.
	EnqueueOrchestratorItemAndFetch(ctx context.Context, conn *pgx.Conn, m Message, w Want) (Handover, error)
	// AckOrchestrationItemAndFetch is AckOrchestrationItem, then fetches. It fails as that does; then nothing is locked.
	AckOrchestrationItemAndFetch(ctx context.Context, conn *pgx.Conn, a *TurnAck, w Want) (Handover, error)
	// EnqueueOrchestratorItemsAndFetch is EnqueueOrchestratorItems, then fetches.
	EnqueueOrchestratorItemsAndFetch(ctx context.Context, conn *pgx.Conn, m Messages, w Want) (Handover, error)
	// AckOrchestrationItemsAndFetch is AckOrchestrationItems, then fetches. It fails as that does; then nothing is locked.
	AckOrchestrationItemsAndFetch(ctx context.Context, conn *pgx.Conn, a *TurnAcks, w Want) (Handover, error)
	// AckWorkItemAndFetch is AckWorkItem, then fetches. It fails as that does; then nothing is locked.
	AckWorkItemAndFetch(ctx context.Context, conn *pgx.Conn, l WorkLock, now int64, completion *Message, w Want) (Handover, error)
	// AckWorkItemsAndFetch is AckWorkItems, then fetches. It fails as that does; then nothing is locked.
	AckWorkItemsAndFetch(ctx context.Context, conn *pgx.Conn, l WorkLocks, now int64, completions Messages, w Want) (Handover, error)
}

type (
	// Want says what is to be handed over. The locks' Now is the operation's own.
	Want struct {
		Turn  *Lock // to lock turns with; nil for no turn
		Turns int   // at most so many turns; 0 is 1. More than 1 only after operations on several items
		Works int   // at most so many work items
		Work  *Lock // to lock them with, all alike: a [WorkLock] names the item too. Not nil when Works is above 0
	}
	// Handover is what was locked: no turn and no items when nothing was fetchable, which is no error.
	Handover struct {
		Turns []*Turn      // in the order in which single fetches would have got them
		Works []LockedWork // and so are these
		// Next is when there may be turns that the caller has to look for, if any was wanted and none was handed over; nil
		// when there are none. After an ack of turns it is when each of their instances can be fetched for messages that it has left: after
		// the ack's own time where they came while the ack waited for the instance's row, and whoever sent them found it locked.
		// After any operation it is that of what the operation sent where the transaction has one snapshot, above read committed:
		// that may be older than the last turn of an instance, so nothing is looked for then.
		Next []int64
	}
)

// Now is the time of the locks; 0 when nothing is wanted.
func (w Want) Now() int64 {
	switch {
	case w.Turn != nil:
		return w.Turn.Now
	case w.Work != nil:
		return w.Work.Now
	}
	return 0
}

// Turn is the first of the turns; nil for none.
func (h Handover) Turn() *Turn {
	if len(h.Turns) == 0 {
		return nil
	}
	return h.Turns[0]
}
