package providertest

import (
	"errors"
	"fmt"
	"time"

	"pgbench-provider/provider"
)

var lessonsAck = []Rule{
	{Name: "double_ack_with_empty_delta", test: doubleAckWithEmptyDelta},
	{Name: "double_ack_of_work_item", test: doubleAckOfWorkItem},
	{Name: "ack_after_theft", test: ackAfterTheft},
	{Name: "ack_racing_expiry", test: ackRacingExpiry},
	{Name: "work_ack_racing_expiry", test: workAckRacingExpiry},
	{Name: "ack_retry_after_lost_reply", test: ackRetryAfterLostReply},
	{Name: "failed_ack_changes_nothing", test: failedAckChangesNothing},
	{Name: "failed_work_ack_changes_nothing", test: failedWorkAckChangesNothing},
	{Name: "append_works", test: appendWorks},
	{Name: "append_rejects_event_id_zero", test: appendRejectsEventIDZero},
	{Name: "append_duplicate_policy", test: appendDuplicatePolicy},
}

// rounds is how often a race is run.
const rounds = 10

// Without events the history's key catches nothing: only the lock's row tells two acks apart.
func doubleAckWithEmptyDelta(s *trial) {
	later := provider.TimerFired{Instance: "b", ExecutionID: 1, ID: 1, FireAt: s.Provider.Now() + 1000}
	for i := range int64(rounds) {
		s.enqueue(start("a"))
		item := s.fetch()
		errs := together(2, func(int) error {
			return s.tryAck(item, provider.OrchestrationAck{WorkerItems: activities("a", i+1), OrchestratorItems: messages(later)})
		})
		s.oneWins(errs, provider.ErrLockLost)
		equal(s, "work items", s.count("select count(*) from worker_queue"), i+1)
		equal(s, "messages", s.count("select count(*) from orchestrator_queue"), i+1)
	}
}

func doubleAckOfWorkItem(s *trial) {
	for i := range int64(rounds) {
		s.schedule(activity("a", i+1))
		w := s.fetchWork()
		errs := together(2, func(int) error { return s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", i+1)) })
		s.oneWins(errs, provider.ErrLockLost)
		equal(s, "messages", s.count("select count(*) from orchestrator_queue"), i+1)
	}
}

func ackAfterTheft(s *trial) {
	s.enqueue(start("a"))
	s.schedule(activity("a", 1))
	lost, lostWork := s.fetch(), s.fetchWork()
	s.Clock.Advance(afterLock)
	held, heldWork := s.fetch(), s.fetchWork()

	s.fails("ack", s.tryAck(lost, firstTurn("1.0.0")), provider.ErrLockLost)
	s.fails("abandon", s.Provider.AbandonOrchestrationItem(s.ctx, lost.LockToken, provider.Abandon{}), provider.ErrLockLost)
	s.fails("renew", s.Provider.RenewOrchestrationLock(s.ctx, lost.LockToken, lockTimeout), provider.ErrLockLost)
	s.fails("discard", s.Provider.DiscardOrchestrationItem(s.ctx, lost.LockToken), provider.ErrLockLost)
	s.fails("work ack", s.Provider.AckWorkItem(s.ctx, lostWork.LockToken, completed("a", 1)), provider.ErrLockLost)
	s.fails("work abandon", s.Provider.AbandonWorkItem(s.ctx, lostWork.LockToken, provider.Abandon{}), provider.ErrLockLost)
	s.fails("work renew", s.Provider.RenewWorkItemLock(s.ctx, lostWork.LockToken, lockTimeout), provider.ErrLockLost)

	s.fetchNone()
	s.ack(held, firstTurn("1.0.0"))
	s.must(s.Provider.AckWorkItem(s.ctx, heldWork.LockToken, completed("a", 1)))
}

// thief is a provider whose clock is past the expiry of what is fetched now.
func (s *trial) thief() *Provider {
	s.Helper()
	p, err := s.at(func() time.Time { return s.Clock.Now().Add(lockTimeout) })
	s.must(err)
	return p
}

// The ack of a lock that is about to expire and the fetch that takes it over run at once: one of them wins.
func ackRacingExpiry(s *trial) {
	thief := s.thief()
	for i := range rounds {
		id := fmt.Sprintf("instance-%d", i)
		s.enqueue(start(id))
		item := s.fetch()
		var stolen *provider.OrchestrationItem
		errs := together(2, func(i int) (err error) {
			if i == 0 {
				return s.tryAck(item, provider.OrchestrationAck{WorkerItems: activities(id, 1)})
			}
			stolen, err = thief.FetchOrchestrationItem(s.ctx, lockTimeout)
			return err
		})
		switch acked, took := errs[0], errs[1]; {
		case acked == nil && errors.Is(took, provider.ErrNoWork):
		case errors.Is(acked, provider.ErrLockLost) && took == nil:
			s.must(thief.AckOrchestrationItem(s.ctx, stolen.LockToken, provider.OrchestrationAck{ExecutionID: 1,
				WorkerItems: activities(id, 1)}))
		default:
			s.Fatalf("ack: %v; fetch: %v", acked, took)
		}
	}
	equal(s, "work items", s.count("select count(*) from worker_queue"), rounds)
	equal(s, "messages", s.count("select count(*) from orchestrator_queue"), 0)
}

func workAckRacingExpiry(s *trial) {
	thief := s.thief()
	for i := range int64(rounds) {
		s.schedule(activity("a", i))
		w := s.fetchWork()
		var stolen *provider.LockedWorkItem
		errs := together(2, func(n int) (err error) {
			if n == 0 {
				return s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", i))
			}
			stolen, err = thief.FetchWorkItem(s.ctx, lockTimeout)
			return err
		})
		switch acked, took := errs[0], errs[1]; {
		case acked == nil && errors.Is(took, provider.ErrNoWork):
		case errors.Is(acked, provider.ErrLockLost) && took == nil:
			s.must(thief.AckWorkItem(s.ctx, stolen.LockToken, completed("a", i)))
		default:
			s.Fatalf("ack: %v; fetch: %v", acked, took)
		}
	}
	equal(s, "messages", s.count("select count(*) from orchestrator_queue"), rounds)
}

func ackRetryAfterLostReply(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	ack := firstTurn("1.0.0")
	ack.WorkerItems, ack.OrchestratorItems = activities("a", 2), messages(external("b", "x"))
	s.ack(item, ack)
	before := s.contents()
	s.fails("the same ack again", s.tryAck(item, ack), provider.ErrLockLost)
	equal(s, "contents", s.contents(), before)

	w := s.fetchWork()
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 2)))
	before = s.contents()
	s.fails("the same work ack again", s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 2)), provider.ErrLockLost)
	equal(s, "contents", s.contents(), before)
}

// full is an ack that writes to every table.
func full(instance string, events ...provider.Event) provider.OrchestrationAck {
	return provider.OrchestrationAck{
		ExecutionID:         2,
		History:             events,
		WorkerItems:         activities(instance, 7, 8),
		OrchestratorItems:   messages(external(instance, "self"), external("b", "other"), start("a::new")),
		Metadata:            ended(provider.StatusCompleted, "out"),
		CancelledActivities: []provider.ActivityRef{{ExecutionID: 1, ID: 2}},
	}
}

func failedAckChangesNothing(s *trial) {
	s.running(2)
	s.enqueue(external("a", "x"), external("b", "waits"))
	item := s.fetch()
	equal(s, "instance", item.Instance, "a")
	unchanged := func(what string, want error, token provider.LockToken, ack provider.OrchestrationAck) {
		s.Helper()
		before := s.contents()
		s.fails(what, s.Provider.AckOrchestrationItem(s.ctx, token, ack), want)
		equal(s, "contents after "+what, s.contents(), before)
	}
	fresh := started("1.0.0")
	unchanged("a forged token", provider.ErrLockLost, forge(item.LockToken), full("a", fresh))
	unchanged("the same event twice", provider.ErrDuplicateEvent, item.LockToken, full("a", fresh, fresh))
	again := full("a", fresh)
	again.ExecutionID = 1
	unchanged("an event that is there", provider.ErrDuplicateEvent, item.LockToken, again)
	unchanged("event id 0", provider.ErrInvalid, item.LockToken, full("a", fresh, scheduled(0)))
	none := full("a", fresh)
	none.ExecutionID = -1
	unchanged("execution id -1", provider.ErrInvalid, item.LockToken, none)
	wrong := full("a", fresh)
	wrong.OrchestratorItems = messages(activity("a", 9))
	unchanged("an activity in the orchestrator queue", provider.ErrInvalid, item.LockToken, wrong)
	strange := full("a", fresh)
	strange.Metadata.Status = "Sleeping"
	unchanged("an unknown status", provider.ErrInvalid, item.LockToken, strange)
	s.Clock.Advance(afterLock)
	unchanged("an expired lock", provider.ErrLockLost, item.LockToken, full("a", fresh))
	taken := s.fetch()
	unchanged("a lock taken over", provider.ErrLockLost, item.LockToken, full("a", fresh))
	s.ack(taken, full("a", fresh))
}

func failedWorkAckChangesNothing(s *trial) {
	s.create("a")
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	unchanged := func(what string, want error, token provider.LockToken, completion provider.WorkItem) {
		s.Helper()
		before := s.contents()
		s.fails(what, s.Provider.AckWorkItem(s.ctx, token, completion), want)
		equal(s, "contents after "+what, s.contents(), before)
	}
	unchanged("a forged token", provider.ErrLockLost, forge(w.LockToken), completed("a", 1))
	unchanged("what is no completion", provider.ErrInvalid, w.LockToken, start("a"))
	unchanged("a completion for nobody", provider.ErrInvalid, w.LockToken, completed("", 1))
	s.Clock.Advance(lockTimeout)
	unchanged("an expired lock", provider.ErrLockLost, w.LockToken, completed("a", 1))
	unchanged("an expired lock without completion", provider.ErrLockLost, w.LockToken, nil)
}

func appendWorks(s *trial) {
	s.must(s.Provider.AppendHistory(s.ctx, "a", 1, events(started("1.0.0"), scheduled(2))))
	s.must(s.Provider.AppendHistory(s.ctx, "a", 1, events(scheduled(3))))
	s.must(s.Provider.AppendHistory(s.ctx, "a", 1, nil))
	equal(s, "history", s.history("a"), events(started("1.0.0"), scheduled(2), scheduled(3)))
	s.enqueue(external("a", "x"))
	equal(s, "events of the next turn", len(s.fetch().History), 3)
}

func appendRejectsEventIDZero(s *trial) {
	before := s.contents()
	err := s.Provider.AppendHistory(s.ctx, "a", 1, events(started("1.0.0"), scheduled(0)))
	s.fails("event id 0", err, provider.ErrInvalid)
	s.fails("execution id 0", s.Provider.AppendHistory(s.ctx, "a", 0, events(scheduled(1))), provider.ErrInvalid)
	s.fails("no event", s.Provider.AppendHistory(s.ctx, "a", 1, events(nil)), provider.ErrInvalid)
	equal(s, "contents", s.contents(), before)
}

// An append may be repeated: what is there is left alone, what is not is added.
func appendDuplicatePolicy(s *trial) {
	s.create("a")
	s.must(s.Provider.AppendHistory(s.ctx, "a", 1,
		events(provider.OrchestrationCompleted{ID: 1, Output: "other kind, same id"}, scheduled(2))))
	equal(s, "history", s.history("a"), events(started("1.0.0"), scheduled(2)))
}
