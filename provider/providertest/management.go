package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var management = []Rule{
	{Name: "test_list_instances", test: listInstances},
	{Name: "test_list_instances_by_status", test: listInstancesByStatus},
	{Name: "test_list_executions", test: listExecutions},
	{Name: "test_get_instance_info", test: getInstanceInfo},
	{Name: "test_instance_updated_at", test: instanceUpdatedAt},
	{Name: "test_get_execution_info", test: getExecutionInfo},
	{Name: "test_get_system_metrics", test: getSystemMetrics},
	{Name: "test_get_queue_depths", test: getQueueDepths},
}

func listInstances(s *trial) {
	for _, id := range []string{"b", "c", "a"} {
		s.create(id)
		s.Clock.Advance(time.Millisecond)
	}
	ids, err := s.Provider.ListInstances(s.ctx)
	s.must(err)
	equal(s, "instances, newest first", ids, []string{"a", "c", "b"})
}

func listInstancesByStatus(s *trial) {
	s.create("a")
	for id, status := range map[string]provider.Status{"b": provider.StatusCompleted, "c": provider.StatusFailed,
		"d": provider.StatusContinuedAsNew} {
		s.enqueue(start(id))
		s.turn(provider.OrchestrationAck{History: events(started("1.0.0")), Metadata: ended(status, "x")})
	}
	for status, id := range map[provider.Status]string{provider.StatusRunning: "a", provider.StatusCompleted: "b",
		provider.StatusFailed: "c", provider.StatusContinuedAsNew: "d"} {
		ids, err := s.Provider.ListInstancesByStatus(s.ctx, status)
		s.must(err)
		equal(s, "instances with status "+string(status), ids, []string{id})
	}
	_, err := s.Provider.ListInstancesByStatus(s.ctx, "Sleeping")
	s.fails("an unknown status", err, provider.ErrInvalid)
}

func listExecutions(s *trial) {
	s.enqueue(start("a"))
	s.turn(provider.OrchestrationAck{ExecutionID: 1, History: events(started("1.0.0"))})
	ids, err := s.Provider.ListExecutions(s.ctx, "a")
	s.must(err)
	equal(s, "executions", ids, []int64{1})
}

func getInstanceInfo(s *trial) {
	created := s.Provider.Now()
	s.enqueue(start("a"))
	s.turn(firstTurn("2.0.0"))
	s.Clock.Advance(time.Second)
	s.enqueue(external("a", "x"))
	s.turn(bare)
	info, err := s.Provider.GetInstanceInfo(s.ctx, "a")
	s.must(err)
	equal(s, "info", info, provider.InstanceInfo{InstanceID: "a", Name: "TestOrch", Version: "2.0.0",
		CurrentExecutionID: 1, Status: provider.StatusRunning, CreatedAt: created, UpdatedAt: created + 1000})
}

// An instance was updated by its last ack, whatever that changed, or by an event that was appended later to its current execution.
func instanceUpdatedAt(s *trial) {
	s.must(s.Provider.AppendHistory(s.ctx, "a", 1, events(scheduled(7))))
	s.Clock.Advance(time.Second)
	s.enqueue(start("a"))
	s.turn(firstTurn("1.0.0"))
	updated := func(what string) {
		s.Helper()
		info, err := s.Provider.GetInstanceInfo(s.ctx, "a")
		s.must(err)
		equal(s, "updated at, after "+what, info.UpdatedAt, s.Provider.Now())
		s.Clock.Advance(time.Second)
		s.enqueue(external("a", "x"))
	}
	updated("the first turn")
	s.turn(provider.OrchestrationAck{History: events(scheduled(2))})
	updated("an event below another")
	item := s.fetch()
	s.must(s.Provider.AckOrchestrationItems(s.ctx, []provider.OrchestrationItemAck{{LockToken: item.LockToken,
		OrchestrationAck: provider.OrchestrationAck{ExecutionID: 1, History: events(scheduled(9))}}}))
	updated("an ack of several")
	s.turn(bare)
	updated("a turn without events")
	s.must(s.Provider.AppendHistory(s.ctx, "a", 1, events(scheduled(5))))
	updated("an event that was appended")
	s.turn(provider.OrchestrationAck{ExecutionID: 2, History: events(started("2.0.0")), Metadata: provider.ExecutionMetadata{Name: "TestOrch", Version: "2.0.0"}})
	updated("another execution")
	s.turn(provider.OrchestrationAck{ExecutionID: 2, History: events(scheduled(2))})
	updated("a turn of it")
}

// No instance row is needed.
func getExecutionInfo(s *trial) {
	began := s.Provider.Now()
	s.enqueue(start("a"))
	item := s.fetch()
	s.ack(item, provider.OrchestrationAck{ExecutionID: 1, History: events(started("1.0.0")),
		OrchestratorItems: messages(external("a", "x"))})
	s.Clock.Advance(time.Second)
	s.turn(provider.OrchestrationAck{History: events(provider.OrchestrationCompleted{ID: 2, Output: "result"}),
		Metadata: provider.ExecutionMetadata{Status: provider.StatusCompleted, Output: "result"}})
	info, err := s.Provider.GetExecutionInfo(s.ctx, "a", 1)
	s.must(err)
	equal(s, "info", info, provider.ExecutionInfo{ExecutionID: 1, Status: provider.StatusCompleted, Output: "result",
		StartedAt: began, CompletedAt: began + 1000, EventCount: 2})
	equal(s, "instances", s.count("select count(*) from instances"), 0)
}

func getSystemMetrics(s *trial) {
	s.create("a")
	s.create("b")
	s.enqueue(external("b", "x"))
	s.turn(provider.OrchestrationAck{ExecutionID: 2, History: events(started("1.0.0")),
		Metadata: ended(provider.StatusCompleted, "done")})
	m, err := s.Provider.GetSystemMetrics(s.ctx)
	s.must(err)
	equal(s, "metrics", m, provider.SystemMetrics{Instances: 2, Executions: 3, Events: 3, Running: 1, Completed: 1})
}

func getQueueDepths(s *trial) {
	s.enqueue(start("a"))
	s.schedule(activity("a", 1), activity("a", 2))
	d, err := s.Provider.GetQueueDepths(s.ctx)
	s.must(err)
	equal(s, "depths", d, provider.QueueDepths{Orchestrator: 1, Worker: 2})
}
