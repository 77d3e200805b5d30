package inline

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	enqueueMessages = sql.Get("enqueue_orchestrator_items")

	turnCandidates = sql.Get("fetch_orchestration_items.candidates")
	turnLocks      = sql.Get("fetch_orchestration_items.lock")
	turnMessages   = sql.Get("fetch_orchestration_items.messages")
	turnInstances  = sql.Get("fetch_orchestration_items.instances")
	turnTraces     = sql.Get("fetch_orchestration_items.latest_traces")
	turnHistories  = sql.Get("fetch_orchestration_items.histories")

	turnsLock     = sql.Get("ack_orchestration_items.lock")
	turnsUpsert   = sql.Get("ack_orchestration_items.upsert_instances")
	turnsBegin    = sql.Get("ack_orchestration_items.insert_executions")
	turnsEnd      = sql.Get("ack_orchestration_items.end_executions")
	turnsHistory  = sql.Get("ack_orchestration_items.append_histories")
	turnsSchedule = sql.Get("ack_orchestration_items.schedule_activities")
	turnsDelete   = sql.Get("ack_orchestration_items.delete_messages")
	turnsRelease  = sql.Get("ack_orchestration_items.release")
	turnsNext     = sql.Get("ack_orchestration_items.release_to_next")
)

// EnqueueOrchestratorItems implements [provider.Strategy].
func (Strategy) EnqueueOrchestratorItems(ctx context.Context, conn *pgx.Conn, m provider.Messages) error {
	_, err := conn.Exec(ctx, enqueueMessages, m.InstanceIDs, m.VisibleAt, m.Items)
	return err
}

// FetchOrchestrationItems implements [provider.Strategy].
func (Strategy) FetchOrchestrationItems(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) ([]*provider.Turn, error) {
	for {
		turns, err := fetchTurns(ctx, conn, l, n)
		if len(turns) > 0 || err != nil {
			return turns, err
		}
	}
}

// fetchTurns returns neither turns nor an error when no candidate had anything to do after all: their clocks were put right, and the
// caller looks further.
func fetchTurns(ctx context.Context, conn *pgx.Conn, l provider.Lock, n int) (turns []*provider.Turn, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		f := &fetching{ctx: ctx, tx: tx, of: map[string]*provider.Turn{}}
		if err := f.lock(l, n); err != nil {
			return err
		}
		// A new statement, hence a snapshot younger than the locks.
		if err := f.messages(l.Now); err != nil {
			return err
		}
		if err := f.state(l.Owner); err != nil {
			return err
		}
		turns = f.turns
		return nil
	})
	if err != nil {
		turns = nil
	}
	return turns, err
}

// fetching is a fetch of several turns at work.
type fetching struct {
	ctx   context.Context
	tx    pgx.Tx
	turns []*provider.Turn
	of    map[string]*provider.Turn // by instance
}

func (f *fetching) instances() []string {
	ids := make([]string, len(f.turns))
	for i, t := range f.turns {
		ids[i] = t.InstanceID
	}
	return ids
}

// each calls body for each row of an answer. The rows begin with an instance, which finds its turn.
func (f *fetching) each(statement string, args []any, scans []any, body func(*provider.Turn) error) error {
	rows, err := f.tx.Query(f.ctx, statement, args...)
	if err != nil {
		return err
	}
	var id string
	_, err = pgx.ForEachRow(rows, append([]any{&id}, scans...), func() error { return body(f.of[id]) })
	return err
}

func (f *fetching) lock(l provider.Lock, n int) error {
	rows, err := f.tx.Query(f.ctx, turnCandidates, l.Now, l.From, n)
	if err != nil {
		return err
	}
	var id string
	if _, err = pgx.ForEachRow(rows, []any{&id, nil}, func() error {
		t := &provider.Turn{InstanceID: id}
		f.turns, f.of[id] = append(f.turns, t), t
		return nil
	}); err != nil {
		return err
	}
	if len(f.turns) == 0 {
		return provider.ErrNoWork
	}
	var attempts int
	return f.each(turnLocks, []any{f.instances(), l.Token, l.Until}, []any{&attempts}, func(t *provider.Turn) error {
		t.AttemptCount = attempts
		return nil
	})
}

// messages reads them, and frees the instances without any.
func (f *fetching) messages(now int64) error {
	var msg, visible int64
	var item string
	var attempts int
	counted := map[*provider.Turn]int{}
	if err := f.each(turnMessages, []any{f.instances(), now}, []any{&msg, &item, &attempts, &visible}, func(t *provider.Turn) error {
		t.Add(msg, item, visible)
		if attempts > 0 {
			counted[t] = max(counted[t], attempts)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, t := range f.turns {
		var err error
		switch {
		case len(t.Messages) == 0:
			err = release(f.ctx, f.tx, fetchRelease, t.InstanceID, 0)
		case counted[t] > 0:
			t.AttemptCount = max(t.AttemptCount, counted[t]+1)
			_, err = f.tx.Exec(f.ctx, fetchCount, t.InstanceID, t.MessageIDs)
		}
		if err != nil {
			return err
		}
	}
	f.turns = slices.DeleteFunc(f.turns, func(t *provider.Turn) bool { return len(t.Messages) == 0 })
	return nil
}

func (f *fetching) state(owner *string) error {
	if len(f.turns) == 0 {
		return nil
	}
	var name, version, keeper *string
	var execution, through *int64
	if err := f.each(turnInstances, []any{f.instances()}, []any{&name, &version, &execution, &keeper, &through}, func(t *provider.Turn) error {
		t.Known, t.Name, t.Version, t.ExecutionID, t.HistoryOwner, t.HistoryThrough = true, name, version, execution, keeper, through
		return nil
	}); err != nil {
		return err
	}
	var unknown []string
	for _, t := range f.turns {
		if !t.Known {
			unknown = append(unknown, t.InstanceID)
		}
	}
	if len(unknown) > 0 {
		if err := f.each(turnTraces, []any{unknown}, []any{&execution}, func(t *provider.Turn) error {
			t.ExecutionID = execution
			return nil
		}); err != nil {
			return err
		}
	}
	return f.histories(owner)
}

func (f *fetching) histories(owner *string) error {
	var ids []string
	var executions, kept []int64
	for _, t := range f.turns {
		if t.ExecutionID != nil {
			ids, executions, kept = append(ids, t.InstanceID), append(executions, *t.ExecutionID), append(kept, t.KeptThrough(owner))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var event string
	return f.each(turnHistories, []any{ids, executions, kept}, []any{&event}, func(t *provider.Turn) error {
		t.History = append(t.History, event)
		return nil
	})
}

// AckOrchestrationItems implements [provider.Strategy].
func (Strategy) AckOrchestrationItems(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, turnsLock, a.InstanceIDs, a.Tokens, a.Now)
		if err == nil && tag.RowsAffected() != int64(len(a.InstanceIDs)) {
			err = provider.ErrLockLost
		}
		if err != nil {
			return err
		}
		if err := writeTurns(ctx, tx, a); err != nil {
			return err
		}
		tag, err = tx.Exec(ctx, turnsRelease, a.InstanceIDs)
		if err == nil && tag.RowsAffected() < int64(len(a.InstanceIDs)) {
			_, err = tx.Exec(ctx, turnsNext, a.InstanceIDs)
		}
		return err
	})
}

// writeTurns writes all that turns change but the locks.
func writeTurns(ctx context.Context, tx pgx.Tx, a *provider.TurnAcks) error {
	_, err := tx.Exec(ctx, turnsUpsert, a.InstanceIDs, a.ExecutionIDs, a.Names, a.Versions, a.Parents, a.Now,
		a.HistoryOwners, a.HistoryThrough, a.HistorySeen, a.EventInstances)
	if err == nil && slices.Contains(a.Statuses, nil) {
		_, err = tx.Exec(ctx, turnsBegin, a.InstanceIDs, a.ExecutionIDs, a.Statuses, a.Now)
	}
	if err == nil && slices.ContainsFunc(a.Statuses, func(s *string) bool { return s != nil }) {
		_, err = tx.Exec(ctx, turnsEnd, a.InstanceIDs, a.ExecutionIDs, a.Statuses, a.Outputs, a.CompletedAt, a.Now)
	}
	if e := a.Events; err == nil && e.Len() > 0 {
		_, err = tx.Exec(ctx, turnsHistory, a.EventInstances, a.EventExecutions, e.IDs, e.Data, a.Now)
	}
	if w := a.Works; err == nil && w.Len() > 0 {
		_, err = tx.Exec(ctx, turnsSchedule, w.InstanceIDs, w.ExecutionIDs, w.ActivityIDs, w.Items, a.Now)
	}
	if err == nil {
		_, err = tx.Exec(ctx, turnsDelete, a.MessageInstances, a.MessageIDs)
	}
	return err
}
