package sp

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	enqueueMessage = sql.Get("enqueue_orchestrator_item")
	fetchTurn      = sql.Get("fetch_orchestration_item")
	ackTurn        = sql.Get("ack_orchestration_item")
	abandonTurn    = sql.Get("abandon_orchestration_item")
	discardTurn    = sql.Get("discard_orchestration_item")
	renewTurn      = sql.Get("renew_orchestration_lock")

	enqueueMessages = sql.Get("enqueue_orchestrator_items")
	fetchTurns      = sql.Get("fetch_orchestration_items")
	ackTurns        = sql.Get("ack_orchestration_items")
)

// EnqueueOrchestratorItem implements [provider.Strategy].
func (Strategy) EnqueueOrchestratorItem(ctx context.Context, conn *pgx.Conn, m provider.Message) error {
	_, err := conn.Exec(ctx, enqueueMessage, m.InstanceID, m.VisibleAt, m.Item)
	return err
}

// FetchOrchestrationItem implements [provider.Strategy].
func (Strategy) FetchOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.Turn, error) {
	t, err := turnOf(conn.QueryRow(ctx, fetchTurn, l.Token, l.Now, l.Until, l.Owner, l.From))
	return t, provider.NoRows(err, provider.ErrNoWork)
}

func turnOf(row pgx.Row) (*provider.Turn, error) {
	t := &provider.Turn{}
	return t, row.Scan(&t.InstanceID, &t.AttemptCount, &t.MessageIDs, &t.Messages, &t.Known, &t.Name, &t.Version, &t.ExecutionID,
		&t.History, &t.HistoryOwner, &t.HistoryThrough, &t.VisibleAt)
}

// AckOrchestrationItem implements [provider.Strategy].
func (Strategy) AckOrchestrationItem(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck) error {
	_, err := conn.Exec(ctx, ackTurn, a.Lock.InstanceID, a.Lock.Token, a.Lock.MessageIDs, a.Now, a.ExecutionID,
		a.Name, a.Version, a.Parent,
		(*string)(a.Status), a.Output, a.CompletedAt,
		a.Events.IDs, a.Events.Data,
		a.Works.InstanceIDs, a.Works.ExecutionIDs, a.Works.ActivityIDs, a.Works.Items,
		a.Messages.InstanceIDs, a.Messages.VisibleAt, a.Messages.Items,
		a.Cancelled.ExecutionIDs, a.Cancelled.ActivityIDs,
		a.HistorySeen, a.HistoryOwner, a.HistoryThrough)
	return err
}

// EnqueueOrchestratorItems implements [provider.Strategy].
func (Strategy) EnqueueOrchestratorItems(ctx context.Context, conn *pgx.Conn, m provider.Messages) error {
	_, err := conn.Exec(ctx, enqueueMessages, m.InstanceIDs, m.VisibleAt, m.Items)
	return err
}

// FetchOrchestrationItems implements [provider.Strategy].
func (Strategy) FetchOrchestrationItems(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) ([]*provider.Turn, error) {
	rows, err := conn.Query(ctx, fetchTurns, l.Token, l.Now, l.Until, l.Owner, l.From, n)
	if err != nil {
		return nil, err
	}
	turns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*provider.Turn, error) {
		return turnOf(row)
	})
	if err == nil && len(turns) == 0 {
		err = provider.ErrNoWork
	}
	return turns, err
}

// AckOrchestrationItems implements [provider.Strategy].
func (Strategy) AckOrchestrationItems(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks) error {
	_, err := conn.Exec(ctx, ackTurns, a.InstanceIDs, a.Tokens, a.Now, a.ExecutionIDs,
		a.MessageInstances, a.MessageIDs, a.Names, a.Versions, a.Parents,
		a.Statuses, a.Outputs, a.CompletedAt,
		a.EventInstances, a.EventExecutions, a.Events.IDs, a.Events.Data,
		a.Works.InstanceIDs, a.Works.ExecutionIDs, a.Works.ActivityIDs, a.Works.Items,
		a.HistorySeen, a.HistoryOwners, a.HistoryThrough)
	return err
}

// AbandonOrchestrationItem implements [provider.Strategy].
func (Strategy) AbandonOrchestrationItem(ctx context.Context, conn *pgx.Conn, a provider.TurnAbandon) error {
	_, err := conn.Exec(ctx, abandonTurn, a.Lock.InstanceID, a.Lock.Token, a.Lock.MessageIDs, a.VisibleAt, a.IgnoreAttempt)
	return err
}

// DiscardOrchestrationItem implements [provider.Strategy].
func (Strategy) DiscardOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.TurnLock, now int64) error {
	_, err := conn.Exec(ctx, discardTurn, l.InstanceID, l.Token, l.MessageIDs, now)
	return err
}

// RenewOrchestrationLock implements [provider.Strategy].
func (Strategy) RenewOrchestrationLock(ctx context.Context, conn *pgx.Conn, l provider.TurnLock, now, until int64) error {
	_, err := conn.Exec(ctx, renewTurn, l.InstanceID, l.Token, now, until)
	return err
}
