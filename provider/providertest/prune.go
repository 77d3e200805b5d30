package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var prune = []Rule{
	{Name: "test_prune_options_combinations", test: pruneOptions},
	{Name: "test_prune_safety", test: pruneSafety},
	{Name: "test_prune_bulk", test: pruneBulk},
	{Name: "test_prune_bulk_includes_running_instances", test: pruneBulkRunning},
}

var lessonsPrune = []Rule{
	{Name: "prune_by_time_after_continue_as_new", test: pruneByTime},
	{Name: "bulk_delete_by_time_after_continue_as_new", test: bulkByTime},
}

// executions makes an instance that continued as new n-1 times, a second each, and ends its last execution with last
// unless that is empty. It gives when each execution began.
func (s *trial) executions(instance string, n int, last provider.Status) (began []time.Time) {
	s.Helper()
	s.enqueue(start(instance))
	for id := 1; id <= n; id++ {
		began = append(began, s.Clock.Now())
		a := provider.OrchestrationAck{ExecutionID: int64(id), History: events(started("1.0.0")), Metadata: ended(provider.StatusContinuedAsNew, "next")}
		if id < n {
			a.OrchestratorItems = messages(provider.ContinueAsNew{Instance: instance, Orchestration: "TestOrch", Input: "next"})
		} else if last == "" {
			a.Metadata = named("1.0.0")
		} else {
			a.Metadata = ended(last, "done")
		}
		s.turn(a)
		s.Clock.Advance(time.Second)
	}
	return began
}

func (s *trial) left(instance string) []int64 {
	s.Helper()
	ids, err := s.Provider.ListExecutions(s.ctx, instance)
	s.must(err)
	return ids
}

// pruned wants so many executions of one event each to go.
func (s *trial) pruned(instance string, o provider.PruneOptions, want int64) {
	s.Helper()
	p, err := s.Provider.PruneExecutions(s.ctx, instance, o)
	s.must(err)
	equal(s, "pruned", p, provider.Pruned{Instances: 1, Executions: want, Events: want})
}

func pruneOptions(s *trial) {
	s.executions("keep", 4, provider.StatusCompleted)
	s.pruned("keep", provider.PruneOptions{KeepLast: 2}, 2)
	equal(s, "executions", s.left("keep"), []int64{3, 4})
	equal(s, "events of a pruned execution", len(s.execution("keep", 2)), 0)
	equal(s, "events of a kept execution", len(s.execution("keep", 3)), 1)

	s.executions("none", 4, provider.StatusCompleted)
	s.pruned("none", provider.PruneOptions{}, 3)
	equal(s, "executions", s.left("none"), []int64{4})

	began := s.executions("time", 4, provider.StatusCompleted)
	s.pruned("time", provider.PruneOptions{CompletedBefore: began[2]}, 1)
	equal(s, "executions", s.left("time"), []int64{2, 3, 4})
	s.pruned("time", provider.PruneOptions{KeepLast: 3, CompletedBefore: s.Clock.Now()}, 0)
	s.pruned("time", provider.PruneOptions{KeepLast: 2, CompletedBefore: s.Clock.Now()}, 1)
	equal(s, "executions", s.left("time"), []int64{3, 4})
}

func pruneSafety(s *trial) {
	_, err := s.Provider.PruneExecutions(s.ctx, "nobody", provider.PruneOptions{})
	s.fails("pruning an unknown instance", err, provider.ErrInstanceNotFound)
	_, err = s.Provider.PruneExecutions(s.ctx, "nobody", provider.PruneOptions{KeepLast: -1})
	s.fails("keeping a negative number", err, provider.ErrInvalid)
	for _, keep := range []int{0, 1} {
		s.executions("a", 1, provider.StatusCompleted)
		s.pruned("a", provider.PruneOptions{KeepLast: keep}, 0)
		equal(s, "executions", s.left("a"), []int64{1})
		_, err := s.Provider.DeleteInstance(s.ctx, "a", true)
		s.must(err)
	}
	// An older execution that says it is running never goes.
	s.executions("b", 1, "")
	s.enqueue(external("b", "x"))
	s.turn(provider.OrchestrationAck{ExecutionID: 2, History: events(started("1.0.0")), Metadata: named("1.0.0")})
	s.pruned("b", provider.PruneOptions{}, 0)
	equal(s, "executions", s.left("b"), []int64{1, 2})
}

func pruneBulk(s *trial) {
	for _, id := range []string{"a", "b", "c"} {
		s.executions(id, 3, provider.StatusCompleted)
	}
	p, err := s.Provider.PruneExecutionsBulk(s.ctx, provider.InstanceFilter{IDs: []string{"b", "nobody"}}, provider.PruneOptions{KeepLast: 2})
	s.must(err)
	equal(s, "pruned by ids", p, provider.Pruned{Instances: 1, Executions: 1, Events: 1})
	p, err = s.Provider.PruneExecutionsBulk(s.ctx, provider.InstanceFilter{Limit: 2}, provider.PruneOptions{})
	s.must(err)
	equal(s, "pruned of the two oldest", p, provider.Pruned{Instances: 2, Executions: 3, Events: 3})
	equal(s, "executions of a", s.left("a"), []int64{3})
	equal(s, "executions of b", s.left("b"), []int64{3})
	equal(s, "executions of c", s.left("c"), []int64{1, 2, 3})
}

func pruneBulkRunning(s *trial) {
	s.executions("eternal", 4, "")
	p, err := s.Provider.PruneExecutionsBulk(s.ctx, provider.InstanceFilter{}, provider.PruneOptions{})
	s.must(err)
	equal(s, "pruned", p, provider.Pruned{Instances: 1, Executions: 3, Events: 3})
	equal(s, "executions", s.left("eternal"), []int64{4})
	info, err := s.Provider.GetInstanceInfo(s.ctx, "eternal")
	s.must(err)
	equal(s, "status", info.Status, provider.StatusRunning)
}

// Contract lesson 41: an execution that continued as new has no completion time, and was never pruned by time. It ended
// when its successor began.
func pruneByTime(s *trial) {
	began := s.executions("a", 3, "")
	s.pruned("a", provider.PruneOptions{CompletedBefore: began[1]}, 0)
	s.pruned("a", provider.PruneOptions{CompletedBefore: began[1].Add(time.Millisecond)}, 1)
	equal(s, "executions", s.left("a"), []int64{2, 3})
	s.pruned("a", provider.PruneOptions{CompletedBefore: s.Clock.Now().Add(time.Hour)}, 1)
	equal(s, "executions", s.left("a"), []int64{3})
}

// The end of an instance is that of its last execution, however long the ones before took.
func bulkByTime(s *trial) {
	began := s.executions("a", 3, provider.StatusCompleted)
	equal(s, "left before its end", len(s.bulk(provider.InstanceFilter{CompletedBefore: began[2]}, 0)), 1)
	d, err := s.Provider.DeleteInstancesBulk(s.ctx, provider.InstanceFilter{CompletedBefore: began[2].Add(time.Millisecond)})
	s.must(err)
	equal(s, "deleted after its end", d, provider.Deleted{Instances: 1, Executions: 3, Events: 3})
}
