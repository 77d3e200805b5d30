package providertest

import (
	"strings"

	"pgbench-provider/provider"
)

var errorHandling = []Rule{
	{Name: "test_invalid_lock_token_on_ack", test: invalidLockTokenOnAck},
	{Name: "test_duplicate_event_id_rejection", test: duplicateEventIDRejection},
	{Name: "test_missing_instance_metadata", test: missingInstanceMetadata},
	{Name: "test_corrupted_serialization_data", test: corruptedSerializationData},
	{Name: "test_lock_expiration_during_ack", test: lockExpirationDuringAck},
}

func invalidLockTokenOnAck(s *trial) {
	err := s.Provider.AckOrchestrationItem(s.ctx, "invalid-token", firstTurn("1.0.0"))
	s.fails("ack", err, provider.ErrLockLost)
	if !strings.Contains(err.Error(), "lock token") {
		s.Errorf("the error does not mention the lock token: %v", err)
	}
	err = s.Provider.AckWorkItem(s.ctx, "invalid-token", nil)
	s.fails("ack of a work item", err, provider.ErrLockLost)
}

func duplicateEventIDRejection(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	err := s.tryAck(s.fetch(), provider.OrchestrationAck{
		History: events(provider.OrchestrationCompleted{ID: 1, Output: "other kind, same id"})})
	s.fails("ack", err, provider.ErrDuplicateEvent)
	equal(s, "history", s.history("a"), events(started("1.0.0")))
}

func missingInstanceMetadata(s *trial) {
	equal(s, "events", len(s.history("a")), 0)
	equal(s, "events of execution 1", len(s.execution("a", 1)), 0)
	_, err := s.Provider.GetInstanceInfo(s.ctx, "a")
	s.fails("instance info", err, provider.ErrInstanceNotFound)
	_, err = s.Provider.LatestExecutionID(s.ctx, "a")
	s.fails("latest execution", err, provider.ErrInstanceNotFound)
	_, err = s.Provider.ReadStatus(s.ctx, "a")
	s.fails("status", err, provider.ErrInstanceNotFound)
	_, err = s.Provider.GetExecutionInfo(s.ctx, "a", 1)
	s.fails("execution info", err, provider.ErrExecutionNotFound)
	executions, err := s.Provider.ListExecutions(s.ctx, "a")
	s.must(err)
	equal(s, "executions", len(executions), 0)
}

// Nothing is dropped silently: what cannot be decoded comes as an error beside a lock that is held.
func corruptedSerializationData(s *trial) {
	s.fetchNone()
	s.create("a")
	s.enqueue(external("a", "x"))
	s.exec(`update history set event_data = '{"OrchestrationStarted": {'`)
	item := s.fetch()
	s.fails("history", item.HistoryError, provider.ErrCorrupt)
	equal(s, "events beside the error", len(item.History), 0)
	_, err := s.Provider.ReadHistory(s.ctx, "a")
	s.fails("read", err, provider.ErrCorrupt)
	_, err = s.Provider.ReadExecution(s.ctx, "a", 1)
	s.fails("read of one execution", err, provider.ErrCorrupt)
	s.fetchNone()
	s.ack(item, provider.OrchestrationAck{
		History:  events(provider.OrchestrationFailed{ID: 99999}),
		Metadata: ended(provider.StatusFailed, "poisoned")})

	s.schedule(activity("a", 1))
	s.exec(`update worker_queue set work_item = 'no json'`)
	w, err := s.Provider.FetchWorkItem(s.ctx, lockTimeout)
	s.must(err)
	s.fails("work item", w.Err, provider.ErrCorrupt)
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, nil))

	s.enqueue(external("a", "x"), external("a", "y"))
	s.exec(`update orchestrator_queue set work_item = '{"Nonsense": {}}' where id = (select min(id) from orchestrator_queue)`)
	item = s.fetch()
	s.fails("message", item.HistoryError, provider.ErrCorrupt)
	equal(s, "messages that could be decoded", item.Messages, messages(external("a", "y")))
}

func lockExpirationDuringAck(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	s.Clock.Advance(afterLock)
	s.fails("ack with an expired lock", s.tryAck(item, firstTurn("1.0.0")), provider.ErrLockLost)
	equal(s, "events", len(s.history("a")), 0)
}
