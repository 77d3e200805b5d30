package providertest

import "pgbench-provider/provider"

var instanceCreation = []Rule{
	{Name: "test_instance_creation_via_metadata", test: instanceCreationViaMetadata},
	{Name: "test_no_instance_creation_on_enqueue", test: noInstanceCreationOnEnqueue},
	{Name: "test_null_version_handling", test: nullVersionHandling},
	{Name: "test_sub_orchestration_instance_creation", test: subOrchestrationInstanceCreation},
}

// described wants what a fetch says of the instance.
func (s *trial) described(item *provider.OrchestrationItem, name, version string, execution int64, history int) {
	s.Helper()
	equal(s, "name", item.Name, name)
	equal(s, "version", item.Version, version)
	equal(s, "execution", item.ExecutionID, execution)
	equal(s, "events", len(item.History), history)
}

func instanceCreationViaMetadata(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	s.described(item, "TestOrch", "1.0.0", 1, 0)
	s.ack(item, firstTurn("2.0.0"))
	s.enqueue(start("a"))
	s.described(s.fetch(), "TestOrch", "2.0.0", 1, 1)
}

func noInstanceCreationOnEnqueue(s *trial) {
	s.enqueue(start("a"))
	equal(s, "instances", s.count("select count(*) from instances"), 0)
	equal(s, "executions", s.count("select count(*) from executions"), 0)
	item := s.fetch()
	equal(s, "instances after the fetch", s.count("select count(*) from instances"), 0)
	s.ack(item, firstTurn("1.0.0"))
	equal(s, "instances after the ack", s.count("select count(*) from instances"), 1)
}

func nullVersionHandling(s *trial) {
	m := start("a")
	m.Version = ""
	s.enqueue(m)
	item := s.fetch()
	s.described(item, "TestOrch", provider.UnknownVersion, 1, 0)
	s.ack(item, firstTurn("3.0.0"))
	s.enqueue(m)
	s.described(s.fetch(), "TestOrch", "3.0.0", 1, 1)
}

func subOrchestrationInstanceCreation(s *trial) {
	child := provider.StartOrchestration{Instance: "a::sub::1", Orchestration: "ChildOrch", Input: "{}",
		ParentInstance: "a", ParentID: 2, ExecutionID: 1}
	s.enqueue(start("a"))
	ack := firstTurn("1.0.0")
	ack.OrchestratorItems = messages(child)
	s.turn(ack)

	item := s.fetch()
	equal(s, "instance", item.Instance, child.Instance)
	s.described(item, "ChildOrch", provider.UnknownVersion, 1, 0)
	s.ack(item, provider.OrchestrationAck{
		History: events(provider.OrchestrationStarted{ID: 1, Name: "ChildOrch", Version: "1.5.0", ParentInstance: "a", ParentID: 2}),
		Metadata: provider.ExecutionMetadata{Name: "ChildOrch", Version: "1.5.0",
			ParentInstance: "a"},
	})
	info, err := s.Provider.GetInstanceInfo(s.ctx, child.Instance)
	s.must(err)
	equal(s, "parent", info.ParentInstanceID, "a")
	s.enqueue(external(child.Instance, "x"))
	item = s.fetch()
	s.described(item, "ChildOrch", "1.5.0", 1, 1)
	// A parent that is known does not change.
	s.ack(item, provider.OrchestrationAck{Metadata: provider.ExecutionMetadata{Name: "ChildOrch", Version: "1.5.0",
		ParentInstance: "other"}})
	parent, err := s.Provider.GetParentID(s.ctx, child.Instance)
	s.must(err)
	equal(s, "parent", parent, "a")
}
