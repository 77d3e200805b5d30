package providertest

import "pgbench-provider/provider"

var atomicity = []Rule{
	{Name: "test_atomicity_failure_rollback", test: atomicityFailureRollback},
	{Name: "test_multi_operation_atomic_ack", test: multiOperationAtomicAck},
	{Name: "test_lock_released_only_on_successful_ack", test: lockReleasedOnlyOnSuccessfulAck},
	{Name: "test_concurrent_ack_prevention", test: concurrentAckPrevention},
}

func atomicityFailureRollback(s *trial) {
	s.create("a")
	s.enqueue(start("a"))
	item := s.fetch()
	err := s.tryAck(item, provider.OrchestrationAck{
		History:           events(started("1.0.0")),
		WorkerItems:       activities("a", 2),
		OrchestratorItems: messages(external("a", "x"), external("b", "x")),
		Metadata:          ended(provider.StatusCompleted, "no"),
	})
	s.fails("the second ack of event 1", err, provider.ErrDuplicateEvent)
	equal(s, "events", len(s.history("a")), 1)
	s.fetchNoWork()
	s.fetchNone()
	info, err := s.Provider.GetInstanceInfo(s.ctx, "a")
	s.must(err)
	equal(s, "status", info.Status, provider.StatusRunning)
	// The lock is still held, so a correct ack succeeds.
	s.ack(item, provider.OrchestrationAck{History: events(scheduled(2))})
}

func multiOperationAtomicAck(s *trial) {
	s.enqueue(start("a"))
	timer := provider.TimerFired{Instance: "a", ExecutionID: 1, ID: 5, FireAt: 1000} // 1970
	s.turn(provider.OrchestrationAck{
		History: events(started("1.0.0"), scheduled(2), scheduled(3), scheduled(4),
			provider.TimerCreated{ID: 5, FireAt: 1000, ExecutionID: 1}),
		WorkerItems:       activities("a", 2, 3, 4),
		OrchestratorItems: messages(timer, external("a", "go")),
	})
	equal(s, "events", len(s.history("a")), 5)
	for id := range int64(3) {
		equal[provider.WorkItem](s, "work item", s.fetchWork().Item, activity("a", id+2))
	}
	s.fetchNoWork()
	equal(s, "messages", s.fetch().Messages, messages(timer, external("a", "go")))
}

func lockReleasedOnlyOnSuccessfulAck(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	for _, token := range []provider.LockToken{"no token at all", forge(item.LockToken)} {
		err := s.Provider.AckOrchestrationItem(s.ctx, token, firstTurn("1.0.0"))
		s.fails("ack with a bogus token", err, provider.ErrLockLost)
		s.fetchNone()
	}
	s.Clock.Advance(afterLock)
	equal(s, "instance", s.fetch().Instance, "a")
}

func concurrentAckPrevention(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	errs := together(2, func(int) error { return s.tryAck(item, firstTurn("1.0.0")) })
	s.oneWins(errs, provider.ErrLockLost)
	equal(s, "events", len(s.history("a")), 1)
}
