package providertest

import (
	"context"
	"errors"
	"time"

	"pgbench-provider/provider"
)

// Races with a fixed outcome: a foreign session holds a row until all who want it stand in line.
var lessonsRace = []Rule{
	{Name: "message_committed_during_ack", test: committedDuringAck(func(ctx context.Context, s *trial, _ *provider.LockedWorkItem) error {
		return s.Provider.EnqueueOrchestratorItem(ctx, external("a", "late"), 0)
	})},
	{Name: "completion_committed_during_ack", test: committedDuringAck(func(ctx context.Context, s *trial, w *provider.LockedWorkItem) error {
		return s.Provider.AckWorkItem(ctx, w.LockToken, completed("a", 1))
	})},
	{Name: "message_of_other_turn_committed_during_ack", test: committedDuringAck(func(ctx context.Context, s *trial, _ *provider.LockedWorkItem) error {
		s.enqueue(start("b"))
		item, err := s.Provider.FetchOrchestrationItem(ctx, lockTimeout)
		if err != nil {
			return err
		}
		return s.tryAck(item, provider.OrchestrationAck{OrchestratorItems: messages(external("a", "late"))})
	})},
	{Name: "crossing_acks_deadlock", test: crossingAcksDeadlock},
	{Name: "cancel_and_work_ack_deadlock", test: cancelAndWorkAckDeadlock},
}

// inLine runs bodies one after the other until each waits for the row of an instance, then lets them go, first come
// first served, and gives their errors. bodies must not use the trial's failing helpers.
func (s *trial) inLine(instance string, bodies ...func(context.Context) error) []error {
	s.Helper()
	ctx, cancel := s.bounded()
	defer cancel()
	other, done := s.session()
	defer done()
	_, err := other.Exec(ctx, "begin")
	s.must(err)
	tag, err := other.Exec(ctx, "select from instance_locks where instance_id = $1 for update", instance)
	s.must(err)
	equal(s, "rows to wait for", tag.RowsAffected(), 1)

	errs := make([]error, len(bodies))
	ended := make(chan struct{}, len(bodies))
	for i, body := range bodies {
		go func() {
			defer func() { ended <- struct{}{} }()
			errs[i] = body(ctx)
		}()
		s.waiting(ctx, i+1)
	}
	_, err = other.Exec(ctx, "rollback")
	s.must(err)
	for range bodies {
		<-ended
	}
	return errs
}

// waiting returns when exactly n of the provider's sessions wait for locks.
func (s *trial) waiting(ctx context.Context, n int) {
	s.Helper()
	for {
		var now int
		err := s.Conn().QueryRow(ctx, `select count(*) from pg_stat_activity
			where application_name = $1 and wait_event_type = 'Lock'`, s.name).Scan(&now)
		s.must(err)
		if now == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// committedDuringAck has the ack take its snapshot before the message is committed and its lock after. What it knows of
// the message it knows from the row it waited for; if it missed that, the message would be stranded.
func committedDuringAck(send func(context.Context, *trial, *provider.LockedWorkItem) error) func(*trial) {
	return func(s *trial) {
		s.schedule(activity("a", 1))
		s.enqueue(start("a"))
		item, w := s.fetch(), s.fetchWork()
		errs := s.inLine("a",
			func(ctx context.Context) error { return send(ctx, s, w) },
			func(context.Context) error { return s.tryAck(item, firstTurn("1.0.0")) })
		s.must(errors.Join(errs...))
		s.quiet()
		equal(s, "messages of the next turn", len(s.turn(bare).Messages), 1)
	}
}

// Two turns send to a third instance and to each other. Whoever does not lock in the order of ids deadlocks.
func crossingAcksDeadlock(s *trial) {
	s.enqueue(start("a"), start("z"))
	a, z := s.fetch(), s.fetch()
	s.enqueueAfter(time.Hour, external("m", "later"))
	errs := s.inLine("m",
		func(context.Context) error {
			return s.tryAck(a, provider.OrchestrationAck{OrchestratorItems: messages(external("m", "x"), external("z", "x"))})
		},
		func(context.Context) error {
			return s.tryAck(z, provider.OrchestrationAck{OrchestratorItems: messages(external("m", "x"), external("a", "x"))})
		})
	s.must(errors.Join(errs...))
	s.quiet()
}

// A turn cancels the activity that a worker is just completing: one of them gets the work item, and neither waits for
// what the other holds.
func cancelAndWorkAckDeadlock(s *trial) {
	s.running(1)
	w := s.fetchWork()
	s.enqueue(external("a", "cancel"))
	item := s.fetch()
	errs := s.inLine("a",
		func(context.Context) error {
			return s.tryAck(item, provider.OrchestrationAck{CancelledActivities: []provider.ActivityRef{{ExecutionID: 1, ID: 1}}})
		},
		func(ctx context.Context) error { return s.Provider.AckWorkItem(ctx, w.LockToken, completed("a", 1)) })
	s.must(errs[0])
	s.fails("work ack", errs[1], provider.ErrLockLost)
	s.quiet()
	s.fetchNone()
}
