package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// warmPasses is above 5, after which PostgreSQL decides for a plan that it keeps (plancache.c).
const warmPasses = 7

// warmUp calls the operations of a strategy on one connection, through the strategy itself: a pool would not say which
// connection it uses. Times run on from one connection, the n-th, to the next, and so do event ids, which are made of them.
func warmUp(ctx context.Context, s provider.Strategy, conn *pgx.Conn, n int) error {
	for pass := range int64(warmPasses) {
		now := 1000 * (int64(n)*warmPasses + pass + 1)
		if err := warmTurn(ctx, s, conn, now); err != nil {
			return err
		}
		if err := warmWork(ctx, s, conn, now); err != nil {
			return err
		}
		if _, err := s.GetQueueDepths(ctx, conn, 0); err != nil {
			return err
		}
	}
	return nil
}

const warmInstance = "warm-up"

func warmToken(n int64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// warmTurn runs a first turn, a middle one and the last, with all that a turn can change.
func warmTurn(ctx context.Context, s provider.Strategy, conn *pgx.Conn, now int64) error {
	if _, err := s.FetchOrchestrationItem(ctx, conn, provider.Lock{Token: warmToken(now), Now: 0, Until: 1}); !errors.Is(err, provider.ErrNoWork) {
		return fmt.Errorf("an empty queue gave %w", err)
	}
	name, version, status, output := "Warm", "1.0.0", provider.StatusCompleted, ""
	for turn := range int64(3) {
		m := provider.Message{InstanceID: warmInstance, VisibleAt: now, Item: "{}"}
		if err := s.EnqueueOrchestratorItem(ctx, conn, m); err != nil {
			return err
		}
		lock := provider.Lock{Token: warmToken(now + turn), Now: now, Until: now + 500}
		t, err := s.FetchOrchestrationItem(ctx, conn, lock)
		if err != nil {
			return err
		}
		held := provider.TurnLock{Token: lock.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs}
		if turn == 2 {
			if err := s.AbandonOrchestrationItem(ctx, conn, provider.TurnAbandon{Lock: held, Now: now}); err != nil {
				return err
			}
			if t, err = s.FetchOrchestrationItem(ctx, conn, lock); err != nil {
				return err
			}
			held.MessageIDs = t.MessageIDs
		}
		if err := s.RenewOrchestrationLock(ctx, conn, held, now, now+500); err != nil {
			return err
		}
		id := now*10 + turn
		a := &provider.TurnAck{Lock: held, Now: now, ExecutionID: 1,
			Events: provider.Events{IDs: []int64{id}, Types: []string{"Warm"}, Data: []string{"{}"}},
			Works: provider.Works{InstanceIDs: []string{warmInstance}, ExecutionIDs: []int64{1},
				ActivityIDs: []int64{id}, Items: []string{"{}"}}}
		switch turn {
		case 0:
			a.Name, a.Version = &name, &version
		case 2:
			a.Status, a.Output, a.CompletedAt = &status, &output, &now
			a.Messages = provider.Messages{InstanceIDs: []string{warmInstance + "-child"}, VisibleAt: []int64{now}, Items: []string{"{}"}}
		}
		if err := s.AckOrchestrationItem(ctx, conn, a); err != nil {
			return err
		}
	}
	return warmRead(ctx, s, conn, now)
}

func warmRead(ctx context.Context, s provider.Strategy, conn *pgx.Conn, now int64) error {
	lock := provider.Lock{Token: warmToken(now + 3), Now: now, Until: now + 500}
	t, err := s.FetchOrchestrationItem(ctx, conn, lock) // the child's message
	if err != nil {
		return err
	}
	held := provider.TurnLock{Token: lock.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs}
	if err := s.DiscardOrchestrationItem(ctx, conn, held, now); err != nil {
		return err
	}
	if _, err := s.ReadHistory(ctx, conn, warmInstance); err != nil {
		return err
	}
	_, err = s.ReadStatus(ctx, conn, warmInstance)
	return err
}

// warmWork works off what the turns scheduled.
func warmWork(ctx context.Context, s provider.Strategy, conn *pgx.Conn, now int64) error {
	instance, one := warmInstance, int64(1)
	w := provider.Work{InstanceID: &instance, ExecutionID: &one, ActivityID: &one, Item: "{}"}
	if err := s.EnqueueWorkerItem(ctx, conn, w, now); err != nil {
		return err
	}
	for n := int64(0); ; n++ {
		lock := provider.Lock{Token: warmToken(now + 10 + n), Now: now, Until: now + 500}
		work, err := s.FetchWorkItem(ctx, conn, lock)
		if errors.Is(err, provider.ErrNoWork) {
			break
		}
		if err != nil {
			return err
		}
		held := provider.WorkLock{Token: lock.Token, ID: work.ID}
		if n == 0 {
			if err := s.AbandonWorkItem(ctx, conn, provider.WorkAbandon{Lock: held}); err != nil {
				return err
			}
			continue
		}
		if err := s.RenewWorkItemLock(ctx, conn, held, now, now+500); err != nil {
			return err
		}
		var done *provider.Message
		if n == 1 {
			done = &provider.Message{InstanceID: warmInstance, VisibleAt: now, Item: "{}"}
		}
		if err := s.AckWorkItem(ctx, conn, held, now, done); err != nil {
			return err
		}
	}
	lock := provider.Lock{Token: warmToken(now + 4), Now: now, Until: now + 500}
	t, err := s.FetchOrchestrationItem(ctx, conn, lock)
	if err != nil {
		return err
	}
	held := provider.TurnLock{Token: lock.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs}
	return s.DiscardOrchestrationItem(ctx, conn, held, now)
}
