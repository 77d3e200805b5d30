package pipeline

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
	"pgbench-provider/strategies/inline"
)

var (
	fetchWork    = sql.Get("fetch_work_item")
	fetchWorks   = sql.Get("fetch_work_items")
	workDelete   = sql.Get("ack_work_item.delete")
	workEnqueue  = shared.Get("ack_work_item.enqueue_completion")
	worksDelete  = sql.Get("ack_work_items.delete")
	worksEnqueue = shared.Get("ack_work_items.enqueue_completions")
	readHistory  = sql.Get("read_history")
)

// FetchWorkItem implements [provider.Strategy].
func (Strategy) FetchWorkItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.LockedWork, error) {
	w := &provider.LockedWork{}
	err := conn.QueryRow(ctx, fetchWork, l.Now, l.Token, l.Until, l.From).Scan(&w.ID, &w.Item, &w.AttemptCount, &w.EnqueuedAt, nil)
	if err != nil {
		return nil, provider.NoRows(err, provider.ErrNoWork)
	}
	return w, nil
}

// FetchWorkItems implements [provider.Strategy].
func (Strategy) FetchWorkItems(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) ([]provider.LockedWork, error) {
	return inline.Works(conn.Query(ctx, fetchWorks, l.Now, l.Token, l.Until, n, l.From))
}

// AckWorkItem implements [provider.Strategy].
func (Strategy) AckWorkItem(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message) error {
	b := &pgx.Batch{}
	if done != nil {
		b.Queue(workEnqueue, done.InstanceID, done.VisibleAt, done.Item)
	}
	b.Queue(workDelete, l.ID, l.Token, now)
	return flush(ctx, conn, b)
}

// AckWorkItems implements [provider.Strategy].
func (Strategy) AckWorkItems(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages) error {
	b := &pgx.Batch{}
	b.Queue(worksEnqueue, done.InstanceIDs, done.VisibleAt, done.Items)
	b.Queue(worksDelete, l.IDs, l.Tokens, now)
	return flush(ctx, conn, b)
}

// ReadHistory implements [provider.Strategy].
func (Strategy) ReadHistory(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error) {
	rows, err := conn.Query(ctx, readHistory, instanceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
