package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var deletion = []Rule{
	{Name: "test_delete_terminal_instances", test: deleteTerminalInstances},
	{Name: "test_delete_running_rejected_force_succeeds", test: deleteRunning},
	{Name: "test_delete_nonexistent_instance", test: deleteNonexistent},
	{Name: "test_delete_cleans_queues_and_locks", test: deleteCleansQueues},
	{Name: "test_cascade_delete_hierarchy", test: deleteHierarchy},
	{Name: "test_force_delete_prevents_ack_recreation", test: deletePreventsRecreation},
	{Name: "test_list_children", test: listChildren},
	{Name: "test_delete_get_parent_id", test: getParentID},
	{Name: "test_delete_get_instance_tree", test: getInstanceTree},
	{Name: "test_delete_instances_atomic", test: deleteAtomic},
	{Name: "test_delete_instances_atomic_force", test: deleteAtomicForce},
	{Name: "test_delete_instances_atomic_orphan_detection", test: deleteOrphanDetection},
	{Name: "test_stale_activity_after_delete_recreate", test: staleActivityAfterRecreate},
}

// finish makes an instance that has ended, below parent if that is not empty.
func (s *trial) finish(instance, parent string, status provider.Status) {
	s.Helper()
	s.enqueue(start(instance))
	end := ended(status, "done")
	end.ParentInstance = parent
	s.turn(provider.OrchestrationAck{ExecutionID: 1, History: events(started("1.0.0")), Metadata: end})
	s.Clock.Advance(time.Millisecond)
}

// refused wants an error and that nothing has changed.
func (s *trial) refused(what string, want error, call func() error) {
	s.Helper()
	before := s.contents()
	s.fails(what, call(), want)
	equal(s, "tables after a refused "+what, s.contents(), before)
}

// family is a root with a child that has a child, all ended.
func (s *trial) family(root string) {
	s.Helper()
	s.finish(root, "", provider.StatusCompleted)
	s.finish(root+"::1", root, provider.StatusCompleted)
	s.finish(root+"::1::1", root+"::1", provider.StatusFailed)
}

func (s *trial) instances() []string {
	s.Helper()
	ids, err := s.Provider.ListInstances(s.ctx)
	s.must(err)
	return ids
}

func deleteTerminalInstances(s *trial) {
	s.finish("a", "", provider.StatusCompleted)
	s.finish("b", "", provider.StatusFailed)
	s.finish("c", "", provider.StatusCompleted)
	for _, id := range []string{"a", "b"} {
		d, err := s.Provider.DeleteInstance(s.ctx, id, false)
		s.must(err)
		equal(s, "deleted with "+id, d, provider.Deleted{Instances: 1, Executions: 1, Events: 1})
		_, err = s.Provider.GetInstanceInfo(s.ctx, id)
		s.fails("asking for "+id, err, provider.ErrInstanceNotFound)
		equal(s, "history of "+id, len(s.history(id)), 0)
	}
	equal(s, "instances", s.instances(), []string{"c"})
}

func deleteRunning(s *trial) {
	s.create("a")
	s.refused("deletion of a running instance", provider.ErrInstanceRunning, func() error {
		_, err := s.Provider.DeleteInstance(s.ctx, "a", false)
		return err
	})
	d, err := s.Provider.DeleteInstance(s.ctx, "a", true)
	s.must(err)
	equal(s, "deleted", d, provider.Deleted{Instances: 1, Executions: 1, Events: 1})
}

func deleteNonexistent(s *trial) {
	for _, force := range []bool{false, true} {
		s.refused("deletion of an unknown instance", provider.ErrInstanceNotFound, func() error {
			_, err := s.Provider.DeleteInstance(s.ctx, "nobody", force)
			return err
		})
	}
}

func deleteCleansQueues(s *trial) {
	s.finish("a", "", provider.StatusCompleted)
	s.finish("other", "", provider.StatusCompleted)
	s.enqueue(external("a", "x"), external("a", "y"), external("other", "z"))
	s.schedule(activity("a", 1), activity("other", 2))
	s.fetch() // a's lock
	d, err := s.Provider.DeleteInstance(s.ctx, "a", false)
	s.must(err)
	equal(s, "deleted", d, provider.Deleted{Instances: 1, Executions: 1, Events: 1, Messages: 2})
	for _, table := range []string{"orchestrator_queue", "instance_locks", "worker_queue", "history", "executions", "instances"} {
		equal(s, "rows of a in "+table, s.count("select count(*) from "+table+" where instance_id = 'a'"), 0)
		equal(s, "rows of other in "+table, s.count("select count(*) from "+table+" where instance_id = 'other'"), 1)
	}
	s.turn(bare) // other's message
	s.create("a")
	equal(s, "events of the new a", len(s.history("a")), 1)
}

func deleteHierarchy(s *trial) {
	s.family("root")
	for _, force := range []bool{false, true} {
		s.refused("deletion of a sub-orchestration", provider.ErrSubOrchestration, func() error {
			_, err := s.Provider.DeleteInstance(s.ctx, "root::1", force)
			return err
		})
	}
	d, err := s.Provider.DeleteInstance(s.ctx, "root", false)
	s.must(err)
	equal(s, "deleted", d, provider.Deleted{Instances: 3, Executions: 3, Events: 3})
	equal(s, "instances", len(s.instances()), 0)
}

func deletePreventsRecreation(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	item := s.fetch()
	_, err := s.Provider.DeleteInstance(s.ctx, "a", true)
	s.must(err)
	s.refused("ack of a deleted instance", provider.ErrLockLost, func() error { return s.tryAck(item, firstTurn("1.0.0")) })
	equal(s, "instances", len(s.instances()), 0)
}

func listChildren(s *trial) {
	s.family("root")
	s.finish("root::2", "root", provider.StatusCompleted)
	for id, want := range map[string][]string{"root": {"root::1", "root::2"}, "root::1": {"root::1::1"}, "root::2": nil, "nobody": nil} {
		ids, err := s.Provider.ListChildren(s.ctx, id)
		s.must(err)
		equal(s, "number of children of "+id, len(ids), len(want))
		for i := range want {
			equal(s, "child of "+id, ids[i], want[i])
		}
	}
}

func getParentID(s *trial) {
	s.family("root")
	for id, want := range map[string]string{"root": "", "root::1": "root", "root::1::1": "root::1"} {
		parent, err := s.Provider.GetParentID(s.ctx, id)
		s.must(err)
		equal(s, "parent of "+id, parent, want)
	}
	_, err := s.Provider.GetParentID(s.ctx, "nobody")
	s.fails("the parent of an unknown instance", err, provider.ErrInstanceNotFound)
}

func getInstanceTree(s *trial) {
	s.family("root")
	s.finish("root::2", "root", provider.StatusCompleted)
	for id, want := range map[string][]string{"root": {"root::1::1", "root::1", "root::2", "root"}, "root::2": {"root::2"}} {
		ids, err := s.Provider.GetInstanceTree(s.ctx, id)
		s.must(err)
		equal(s, "tree of "+id+", deepest first", ids, want)
	}
	_, err := s.Provider.GetInstanceTree(s.ctx, "nobody")
	s.fails("the tree of an unknown instance", err, provider.ErrInstanceNotFound)
}

func deleteAtomic(s *trial) {
	s.finish("a", "", provider.StatusCompleted)
	s.finish("b", "", provider.StatusFailed)
	s.create("running")
	s.refused("deletion with a running instance", provider.ErrInstanceRunning, func() error {
		_, err := s.Provider.DeleteInstances(s.ctx, []string{"a", "running", "b"}, false)
		return err
	})
	d, err := s.Provider.DeleteInstances(s.ctx, []string{"b", "a", "nobody", "a"}, false)
	s.must(err)
	equal(s, "deleted", d, provider.Deleted{Instances: 2, Executions: 2, Events: 2})
	equal(s, "instances", s.instances(), []string{"running"})
}

func deleteAtomicForce(s *trial) {
	s.create("a")
	s.finish("b", "", provider.StatusCompleted)
	s.refused("deletion without force", provider.ErrInstanceRunning, func() error {
		_, err := s.Provider.DeleteInstances(s.ctx, []string{"a", "b"}, false)
		return err
	})
	d, err := s.Provider.DeleteInstances(s.ctx, []string{"a", "b"}, true)
	s.must(err)
	equal(s, "deleted", d, provider.Deleted{Instances: 2, Executions: 2, Events: 2})
}

func deleteOrphanDetection(s *trial) {
	s.family("root")
	for _, ids := range [][]string{{"root"}, {"root", "root::1"}, {"root", "root::1::1"}} {
		s.refused("deletion that leaves a child", provider.ErrHasChildren, func() error {
			_, err := s.Provider.DeleteInstances(s.ctx, ids, true)
			return err
		})
	}
	d, err := s.Provider.DeleteInstances(s.ctx, []string{"root", "root::1", "root::1::1"}, false)
	s.must(err)
	equal(s, "deleted", d.Instances, int64(3))
}

func staleActivityAfterRecreate(s *trial) {
	s.create("a")
	s.schedule(activity("a", 1))
	work := s.fetchWork()
	_, err := s.Provider.DeleteInstance(s.ctx, "a", true)
	s.must(err)
	s.create("a")
	s.refused("ack of an activity of the deleted instance", provider.ErrLockLost, func() error {
		return s.Provider.AckWorkItem(s.ctx, work.LockToken, completed("a", 1))
	})
	s.fetchNone()
}
