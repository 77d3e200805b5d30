package sp

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	enqueueWork = sql.Get("enqueue_worker_item")
	fetchWork   = sql.Get("fetch_work_item")
	fetchWorks  = sql.Get("fetch_work_items")
	ackWork     = sql.Get("ack_work_item")
	ackWorks    = sql.Get("ack_work_items")
	abandonWork = sql.Get("abandon_work_item")
	renewWork   = sql.Get("renew_work_item_lock")
)

// EnqueueWorkerItem implements [provider.Strategy].
func (Strategy) EnqueueWorkerItem(ctx context.Context, conn *pgx.Conn, w provider.Work, now int64) error {
	_, err := conn.Exec(ctx, enqueueWork, w.InstanceID, w.ExecutionID, w.ActivityID, w.Item, now)
	return err
}

// FetchWorkItem implements [provider.Strategy].
func (Strategy) FetchWorkItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.LockedWork, error) {
	var id, enqueued *int64
	var item *string
	var attempts *int
	err := conn.QueryRow(ctx, fetchWork, l.Token, l.Now, l.Until, l.From).Scan(&id, &item, &attempts, &enqueued)
	if err != nil {
		return nil, err
	}
	if id == nil {
		return nil, provider.ErrNoWork
	}
	return &provider.LockedWork{ID: *id, Item: *item, AttemptCount: *attempts, EnqueuedAt: *enqueued}, nil
}

// FetchWorkItems implements [provider.Strategy].
func (Strategy) FetchWorkItems(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) ([]provider.LockedWork, error) {
	var ids, enqueued []int64
	var items []string
	var attempts []int
	if err := conn.QueryRow(ctx, fetchWorks, l.Token, l.Now, l.Until, n, l.From).Scan(&ids, &items, &attempts, &enqueued); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, provider.ErrNoWork
	}
	works := make([]provider.LockedWork, len(ids))
	for i := range ids {
		works[i] = provider.LockedWork{ID: ids[i], Item: items[i], AttemptCount: attempts[i], EnqueuedAt: enqueued[i]}
	}
	return works, nil
}

// AckWorkItem implements [provider.Strategy].
func (Strategy) AckWorkItem(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message) error {
	var instance, item *string
	var visible *int64
	if done != nil {
		instance, visible, item = &done.InstanceID, &done.VisibleAt, &done.Item
	}
	_, err := conn.Exec(ctx, ackWork, l.ID, l.Token, now, instance, visible, item)
	return err
}

// AckWorkItems implements [provider.Strategy].
func (Strategy) AckWorkItems(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages) error {
	_, err := conn.Exec(ctx, ackWorks, l.IDs, l.Tokens, now, done.InstanceIDs, done.VisibleAt, done.Items)
	return err
}

// AbandonWorkItem implements [provider.Strategy].
func (Strategy) AbandonWorkItem(ctx context.Context, conn *pgx.Conn, a provider.WorkAbandon) error {
	_, err := conn.Exec(ctx, abandonWork, a.Lock.ID, a.Lock.Token, a.VisibleAt, a.IgnoreAttempt)
	return err
}

// RenewWorkItemLock implements [provider.Strategy].
func (Strategy) RenewWorkItemLock(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now, until int64) error {
	_, err := conn.Exec(ctx, renewWork, l.ID, l.Token, now, until)
	return err
}
