package pipeline

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	ackCheck   = sql.Get("ack_orchestration_item.check_lock")
	ackUpdate  = sql.Get("ack_orchestration_item.update_instance")
	ackRelease = sql.Get("ack_orchestration_item.release")
	ackNext    = sql.Get("ack_orchestration_item.release_to_next")

	ackSend      = shared.Get("ack_orchestration_item.send_messages")
	ackInstance  = shared.Get("ack_orchestration_item.upsert_instance")
	ackExecution = shared.Get("ack_orchestration_item.insert_execution")
	ackEnd       = shared.Get("ack_orchestration_item.end_execution")
	ackHistory   = shared.Get("ack_orchestration_item.append_history")
	ackSchedule  = shared.Get("ack_orchestration_item.schedule_activities")
	ackCancel    = shared.Get("ack_orchestration_item.cancel_activities")
	ackDelete    = shared.Get("ack_orchestration_item.delete_messages")
)

// AckOrchestrationItem implements [provider.Strategy].
func (Strategy) AckOrchestrationItem(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck) error {
	l := a.Lock
	b := &pgx.Batch{}
	m := a.Messages
	upTo, after := a.Receivers()
	if upTo {
		b.Queue(ackSend, m.InstanceIDs, m.VisibleAt, m.Items, l.InstanceID, after)
	}
	b.Queue(ackCheck, l.InstanceID, l.Token, a.Now)
	if after && !upTo {
		b.Queue(ackSend, m.InstanceIDs, m.VisibleAt, m.Items, l.InstanceID, false)
	}
	if a.Name != nil {
		b.Queue(ackInstance, l.InstanceID, a.Name, a.Version, a.ExecutionID, a.Parent, a.Now,
			a.HistorySeen, a.HistoryOwner, a.HistoryThrough)
	} else {
		b.Queue(ackUpdate, l.InstanceID, a.ExecutionID, a.Now, a.HistorySeen, a.HistoryOwner, a.HistoryThrough, a.Events.Len() > 0)
	}
	if a.Status != nil {
		b.Queue(ackEnd, l.InstanceID, a.ExecutionID, string(*a.Status), a.Output, a.Now, a.CompletedAt)
	} else {
		b.Queue(ackExecution, l.InstanceID, a.ExecutionID, a.Now)
	}
	if e := a.Events; e.Len() > 0 {
		b.Queue(ackHistory, l.InstanceID, a.ExecutionID, a.Now, e.IDs, e.Data)
	}
	if w := a.Works; w.Len() > 0 {
		b.Queue(ackSchedule, w.InstanceIDs, w.ExecutionIDs, w.ActivityIDs, w.Items, a.Now)
	}
	if c := a.Cancelled; c.Len() > 0 {
		b.Queue(ackCancel, l.InstanceID, c.ExecutionIDs, c.ActivityIDs)
	}
	endTurn(b, l)
	return flush(ctx, conn, b)
}

// endTurn removes the turn's messages and frees the instance.
func endTurn(b *pgx.Batch, l provider.TurnLock) {
	b.Queue(ackDelete, l.InstanceID, l.MessageIDs)
	release(b, l.InstanceID, new(int))
}

// release frees an instance whose row is locked, until its next message or for good.
func release(b *pgx.Batch, instanceID string, attempts *int) {
	b.Queue(ackRelease, instanceID)
	b.Queue(ackNext, instanceID, attempts)
}

// DiscardOrchestrationItem implements [provider.Strategy].
func (Strategy) DiscardOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.TurnLock, now int64) error {
	b := &pgx.Batch{}
	b.Queue(ackCheck, l.InstanceID, l.Token, now)
	endTurn(b, l)
	return flush(ctx, conn, b)
}
