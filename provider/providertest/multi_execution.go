package providertest

import "pgbench-provider/provider"

var multiExecution = []Rule{
	{Name: "test_execution_isolation", test: executionIsolation},
	{Name: "test_latest_execution_detection", test: latestExecutionDetection},
	{Name: "test_execution_id_sequencing", test: executionIDSequencing},
	{Name: "test_continue_as_new_creates_new_execution", test: continueAsNewCreatesNewExecution},
	{Name: "test_execution_history_persistence", test: executionHistoryPersistence},
}

// under acks one turn of instance a under an execution, without metadata.
func (s *trial) under(execution int64, list ...provider.Event) {
	s.Helper()
	s.enqueue(external("a", "next"))
	s.turn(provider.OrchestrationAck{ExecutionID: execution, History: list})
}

func executionIsolation(s *trial) {
	s.under(1, started("1.0.0"), scheduled(2), scheduled(3))
	s.under(2, started("1.0.0"), scheduled(2))
	equal(s, "events of execution 1", len(s.execution("a", 1)), 3)
	equal(s, "events of execution 2", len(s.execution("a", 2)), 2)
	equal(s, "events of the latest", len(s.history("a")), 2)
}

func latestExecutionDetection(s *trial) {
	a, b := events(provider.ExternalEvent{ID: 1, Name: "A"}), events(provider.ExternalEvent{ID: 1, Name: "B"})
	s.under(1, a...)
	s.under(2, b...)
	equal(s, "latest", s.history("a"), b)
	equal(s, "execution 1", s.execution("a", 1), a)
}

func executionIDSequencing(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	item := s.fetch()
	equal(s, "execution", item.ExecutionID, 1)
	s.ack(item, provider.OrchestrationAck{ExecutionID: 2, History: events(started("1.0.0")), Metadata: named("1.0.0")})
	again := start("a")
	again.ExecutionID = 3
	s.enqueue(again)
	item = s.fetch()
	equal(s, "execution", item.ExecutionID, 2)
	// A late ack under an older execution does not take the instance back.
	s.ack(item, provider.OrchestrationAck{ExecutionID: 1, History: events(scheduled(2))})
	s.enqueue(external("a", "x"))
	s.turn(provider.OrchestrationAck{ExecutionID: 1, History: events(scheduled(3)), Metadata: named("1.0.0")})
	id, err := s.Provider.LatestExecutionID(s.ctx, "a")
	s.must(err)
	equal(s, "latest execution", id, 2)
}

func continueAsNewCreatesNewExecution(s *trial) {
	s.enqueue(start("a"))
	s.turn(provider.OrchestrationAck{ExecutionID: 1,
		History:           events(started("1.0.0"), provider.OrchestrationContinuedAsNew{ID: 2, Input: "n"}),
		OrchestratorItems: messages(provider.ContinueAsNew{Instance: "a", Orchestration: "TestOrch", Input: "n"})})
	item := s.fetch()
	equal(s, "execution before its ack", item.ExecutionID, 1)
	equal(s, "events of it", len(item.History), 2)
	s.ack(item, provider.OrchestrationAck{ExecutionID: 2, History: events(started("1.0.0"))})
	s.enqueue(external("a", "x"))
	item = s.fetch()
	equal(s, "execution", item.ExecutionID, 2)
	equal(s, "history", item.History, events(started("1.0.0")))
}

func executionHistoryPersistence(s *trial) {
	of := func(name string) []provider.Event { return events(provider.ExternalEvent{ID: 1, Name: name}) }
	s.under(1, of("1")...)
	s.under(2, of("2")...)
	s.under(3, of("3")...)
	equal(s, "execution 1", s.execution("a", 1), of("1"))
	equal(s, "execution 2", s.execution("a", 2), of("2"))
	equal(s, "execution 3", s.execution("a", 3), of("3"))
	equal(s, "latest", s.history("a"), of("3"))
	ids, err := s.Provider.ListExecutions(s.ctx, "a")
	s.must(err)
	equal(s, "executions", ids, []int64{1, 2, 3})
}
