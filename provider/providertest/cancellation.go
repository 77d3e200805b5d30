package providertest

import (
	"errors"

	"pgbench-provider/provider"
)

// The first eight keep names from a version of the contract whose fetch and renew told the state of the execution. What
// they say today: an activity lives as long as its row, whatever became of its instance.
var cancellation = []Rule{
	{Name: "test_fetch_returns_running_state_for_active_orchestration", test: fetchWhileRunning},
	{Name: "test_fetch_returns_terminal_state_when_orchestration_completed", test: fetchAfter(provider.StatusCompleted)},
	{Name: "test_fetch_returns_terminal_state_when_orchestration_failed", test: fetchAfter(provider.StatusFailed)},
	{Name: "test_fetch_returns_terminal_state_when_orchestration_continued_as_new", test: fetchAfter(provider.StatusContinuedAsNew)},
	{Name: "test_fetch_returns_missing_state_when_instance_deleted", test: fetchWithoutInstance},
	{Name: "test_renew_returns_running_when_orchestration_active", test: renewWhileRunning},
	{Name: "test_renew_returns_terminal_when_orchestration_completed", test: renewAfterCompletion},
	{Name: "test_renew_returns_missing_when_instance_deleted", test: renewWithoutInstance},
	{Name: "test_ack_work_item_none_deletes_without_enqueue", test: ackNoneDeletesWithoutEnqueue},
	{Name: "test_cancelled_activities_deleted_from_worker_queue", test: cancelledActivitiesDeleted},
	{Name: "test_ack_work_item_fails_when_entry_deleted", test: ackFailsWhenEntryDeleted},
	{Name: "test_renew_fails_when_entry_deleted", test: renewFailsWhenEntryDeleted},
	{Name: "test_cancelling_nonexistent_activities_is_idempotent", test: cancellingNonexistent},
	{Name: "test_batch_cancellation_deletes_multiple_activities", test: batchCancellation},
	{Name: "test_same_activity_in_worker_items_and_cancelled_is_noop", test: scheduledAndCancelled},
	{Name: "test_orphan_activity_after_instance_force_deletion", test: orphanActivityAfterForceDeletion},
}

// running makes instance a with activities queued by its first turn.
func (s *trial) running(ids ...int64) {
	s.Helper()
	s.enqueue(start("a"))
	ack := firstTurn("1.0.0")
	ack.WorkerItems = activities("a", ids...)
	s.turn(ack)
}

func (s *trial) end(status provider.Status) {
	s.Helper()
	s.enqueue(external("a", "end"))
	s.turn(provider.OrchestrationAck{Metadata: provider.ExecutionMetadata{Status: status, Output: "x"}})
}

// cancel acks a turn of instance a that cancels activities.
func (s *trial) cancel(refs ...provider.ActivityRef) {
	s.Helper()
	s.enqueue(external("a", "cancel"))
	s.turn(provider.OrchestrationAck{CancelledActivities: refs})
}

func fetchWhileRunning(s *trial) {
	s.running(2)
	equal[provider.WorkItem](s, "item", s.fetchWork().Item, activity("a", 2))
}

func fetchAfter(status provider.Status) func(*trial) {
	return func(s *trial) {
		s.running(2)
		s.end(status)
		got, err := s.Provider.ReadStatus(s.ctx, "a")
		s.must(err)
		equal(s, "status", got.Status, status)
		equal[provider.WorkItem](s, "item", s.fetchWork().Item, activity("a", 2))
	}
}

func fetchWithoutInstance(s *trial) {
	s.schedule(activity("nobody", 1))
	equal[provider.WorkItem](s, "item", s.fetchWork().Item, activity("nobody", 1))
}

func renewWhileRunning(s *trial) {
	s.running(2)
	s.must(s.Provider.RenewWorkItemLock(s.ctx, s.fetchWork().LockToken, lockTimeout))
}

func renewAfterCompletion(s *trial) {
	s.running(2)
	w := s.fetchWork()
	s.end(provider.StatusCompleted)
	s.must(s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, lockTimeout))
}

func renewWithoutInstance(s *trial) {
	s.schedule(activity("nobody", 1))
	s.must(s.Provider.RenewWorkItemLock(s.ctx, s.fetchWork().LockToken, lockTimeout))
}

func ackNoneDeletesWithoutEnqueue(s *trial) {
	s.running(2)
	s.must(s.Provider.AckWorkItem(s.ctx, s.fetchWork().LockToken, nil))
	s.Clock.Advance(afterLock)
	s.fetchNoWork()
	s.fetchNone()
}

func cancelledActivitiesDeleted(s *trial) {
	s.running(2, 3, 4)
	s.cancel(provider.ActivityRef{ExecutionID: 1, ID: 3})
	equal[provider.WorkItem](s, "first that stays", s.fetchWork().Item, activity("a", 2))
	equal[provider.WorkItem](s, "second that stays", s.fetchWork().Item, activity("a", 4))
	s.fetchNoWork()
}

func ackFailsWhenEntryDeleted(s *trial) {
	s.running(2)
	w := s.fetchWork()
	s.cancel(provider.ActivityRef{ExecutionID: 1, ID: 2})
	s.fails("ack", s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 2)), provider.ErrLockLost)
	s.fetchNone()
}

func renewFailsWhenEntryDeleted(s *trial) {
	s.running(2)
	w := s.fetchWork()
	s.cancel(provider.ActivityRef{ExecutionID: 1, ID: 2})
	s.fails("renew", s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, lockTimeout), provider.ErrLockLost)
}

func cancellingNonexistent(s *trial) {
	s.running(2)
	s.schedule(activity("b", 99))
	s.cancel(provider.ActivityRef{ExecutionID: 1, ID: 99}, provider.ActivityRef{ExecutionID: 99, ID: 2},
		provider.ActivityRef{ExecutionID: -1, ID: -1})
	// Not even that of another instance.
	equal(s, "work items", s.count("select count(*) from worker_queue"), 2)
}

func batchCancellation(s *trial) {
	s.running(2, 3, 4, 5)
	s.cancel(provider.ActivityRef{ExecutionID: 1, ID: 2}, provider.ActivityRef{ExecutionID: 1, ID: 3},
		provider.ActivityRef{ExecutionID: 1, ID: 5})
	equal[provider.WorkItem](s, "what stays", s.fetchWork().Item, activity("a", 4))
	s.fetchNoWork()
}

func scheduledAndCancelled(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	s.turn(provider.OrchestrationAck{WorkerItems: activities("a", 2),
		CancelledActivities: []provider.ActivityRef{{ExecutionID: 1, ID: 2}}})
	s.fetchNoWork()
	equal(s, "work items", s.count("select count(*) from worker_queue"), 0)
}

// Whether the activity's row survives is left open. If it does, its ack must not fail.
func orphanActivityAfterForceDeletion(s *trial) {
	s.running(2)
	_, err := s.Provider.DeleteInstance(s.ctx, "a", true)
	s.must(err)
	_, err = s.Provider.GetInstanceInfo(s.ctx, "a")
	s.fails("instance info", err, provider.ErrInstanceNotFound)
	w, err := s.Provider.FetchWorkItem(s.ctx, lockTimeout)
	if errors.Is(err, provider.ErrNoWork) {
		return
	}
	s.must(err)
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 2)))
}
