package inline

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/provider"
)

// execer is a connection or a transaction.
type execer interface {
	Exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error)
}

var (
	enqueueMessage = sql.Get("enqueue_orchestrator_item")

	fetchCandidate   = sql.Get("fetch_orchestration_item.candidate")
	fetchLock        = sql.Get("fetch_orchestration_item.lock")
	fetchMessages    = sql.Get("fetch_orchestration_item.messages")
	fetchCount       = sql.Get("fetch_orchestration_item.count_attempts")
	fetchRelease     = sql.Get("fetch_orchestration_item.release_to_next")
	fetchInstance    = sql.Get("fetch_orchestration_item.instance")
	fetchLatestTrace = sql.Get("fetch_orchestration_item.latest_trace")
	fetchHistory     = sql.Get("fetch_orchestration_item.history")

	abandonCheck = sql.Get("abandon_orchestration_item.check_lock")
	abandonDelay = sql.Get("abandon_orchestration_item.delay_messages")
	abandonUndo  = sql.Get("abandon_orchestration_item.undo_attempts")
	abandonNext  = sql.Get("abandon_orchestration_item.release_to_next")

	renewTurn = sql.Get("renew_orchestration_lock")
)

// EnqueueOrchestratorItem implements [provider.Strategy].
func (Strategy) EnqueueOrchestratorItem(ctx context.Context, conn *pgx.Conn, m provider.Message) error {
	_, err := conn.Exec(ctx, enqueueMessage, m.InstanceID, m.VisibleAt, m.Item)
	return err
}

// FetchOrchestrationItem implements [provider.Strategy].
func (Strategy) FetchOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.Turn, error) {
	for {
		turn, err := fetchTurn(ctx, conn, l)
		if turn != nil || err != nil {
			return turn, err
		}
	}
}

// fetchTurn returns neither turn nor error when the candidate had nothing to do after all: its clock was put right, and
// the caller looks further.
func fetchTurn(ctx context.Context, conn *pgx.Conn, l provider.Lock) (turn *provider.Turn, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		t := &provider.Turn{}
		err := tx.QueryRow(ctx, fetchCandidate, l.Now, l.From).Scan(&t.InstanceID, nil)
		if err != nil {
			return provider.NoRows(err, provider.ErrNoWork)
		}
		if err := tx.QueryRow(ctx, fetchLock, t.InstanceID, l.Token, l.Until).Scan(&t.AttemptCount); err != nil {
			return err
		}
		// A new statement, hence a snapshot younger than the lock.
		if err := readMessages(ctx, tx, t, l.Now); err != nil {
			return err
		}
		if len(t.Messages) == 0 {
			return release(ctx, tx, fetchRelease, t.InstanceID, 0)
		}
		turn = t
		return readState(ctx, tx, t, l.Owner)
	})
	if err != nil {
		turn = nil
	}
	return turn, err
}

func readMessages(ctx context.Context, tx pgx.Tx, t *provider.Turn, now int64) error {
	rows, err := tx.Query(ctx, fetchMessages, t.InstanceID, now)
	if err != nil {
		return err
	}
	counted := 0
	var id, visible int64
	var item string
	var attempts int
	_, err = pgx.ForEachRow(rows, []any{&id, &item, &attempts, &visible}, func() error {
		t.Add(id, item, visible)
		counted = max(counted, attempts)
		return nil
	})
	if err != nil || counted == 0 {
		return err
	}
	t.AttemptCount = max(t.AttemptCount, counted+1)
	_, err = tx.Exec(ctx, fetchCount, t.InstanceID, t.MessageIDs)
	return err
}

func readState(ctx context.Context, tx pgx.Tx, t *provider.Turn, owner *string) error {
	err := tx.QueryRow(ctx, fetchInstance, t.InstanceID).Scan(&t.Name, &t.Version, &t.ExecutionID, &t.HistoryOwner, &t.HistoryThrough)
	t.Known = err == nil
	if errors.Is(err, pgx.ErrNoRows) {
		err = tx.QueryRow(ctx, fetchLatestTrace, t.InstanceID).Scan(&t.ExecutionID)
	}
	if err != nil || t.ExecutionID == nil {
		return err
	}
	t.History, err = strings(ctx, tx, fetchHistory, t.InstanceID, t.ExecutionID, t.KeptThrough(owner))
	return err
}

// AbandonOrchestrationItem implements [provider.Strategy].
func (Strategy) AbandonOrchestrationItem(ctx context.Context, conn *pgx.Conn, a provider.TurnAbandon) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		l := a.Lock
		var attempts int
		if err := tx.QueryRow(ctx, abandonCheck, l.InstanceID, l.Token).Scan(&attempts); err != nil {
			return provider.NoRows(err, provider.ErrLockLost)
		}
		undo := 0
		if a.IgnoreAttempt {
			undo = 1
		}
		var err error
		switch {
		case a.VisibleAt != nil:
			_, err = tx.Exec(ctx, abandonDelay, l.InstanceID, l.MessageIDs, *a.VisibleAt, attempts, undo)
			attempts = 0
		case a.IgnoreAttempt:
			_, err = tx.Exec(ctx, abandonUndo, l.InstanceID, l.MessageIDs)
			attempts = max(0, attempts-1)
		}
		if err != nil {
			return err
		}
		return release(ctx, tx, abandonNext, l.InstanceID, attempts)
	})
}

// RenewOrchestrationLock implements [provider.Strategy].
func (Strategy) RenewOrchestrationLock(ctx context.Context, conn *pgx.Conn, l provider.TurnLock, now, until int64) error {
	return held(ctx, conn, renewTurn, l.InstanceID, l.Token, now, until)
}
