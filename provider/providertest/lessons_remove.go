package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var lessonsRemove = []Rule{
	{Name: "child_that_outlives_its_parent_can_be_deleted", test: childOutlivesParent},
	{Name: "orphan_messages_leave_no_stray_row", test: orphansLeaveNothing},
	{Name: "deletion_sees_running_descendants", test: deleteRunningDescendants},
	{Name: "prune_bulk_by_end_of_instance", test: pruneBulkByEnd},
}

// Contract lesson 29: named messages for nobody go by themselves; what else comes for an instance that was deleted goes
// by a discard, not by an ack, which would leave an execution without an instance.
func orphansLeaveNothing(s *trial) {
	s.running(2)
	w := s.fetchWork()
	s.enqueue(external("a", "x"))
	_, err := s.Provider.DeleteInstance(s.ctx, "a", true)
	s.must(err)
	s.fails("work ack", s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 2)), provider.ErrLockLost)
	s.enqueue(provider.QueueMessage{Instance: "nobody", Name: "inbox", Data: "hello"}, completed("a", 2))
	item := s.fetch()
	equal(s, "messages for the deleted instance", item.Messages, messages(completed("a", 2)))
	equal(s, "history of the deleted instance", len(item.History), 0)
	s.must(s.Provider.DiscardOrchestrationItem(s.ctx, item.LockToken))
	s.fetchNone()
	s.fetchNoWork()
	for _, table := range tables {
		equal(s, "rows in "+table, s.count("select count(*) from "+table), 0)
	}
}

// A root may end before those below it. Without force they keep the whole tree; a bulk deletion takes them along.
func deleteRunningDescendants(s *trial) {
	s.finish("root", "", provider.StatusCompleted)
	s.finish("root::1", "root", provider.StatusCompleted)
	s.enqueue(start("root::1::1"))
	below := named("1.0.0")
	below.ParentInstance = "root::1"
	s.turn(provider.OrchestrationAck{ExecutionID: 1, History: events(started("1.0.0")), Metadata: below})

	s.refused("deletion above a running instance", provider.ErrInstanceRunning, func() error {
		_, err := s.Provider.DeleteInstance(s.ctx, "root", false)
		return err
	})
	s.refused("deletion of a list with a running descendant", provider.ErrInstanceRunning, func() error {
		_, err := s.Provider.DeleteInstances(s.ctx, []string{"root", "root::1", "root::1::1"}, false)
		return err
	})
	equal(s, "left by a bulk deletion", len(s.bulk(provider.InstanceFilter{}, 3)), 0)
}

// The time of the filter selects instances by their own end, that of the options executions: an instance that is running
// has no end.
func pruneBulkByEnd(s *trial) {
	s.executions("early", 2, provider.StatusCompleted)
	began := s.executions("late", 2, provider.StatusCompleted)
	s.executions("eternal", 2, "")
	p, err := s.Provider.PruneExecutionsBulk(s.ctx, provider.InstanceFilter{CompletedBefore: began[1]}, provider.PruneOptions{})
	s.must(err)
	equal(s, "pruned before late's end", p, provider.Pruned{Instances: 1, Executions: 1, Events: 1})
	equal(s, "executions of early", s.left("early"), []int64{2})
	f := provider.InstanceFilter{CompletedBefore: s.Clock.Now().Add(time.Hour)}
	p, err = s.Provider.PruneExecutionsBulk(s.ctx, f, provider.PruneOptions{})
	s.must(err)
	equal(s, "pruned of what has ended", p, provider.Pruned{Instances: 2, Executions: 1, Events: 1})
	equal(s, "executions of late", s.left("late"), []int64{2})
	equal(s, "executions of eternal", s.left("eternal"), []int64{1, 2})
}

// Contract lesson 27: a child whose first turn comes after its parent was deleted has no root any more; it is one.
func childOutlivesParent(s *trial) {
	for _, bulk := range []bool{false, true} {
		s.finish("root", "", provider.StatusCompleted)
		s.enqueue(start("root::1"))
		item := s.fetch()
		_, err := s.Provider.DeleteInstance(s.ctx, "root", false)
		s.must(err)
		end := ended(provider.StatusCompleted, "done")
		end.ParentInstance = "root"
		s.ack(item, provider.OrchestrationAck{History: events(started("1.0.0")), Metadata: end})
		if bulk {
			_, err = s.Provider.DeleteInstancesBulk(s.ctx, provider.InstanceFilter{})
		} else {
			_, err = s.Provider.DeleteInstance(s.ctx, "root::1", false)
		}
		s.must(err)
		equal(s, "instances", len(s.instances()), 0)
	}
}
