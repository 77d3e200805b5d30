package inline

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	ackSend      = sql.Get("ack_orchestration_item.send_messages")
	ackCheck     = sql.Get("ack_orchestration_item.check_lock")
	ackInstance  = sql.Get("ack_orchestration_item.upsert_instance")
	ackUnchanged = sql.Get("ack_orchestration_item.is_unchanged")
	ackTouch     = sql.Get("ack_orchestration_item.touch_instance")
	ackRaise     = sql.Get("ack_orchestration_item.raise_execution")
	ackExecution = sql.Get("ack_orchestration_item.insert_execution")
	ackEnd       = sql.Get("ack_orchestration_item.end_execution")
	ackHistory   = sql.Get("ack_orchestration_item.append_history")
	ackSchedule  = sql.Get("ack_orchestration_item.schedule_activities")
	ackCancel    = sql.Get("ack_orchestration_item.cancel_activities")
	ackDelete    = sql.Get("ack_orchestration_item.delete_messages")
	ackRelease   = sql.Get("ack_orchestration_item.release")
	ackNext      = sql.Get("ack_orchestration_item.release_to_next")
)

// AckOrchestrationItem implements [provider.Strategy].
func (Strategy) AckOrchestrationItem(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		upTo, after := a.Receivers()
		if upTo {
			if err := send(ctx, tx, a, after); err != nil {
				return err
			}
		}
		return takeTurn(ctx, tx, a.Lock, a.Now, func() error {
			if after && !upTo {
				if err := send(ctx, tx, a, false); err != nil {
					return err
				}
			}
			return writeTurn(ctx, tx, a)
		})
	})
}

// send sends the turn's messages, and locks the own row among those of the receivers if lockOwn.
func send(ctx context.Context, tx pgx.Tx, a *provider.TurnAck, lockOwn bool) error {
	m := a.Messages
	_, err := tx.Exec(ctx, ackSend, m.InstanceIDs, m.VisibleAt, m.Items, a.Lock.InstanceID, lockOwn)
	return err
}

// takeTurn checks and locks the turn's lock, runs body, and then removes the turn's messages and the lock.
func takeTurn(ctx context.Context, tx pgx.Tx, l provider.TurnLock, now int64, body func() error) error {
	var more bool
	if err := tx.QueryRow(ctx, ackCheck, l.InstanceID, l.Token, l.MessageIDs, now).Scan(&more); err != nil {
		return provider.NoRows(err, provider.ErrLockLost)
	}
	if err := body(); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, ackDelete, l.InstanceID, l.MessageIDs); err != nil {
		return err
	}
	if more {
		return release(ctx, tx, ackNext, l.InstanceID, 0)
	}
	_, err := tx.Exec(ctx, ackRelease, l.InstanceID)
	return err
}

func writeTurn(ctx context.Context, tx pgx.Tx, a *provider.TurnAck) error {
	id := a.Lock.InstanceID
	started, err := writeInstance(ctx, tx, a)
	if err != nil {
		return err
	}
	if a.Status != nil {
		_, err = tx.Exec(ctx, ackEnd, id, a.ExecutionID, string(*a.Status), a.Output, a.Now, a.CompletedAt)
	} else if !started {
		_, err = tx.Exec(ctx, ackExecution, id, a.ExecutionID, a.Now)
	}
	if err != nil {
		return err
	}
	if e := a.Events; e.Len() > 0 {
		if _, err := tx.Exec(ctx, ackHistory, id, a.ExecutionID, a.Now, e.IDs, e.Data); err != nil {
			return err
		}
	}
	if w := a.Works; w.Len() > 0 {
		if _, err := tx.Exec(ctx, ackSchedule, w.InstanceIDs, w.ExecutionIDs, w.ActivityIDs, w.Items, a.Now); err != nil {
			return err
		}
	}
	if c := a.Cancelled; c.Len() > 0 {
		_, err = tx.Exec(ctx, ackCancel, id, c.ExecutionIDs, c.ActivityIDs)
	}
	return err
}

// writeInstance tells whether the execution's row is known to be there.
func writeInstance(ctx context.Context, tx pgx.Tx, a *provider.TurnAck) (started bool, err error) {
	id := a.Lock.InstanceID
	if a.Name != nil {
		_, err = tx.Exec(ctx, ackInstance, id, a.Name, a.Version, a.ExecutionID, a.Parent, a.Now,
			a.HistorySeen, a.HistoryOwner, a.HistoryThrough)
		return false, err
	}
	if a.Events.Len() > 0 && a.HistoryOwner == nil {
		if err = tx.QueryRow(ctx, ackUnchanged, id, a.ExecutionID).Scan(&started); err != nil || started {
			return started, err
		}
	}
	tag, err := tx.Exec(ctx, ackTouch, id, a.ExecutionID, a.Now, a.HistorySeen, a.HistoryOwner, a.HistoryThrough)
	if err == nil && tag.RowsAffected() == 0 {
		_, err = tx.Exec(ctx, ackRaise, id, a.ExecutionID, a.Now, a.HistorySeen, a.HistoryOwner, a.HistoryThrough)
		return false, err
	}
	return true, err
}

// release frees an instance whose row the caller has locked: until its next message, or for good when none is left.
func release(ctx context.Context, tx pgx.Tx, toNext, instanceID string, attempts int) error {
	tag, err := tx.Exec(ctx, toNext, instanceID, attempts)
	if err == nil && tag.RowsAffected() == 0 {
		_, err = tx.Exec(ctx, ackRelease, instanceID)
	}
	return err
}

// DiscardOrchestrationItem implements [provider.Strategy].
func (Strategy) DiscardOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.TurnLock, now int64) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		return takeTurn(ctx, tx, l, now, func() error { return nil })
	})
}
