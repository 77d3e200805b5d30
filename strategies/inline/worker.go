package inline

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	enqueueWork   = sql.Get("enqueue_worker_item")
	workCandidate = sql.Get("fetch_work_item.candidate")
	workLock      = sql.Get("fetch_work_item.lock")
	candidates    = sql.Get("fetch_work_items.candidates")
	workLocks     = sql.Get("fetch_work_items.lock")
	ackEnqueue    = sql.Get("ack_work_item.enqueue_completion")
	workDelete    = sql.Get("ack_work_item.delete")
	ackEnqueueAll = sql.Get("ack_work_items.enqueue_completions")
	worksDelete   = sql.Get("ack_work_items.delete")
	abandonWork   = sql.Get("abandon_work_item")
	renewWork     = sql.Get("renew_work_item_lock")
)

// EnqueueWorkerItem implements [provider.Strategy].
func (Strategy) EnqueueWorkerItem(ctx context.Context, conn *pgx.Conn, w provider.Work, now int64) error {
	_, err := conn.Exec(ctx, enqueueWork, w.InstanceID, w.ExecutionID, w.ActivityID, w.Item, now)
	return err
}

// FetchWorkItem implements [provider.Strategy].
func (Strategy) FetchWorkItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.LockedWork, error) {
	w := &provider.LockedWork{}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, workCandidate, l.Now, l.From).Scan(&w.ID, &w.Item, &w.AttemptCount, &w.EnqueuedAt, nil)
		if err != nil {
			return provider.NoRows(err, provider.ErrNoWork)
		}
		w.AttemptCount++
		_, err = tx.Exec(ctx, workLock, w.ID, l.Token, l.Until)
		return err
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// FetchWorkItems implements [provider.Strategy].
func (Strategy) FetchWorkItems(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) (works []provider.LockedWork, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if works, err = Works(tx.Query(ctx, candidates, l.Now, n, l.From)); err != nil {
			return err
		}
		ids := make([]int64, len(works))
		for i, w := range works {
			ids[i] = w.ID
		}
		_, err = tx.Exec(ctx, workLocks, ids, l.Token, l.Until)
		return err
	})
	return works, err
}

// Works reads the items of fetch_work_items, or returns [provider.ErrNoWork] where there are none. It takes what a query
// returns.
func Works(rows pgx.Rows, err error) ([]provider.LockedWork, error) {
	if err != nil {
		return nil, err
	}
	works, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w provider.LockedWork, err error) {
		return w, row.Scan(&w.ID, &w.Item, &w.AttemptCount, &w.EnqueuedAt, nil)
	})
	if err == nil && len(works) == 0 {
		err = provider.ErrNoWork
	}
	return works, err
}

// AckWorkItem implements [provider.Strategy].
func (Strategy) AckWorkItem(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if done != nil {
			if _, err := tx.Exec(ctx, ackEnqueue, done.InstanceID, done.VisibleAt, done.Item); err != nil {
				return err
			}
		}
		return held(ctx, tx, workDelete, l.ID, l.Token, now)
	})
}

// AckWorkItems implements [provider.Strategy].
func (Strategy) AckWorkItems(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, ackEnqueueAll, done.InstanceIDs, done.VisibleAt, done.Items); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, worksDelete, l.IDs, l.Tokens, now)
		if err == nil && tag.RowsAffected() != int64(len(l.IDs)) {
			err = provider.ErrLockLost
		}
		return err
	})
}

// AbandonWorkItem implements [provider.Strategy].
func (Strategy) AbandonWorkItem(ctx context.Context, conn *pgx.Conn, a provider.WorkAbandon) error {
	undo := 0
	if a.IgnoreAttempt {
		undo = 1
	}
	return held(ctx, conn, abandonWork, a.Lock.ID, a.Lock.Token, a.VisibleAt, undo)
}

// RenewWorkItemLock implements [provider.Strategy].
func (Strategy) RenewWorkItemLock(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now, until int64) error {
	return held(ctx, conn, renewWork, l.ID, l.Token, now, until)
}
