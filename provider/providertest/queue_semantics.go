package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var queueSemantics = []Rule{
	{Name: "test_worker_queue_fifo_ordering", test: workerQueueFIFOOrdering},
	{Name: "test_worker_peek_lock_semantics", test: workerPeekLockSemantics},
	{Name: "test_worker_ack_atomicity", test: workerAckAtomicity},
	{Name: "test_timer_delayed_visibility", test: timerDelayedVisibility},
	{Name: "test_lost_lock_token_handling", test: lostLockTokenHandling},
	{Name: "test_worker_item_immediate_visibility", test: workerItemImmediateVisibility},
	{Name: "test_worker_delayed_visibility_skips_future_items", test: workerDelayedVisibilitySkipsFutureItems},
	{Name: "test_orphan_queue_messages_dropped",
		Apart: "a fetch between the message and the start drops the message",
		test:  orphanQueueMessagesDropped},
}

func workerQueueFIFOOrdering(s *trial) {
	for id := range int64(5) {
		s.schedule(activity("a", id+1))
	}
	for id := range int64(5) {
		equal[provider.WorkItem](s, "item", s.fetchWork().Item, activity("a", id+1))
	}
	s.fetchNoWork()
}

func workerPeekLockSemantics(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	s.fetchNoWork()
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 1)))
	s.Clock.Advance(afterLock)
	s.fetchNoWork()
	equal(s, "work items", s.count("select count(*) from worker_queue"), 0)
}

func workerAckAtomicity(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	err := s.Provider.AckWorkItem(s.ctx, w.LockToken, external("a", "no completion"))
	s.fails("ack with what is no completion", err, provider.ErrInvalid)
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 1)))
	s.fetchNoWork()
	equal(s, "messages", s.fetch().Messages, messages(completed("a", 1)))
	s.fetchNone()
}

func timerDelayedVisibility(s *trial) {
	timer := provider.TimerFired{Instance: "a", ExecutionID: 1, ID: 1}
	s.enqueueAfter(5*time.Second, timer)
	s.fetchNone()
	s.Clock.Advance(5100 * time.Millisecond)
	equal(s, "messages", s.fetch().Messages, messages(timer))
}

func lostLockTokenHandling(s *trial) {
	s.schedule(activity("a", 1))
	first := s.fetchWork()
	s.fetchNoWork()
	s.Clock.Advance(afterLock)
	second := s.fetchWork()
	equal(s, "item", second.Item, first.Item)
	if first.LockToken == second.LockToken {
		s.Errorf("both fetches got the token %q", first.LockToken)
	}
}

func workerItemImmediateVisibility(s *trial) {
	s.schedule(activity("a", 1))
	s.fetchWork()
	s.enqueue(start("b"))
	s.turn(provider.OrchestrationAck{WorkerItems: activities("b", 7)})
	equal[provider.WorkItem](s, "item of an ack", s.fetchWork().Item, activity("b", 7))
}

func workerDelayedVisibilitySkipsFutureItems(s *trial) {
	s.schedule(activity("a", 1), activity("a", 2))
	w := s.fetchWork()
	s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, provider.Abandon{Delay: time.Minute}))
	equal[provider.WorkItem](s, "item", s.fetchWork().Item, activity("a", 2))
	s.fetchNoWork()
	s.Clock.Advance(time.Minute)
	got := map[provider.WorkItem]bool{s.fetchWork().Item: true, s.fetchWork().Item: true}
	equal(s, "items", got, map[provider.WorkItem]bool{activity("a", 1): true, activity("a", 2): true})
}

func orphanQueueMessagesDropped(s *trial) {
	s.enqueue(inbox("nobody"), inbox("nobody"))
	s.fetchNone()
	for _, table := range tables {
		equal(s, "rows in "+table, s.count("select count(*) from "+table), 0)
	}
	s.create("a")
	s.enqueue(inbox("nobody"), inbox("a"))
	equal(s, "messages of an instance that is", s.turn(bare).Messages, messages(inbox("a")))
	s.enqueue(inbox("b"), start("b"))
	equal(s, "messages of an instance that begins", s.turn(firstTurn("1.0.0")).Messages, messages(inbox("b"), start("b")))
}
