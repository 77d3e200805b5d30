// Package cte is the strategy of one data-modifying statement an operation, without server-side routines.
//
// A single statement reads with a snapshot that is older than the lock it takes. Every writer of an instance's queue also
// writes its row in instance_locks, so a statement that locks a version of that row which its snapshot does not hold knows
// that it may have missed something: a fetch then reads again, an ack leaves the instance fetchable at once.
//
// What cannot be sound in one statement is inline's, a transaction of several: an ack that sends messages to other
// instances, because the branches of a statement take their locks in no order and two such acks would deadlock; an ack that
// cancels activities, because a statement does not see what it has itself inserted; fetching and acking several turns at once, which is
// one transaction for all of them; and giving a turn back or discarding it, which is rare.
package cte

import (
	"context"
	"embed"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/internal/sqlfile"
	"pgbench-provider/provider"
	"pgbench-provider/strategies/inline"
)

//go:embed sql
var files embed.FS

var (
	sql = sqlfile.MustLoad(files, "sql", "cte")

	fetchClaim  = sql.Get("fetch_orchestration_item.claim")
	fetchAgain  = sql.Get("fetch_orchestration_item.read_again")
	ackTurn     = sql.Get("ack_orchestration_item")
	fetchWork   = sql.Get("fetch_work_item")
	fetchWorks  = sql.Get("fetch_work_items")
	ackWork     = sql.Get("ack_work_item.with_completion")
	ackWorkOnly = sql.Get("ack_work_item.without_completion")
	ackWorks    = sql.Get("ack_work_items")
	readHistory = sql.Get("read_history")
)

// Strategy implements [provider.Strategy]. Its zero value is ready.
type Strategy struct{ inline.Strategy }

var _ provider.Strategy = Strategy{}

// Name is "cte".
func (Strategy) Name() string { return "cte" }

// FetchOrchestrationItem implements [provider.Strategy].
func (s Strategy) FetchOrchestrationItem(ctx context.Context, conn *pgx.Conn, l provider.Lock) (*provider.Turn, error) {
	for {
		t, fresh, err := scanTurn(conn.QueryRow(ctx, fetchClaim, l.Now, l.Token, l.Until, l.Owner, l.From))
		if err != nil {
			return nil, provider.NoRows(err, provider.ErrNoWork)
		}
		if !fresh {
			id := t.InstanceID
			if t, _, err = scanTurn(conn.QueryRow(ctx, fetchAgain, l.Now, l.Token, id, l.Owner)); errors.Is(err, pgx.ErrNoRows) {
				continue // deleted meanwhile
			}
			if err != nil {
				return nil, err
			}
		}
		if len(t.Messages) > 0 {
			return t, nil
		}
		// Nothing to do here after all: put the clock right and look further.
		none := provider.TurnLock{Token: l.Token, InstanceID: t.InstanceID, MessageIDs: []int64{}}
		if err := s.DiscardOrchestrationItem(ctx, conn, none, l.Now); err != nil {
			return nil, err
		}
	}
}

func scanTurn(row pgx.Row) (t *provider.Turn, fresh bool, err error) {
	t = &provider.Turn{}
	var counted *int
	var visible *int64
	err = row.Scan(&t.InstanceID, &t.AttemptCount, &fresh, &t.MessageIDs, &t.Messages, &counted,
		&t.Known, &t.Name, &t.Version, &t.ExecutionID, &t.History,
		&t.HistoryOwner, &t.HistoryThrough, &visible)
	if visible != nil {
		t.VisibleAt = *visible
	}
	if counted != nil && *counted > 0 {
		t.AttemptCount = max(t.AttemptCount, *counted+1)
	}
	return t, fresh, err
}

// AckOrchestrationItem implements [provider.Strategy].
func (s Strategy) AckOrchestrationItem(ctx context.Context, conn *pgx.Conn, a *provider.TurnAck) error {
	if a.Cancelled.Len() > 0 || toOthers(a) {
		return s.Strategy.AckOrchestrationItem(ctx, conn, a)
	}
	var held int
	err := conn.QueryRow(ctx, ackTurn, a.Lock.InstanceID, a.Lock.Token, a.Lock.MessageIDs, a.Now, a.ExecutionID,
		a.Name, a.Version, a.Parent, (*string)(a.Status), a.Output, a.CompletedAt,
		a.Events.IDs, a.Events.Data,
		a.Works.InstanceIDs, a.Works.ExecutionIDs, a.Works.ActivityIDs, a.Works.Items,
		a.Messages.VisibleAt, a.Messages.Items,
		a.HistorySeen, a.HistoryOwner, a.HistoryThrough).Scan(&held)
	if err == nil && held == 0 {
		return provider.ErrLockLost
	}
	return err
}

func toOthers(a *provider.TurnAck) bool {
	for _, id := range a.Messages.InstanceIDs {
		if id != a.Lock.InstanceID {
			return true
		}
	}
	return false
}

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
	if done == nil {
		tag, err := conn.Exec(ctx, ackWorkOnly, l.ID, l.Token, now)
		if err == nil && tag.RowsAffected() == 0 {
			return provider.ErrLockLost
		}
		return err
	}
	_, err := conn.Exec(ctx, ackWork, l.ID, l.Token, now, done.InstanceID, done.VisibleAt, done.Item)
	return held(err)
}

// AckWorkItems implements [provider.Strategy].
func (Strategy) AckWorkItems(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages) error {
	_, err := conn.Exec(ctx, ackWorks, l.IDs, l.Tokens, now, done.InstanceIDs, done.VisibleAt, done.Items)
	return held(err)
}

func held(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == divisionByZero {
		return provider.ErrLockLost
	}
	return err
}

// divisionByZero is how ack_work_item and ack_work_items say that an item is not held.
const divisionByZero = "22012"

// ReadHistory implements [provider.Strategy].
func (Strategy) ReadHistory(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error) {
	rows, err := conn.Query(ctx, readHistory, instanceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
