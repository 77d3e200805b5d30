package pipeline

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	fetchClaim    = sql.Get("fetch_orchestration_item.claim")
	fetchMessages = sql.Get("fetch_orchestration_item.messages")
	fetchCount    = sql.Get("fetch_orchestration_item.count_attempts")
	fetchInstance = sql.Get("fetch_orchestration_item.instance")
	fetchTrace    = sql.Get("fetch_orchestration_item.trace")

	abandonCheck = sql.Get("abandon_orchestration_item.check_lock")
	abandonDelay = sql.Get("abandon_orchestration_item.delay_messages")
	abandonUndo  = sql.Get("abandon_orchestration_item.undo_attempt")
	undoMessages = shared.Get("abandon_orchestration_item.undo_attempts")
)

// FetchOrchestrationItem implements [provider.Strategy].
func (Strategy) FetchOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.Turn, error) {
	for {
		t, err := fetchTurn(ctx, conn, l)
		if err != nil {
			return nil, err
		}
		if len(t.Messages) > 0 {
			return t, nil
		}
		if err := nothingToDo(ctx, conn, t.InstanceID, l); err != nil {
			return nil, err
		}
	}
}

// nothingToDo puts the clock of an instance right that was locked and has no visible messages after all. The flush that locked it has
// committed, so the row is locked anew: an enqueue may be under way, or the lock may have run out.
func nothingToDo(ctx context.Context, conn *pgx.Conn, instanceID string, l provider.Lock) error {
	b := &pgx.Batch{}
	b.Queue(ackCheck, instanceID, l.Token, l.Now)
	release(b, instanceID, new(int))
	if err := flush(ctx, conn, b); !errors.Is(err, provider.ErrLockLost) {
		return err
	}
	return nil
}

func fetchTurn(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.Turn, error) {
	t := &provider.Turn{}
	counted := 0
	none := true
	b := &pgx.Batch{}
	b.Queue(fetchClaim, l.Now, l.Token, l.Until, l.From).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&t.InstanceID, &t.AttemptCount, nil, nil}, func() error { none = false; return nil })
		return err
	})
	b.Queue(fetchMessages, l.Now).Query(func(rows pgx.Rows) error {
		var id int64
		var item string
		var attempts int
		var visible int64
		_, err := pgx.ForEachRow(rows, []any{&id, &item, &attempts, &visible}, func() error {
			t.Add(id, item, visible)
			counted = max(counted, attempts)
			return nil
		})
		return err
	})
	b.Queue(fetchCount, l.Now)
	b.Queue(fetchInstance, l.Owner).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&t.Name, &t.Version, &t.ExecutionID, &t.History, &t.HistoryOwner, &t.HistoryThrough}, func() error { t.Known = true; return nil })
		return err
	})
	b.Queue(fetchTrace).Query(func(rows pgx.Rows) error {
		if t.Known {
			return nil
		}
		_, err := pgx.ForEachRow(rows, []any{&t.ExecutionID, &t.History}, func() error { return nil })
		return err
	})
	if err := flush(ctx, conn, b); err != nil {
		return nil, err
	}
	if none {
		return nil, provider.ErrNoWork
	}
	if counted > 0 {
		t.AttemptCount = max(t.AttemptCount, counted+1)
	}
	return t, nil
}

// AbandonOrchestrationItem implements [provider.Strategy].
func (Strategy) AbandonOrchestrationItem(ctx context.Context, conn *pgx.Conn, a provider.TurnAbandon) error {
	l := a.Lock
	b := &pgx.Batch{}
	b.Queue(abandonCheck, l.InstanceID, l.Token)
	var attempts *int
	switch {
	case a.VisibleAt != nil:
		undo := 0
		if a.IgnoreAttempt {
			undo = 1
		}
		b.Queue(abandonDelay, l.InstanceID, l.MessageIDs, *a.VisibleAt, undo)
		attempts = new(int)
	case a.IgnoreAttempt:
		b.Queue(undoMessages, l.InstanceID, l.MessageIDs)
		b.Queue(abandonUndo, l.InstanceID)
	}
	release(b, l.InstanceID, attempts)
	return flush(ctx, conn, b)
}
