package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	turnsClaim     = sql.Get("fetch_orchestration_items.claim")
	turnsMessages  = sql.Get("fetch_orchestration_items.messages")
	turnsCount     = sql.Get("fetch_orchestration_items.count_attempts")
	turnsInstances = sql.Get("fetch_orchestration_items.instances")
	turnsTraces    = sql.Get("fetch_orchestration_items.traces")

	turnsLock     = sql.Get("ack_orchestration_items.lock")
	turnsUpsert   = shared.Get("ack_orchestration_items.upsert_instances")
	turnsBegin    = shared.Get("ack_orchestration_items.insert_executions")
	turnsEnd      = shared.Get("ack_orchestration_items.end_executions")
	turnsHistory  = shared.Get("ack_orchestration_items.append_histories")
	turnsSchedule = shared.Get("ack_orchestration_items.schedule_activities")
	turnsDelete   = shared.Get("ack_orchestration_items.delete_messages")
	turnsRelease  = shared.Get("ack_orchestration_items.release")
	turnsNext     = shared.Get("ack_orchestration_items.release_to_next")
)

// FetchOrchestrationItems implements [provider.Strategy].
func (Strategy) FetchOrchestrationItems(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) ([]*provider.Turn, error) {
	for {
		turns, err := fetchTurns(ctx, conn, l, n)
		if err != nil {
			return nil, err
		}
		for _, t := range turns {
			if len(t.Messages) == 0 {
				err = errors.Join(err, nothingToDo(ctx, conn, t.InstanceID, l))
			}
		}
		turns = slices.DeleteFunc(turns, func(t *provider.Turn) bool { return len(t.Messages) == 0 })
		if len(turns) > 0 { // they are locked: a clock that stays wrong is put right when its lock has run out
			return turns, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func fetchTurns(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) (turns []*provider.Turn, err error) {
	of := map[string]*provider.Turn{}
	counted := map[string]int{}
	b := &pgx.Batch{}
	b.Queue(turnsClaim, l.Now, l.Token, l.Until, l.From, n).QueryRow(func(row pgx.Row) error {
		var ids []string
		var attempts []int
		if err := row.Scan(&ids, &attempts, nil, nil); err != nil {
			return err
		}
		for i, id := range ids {
			of[id] = &provider.Turn{InstanceID: id, AttemptCount: attempts[i]}
			turns = append(turns, of[id])
		}
		return nil
	})
	// each has an answer read whose rows begin with an instance.
	var id string
	each := func(q *pgx.QueuedQuery, scans []any, body func(*provider.Turn)) {
		q.Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, append([]any{&id}, scans...), func() error { body(of[id]); return nil })
			return err
		})
	}
	var msg, visible int64
	var item string
	var tries int
	each(b.Queue(turnsMessages, l.Now), []any{&msg, &item, &tries, &visible}, func(t *provider.Turn) {
		t.Add(msg, item, visible)
		counted[id] = max(counted[id], tries)
	})
	b.Queue(turnsCount, l.Now)
	var name, version, keeper *string
	var execution, through *int64
	var history []string
	each(b.Queue(turnsInstances, l.Owner), []any{&name, &version, &execution, &history, &keeper, &through}, func(t *provider.Turn) {
		t.Known, t.Name, t.Version, t.ExecutionID, t.History, t.HistoryOwner, t.HistoryThrough = true, name, version, execution, history, keeper, through
	})
	each(b.Queue(turnsTraces), []any{&execution, &history}, func(t *provider.Turn) {
		if !t.Known {
			t.ExecutionID, t.History = execution, history
		}
	})
	if err := flush(ctx, conn, b); err != nil {
		return nil, err
	}
	if len(turns) == 0 {
		return nil, provider.ErrNoWork
	}
	for _, t := range turns {
		if n := counted[t.InstanceID]; n > 0 {
			t.AttemptCount = max(t.AttemptCount, n+1)
		}
	}
	return turns, nil
}

// AckOrchestrationItems implements [provider.Strategy].
func (Strategy) AckOrchestrationItems(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks) error {
	b := &pgx.Batch{}
	b.Queue(turnsLock, a.InstanceIDs, a.Tokens, a.Now)
	b.Queue(turnsUpsert, a.InstanceIDs, a.ExecutionIDs, a.Names, a.Versions, a.Parents, a.Now, a.HistoryOwners, a.HistoryThrough, a.HistorySeen, a.EventInstances)
	if slices.Contains(a.Statuses, nil) {
		b.Queue(turnsBegin, a.InstanceIDs, a.ExecutionIDs, a.Statuses, a.Now)
	}
	if slices.ContainsFunc(a.Statuses, func(s *string) bool { return s != nil }) {
		b.Queue(turnsEnd, a.InstanceIDs, a.ExecutionIDs, a.Statuses, a.Outputs, a.CompletedAt, a.Now)
	}
	if e := a.Events; e.Len() > 0 {
		b.Queue(turnsHistory, a.EventInstances, a.EventExecutions, e.IDs, e.Data, a.Now)
	}
	if w := a.Works; w.Len() > 0 {
		b.Queue(turnsSchedule, w.InstanceIDs, w.ExecutionIDs, w.ActivityIDs, w.Items, a.Now)
	}
	b.Queue(turnsDelete, a.MessageInstances, a.MessageIDs)
	b.Queue(turnsRelease, a.InstanceIDs)
	b.Queue(turnsNext, a.InstanceIDs)
	return flush(ctx, conn, b)
}
