// Package speager is the strategy of stored procedures that hand the next step over: it is sp, and beside that an
// enqueue and an ack may return what the caller would fetch next.
package speager

import (
	"context"
	"embed"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/sqlfile"
	"pgbench-provider/provider"
	"pgbench-provider/strategies/sp"
)

//go:embed sql
var files embed.FS

//go:embed routines
var routineFiles embed.FS

var (
	sql      = sqlfile.MustLoad(files, "sql", "sp-eager")
	routines = sqlfile.MustLoadRoutines(routineFiles, "routines", "pgbench-provider sp-eager")

	enqueueMessage = sql.Get("enqueue_orchestrator_item_and_fetch")
	ackTurn        = sql.Get("ack_orchestration_item_and_fetch")
	ackWork        = sql.Get("ack_work_item_and_fetch")
	ackWorks       = sql.Get("ack_work_items_and_fetch")

	enqueueMessages = sql.Get("enqueue_orchestrator_items_and_fetch")
	ackTurns        = sql.Get("ack_orchestration_items_and_fetch")
)

// Strategy implements [provider.EagerStrategy]. Its zero value is ready.
type Strategy struct{ sp.Strategy }

var _ provider.EagerStrategy = Strategy{}

// Name is "sp-eager".
func (Strategy) Name() string { return "sp-eager" }

// Install installs the routines of sp and those that call them.
func (s Strategy) Install(ctx context.Context, conn *pgx.Conn) error {
	if err := s.Strategy.Install(ctx, conn); err != nil {
		return err
	}
	return routines.Install(ctx, conn)
}

// RoutineHash identifies the text of the routines that this strategy has beside those of sp.
func RoutineHash() string { return routines.Hash() }

// EnqueueOrchestratorItemAndFetch implements [provider.EagerStrategy].
func (Strategy) EnqueueOrchestratorItemAndFetch(ctx context.Context, conn *pgx.Conn, m provider.Message, w provider.Want) (provider.Handover, error) {
	return scan(conn.QueryRow(ctx, enqueueMessage, want(w, m.InstanceID, m.VisibleAt, m.Item, w.Now())...))
}

// AckOrchestrationItemAndFetch implements [provider.EagerStrategy].
func (Strategy) AckOrchestrationItemAndFetch(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck, w provider.Want) (provider.Handover, error) {
	return scan(conn.QueryRow(ctx, ackTurn, want(w, a.Lock.InstanceID, a.Lock.Token, a.Lock.MessageIDs, a.Now, a.ExecutionID,
		a.Name, a.Version, a.Parent,
		(*string)(a.Status), a.Output, a.CompletedAt,
		a.Events.IDs, a.Events.Data,
		a.Works.InstanceIDs, a.Works.ExecutionIDs, a.Works.ActivityIDs, a.Works.Items,
		a.Messages.InstanceIDs, a.Messages.VisibleAt, a.Messages.Items,
		a.Cancelled.ExecutionIDs, a.Cancelled.ActivityIDs,
		a.HistorySeen, a.HistoryOwner, a.HistoryThrough)...))
}

// AckWorkItemAndFetch implements [provider.EagerStrategy].
func (Strategy) AckWorkItemAndFetch(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message, w provider.Want) (provider.Handover, error) {
	var instance, item *string
	var visible *int64
	if done != nil {
		instance, visible, item = &done.InstanceID, &done.VisibleAt, &done.Item
	}
	return scan(conn.QueryRow(ctx, ackWork, want(w, l.ID, l.Token, now, instance, visible, item)...))
}

// AckWorkItemsAndFetch implements [provider.EagerStrategy].
func (Strategy) AckWorkItemsAndFetch(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages, w provider.Want) (provider.Handover, error) {
	return scanAll(conn.Query(ctx, ackWorks, wantAll(w, l.IDs, l.Tokens, now, done.InstanceIDs, done.VisibleAt, done.Items)...))
}

// EnqueueOrchestratorItemsAndFetch implements [provider.EagerStrategy].
func (Strategy) EnqueueOrchestratorItemsAndFetch(ctx context.Context, conn *pgx.Conn, m provider.Messages, w provider.Want) (provider.Handover, error) {
	return scanAll(conn.Query(ctx, enqueueMessages, wantAll(w, m.InstanceIDs, m.VisibleAt, m.Items, w.Now())...))
}

// AckOrchestrationItemsAndFetch implements [provider.EagerStrategy].
func (Strategy) AckOrchestrationItemsAndFetch(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks, w provider.Want) (provider.Handover, error) {
	return scanAll(conn.Query(ctx, ackTurns, wantAll(w, a.InstanceIDs, a.Tokens, a.Now, a.ExecutionIDs,
		a.MessageInstances, a.MessageIDs, a.Names, a.Versions, a.Parents,
		a.Statuses, a.Outputs, a.CompletedAt,
		a.EventInstances, a.EventExecutions, a.Events.IDs, a.Events.Data,
		a.Works.InstanceIDs, a.Works.ExecutionIDs, a.Works.ActivityIDs, a.Works.Items,
		a.HistorySeen, a.HistoryOwners, a.HistoryThrough)...))
}

// want adds the arguments that say what is to be handed over: a token of null for nothing.
func want(w provider.Want, args ...any) []any {
	var turn, work provider.Lock
	var turnToken, workToken *string
	if w.Turn != nil {
		turn, turnToken = *w.Turn, &w.Turn.Token
	}
	if w.Works > 0 {
		work, workToken = *w.Work, &w.Work.Token
	}
	return append(args, turnToken, turn.Until, turn.Owner, turn.From, w.Works, workToken, work.Until, work.From)
}

// wantAll is want for an operation on several items.
func wantAll(w provider.Want, args ...any) []any { return want(w, append(args, max(w.Turns, 1))...) }

// scanAll reads a row a turn, one for the work items, and one for each time to look again.
func scanAll(rows pgx.Rows, err error) (all provider.Handover, _ error) {
	if err != nil {
		return all, err
	}
	defer rows.Close()
	for rows.Next() {
		h, err := scan(rows)
		if err != nil {
			return all, err
		}
		all.Turns = append(all.Turns, h.Turns...)
		all.Works, all.Next = append(all.Works, h.Works...), append(all.Next, h.Next...)
	}
	return all, rows.Err()
}

func scan(row pgx.Row) (h provider.Handover, err error) {
	var id *string
	var attempts *int
	var known *bool
	var visible, next *int64
	var ids, enqueued []int64
	var items []string
	var counts []int
	t := &provider.Turn{}
	err = row.Scan(&id, &attempts, &t.MessageIDs, &t.Messages, &known, &t.Name, &t.Version, &t.ExecutionID, &t.History,
		&t.HistoryOwner, &t.HistoryThrough, &visible, &ids, &items, &counts, &enqueued, &next)
	if err != nil {
		return h, err
	}
	if id != nil {
		t.InstanceID, t.AttemptCount, t.Known, t.VisibleAt = *id, *attempts, *known, *visible
		h.Turns = []*provider.Turn{t}
	}
	if next != nil {
		h.Next = []int64{*next}
	}
	for i := range ids {
		h.Works = append(h.Works, provider.LockedWork{ID: ids[i], Item: items[i], AttemptCount: counts[i], EnqueuedAt: enqueued[i]})
	}
	return h, nil
}
