package providertest

import "pgbench-provider/provider"

func start(instance string) provider.StartOrchestration {
	return provider.StartOrchestration{Instance: instance, Orchestration: "TestOrch", Input: "{}", Version: "1.0.0", ExecutionID: 1}
}

func external(instance, name string) provider.ExternalRaised {
	return provider.ExternalRaised{Instance: instance, Name: name, Data: "{}"}
}

func inbox(instance string) provider.QueueMessage {
	return provider.QueueMessage{Instance: instance, Name: "inbox", Data: "hello"}
}

func completed(instance string, id int64) provider.ActivityCompleted {
	return provider.ActivityCompleted{Instance: instance, ExecutionID: 1, ID: id, Result: "ok"}
}

func activity(instance string, id int64) provider.ActivityExecute {
	return provider.ActivityExecute{Instance: instance, ExecutionID: 1, ID: id, Name: "TestActivity", Input: "in"}
}

func activities(instance string, ids ...int64) (list []provider.ActivityExecute) {
	for _, id := range ids {
		list = append(list, activity(instance, id))
	}
	return list
}

func started(version string) provider.OrchestrationStarted {
	return provider.OrchestrationStarted{ID: 1, Name: "TestOrch", Version: version, Input: "{}"}
}

func scheduled(id int64) provider.ActivityScheduled {
	return provider.ActivityScheduled{ID: id, Name: "TestActivity", Input: "in", ExecutionID: 1}
}

func events(list ...provider.Event) []provider.Event { return list }

func messages(list ...provider.WorkItem) []provider.WorkItem { return list }

func named(version string) provider.ExecutionMetadata {
	return provider.ExecutionMetadata{Name: "TestOrch", Version: version}
}

func ended(status provider.Status, output string) provider.ExecutionMetadata {
	return provider.ExecutionMetadata{Name: "TestOrch", Version: "1.0.0", Status: status, Output: output}
}

// firstTurn starts execution 1 and creates the instance.
func firstTurn(version string) provider.OrchestrationAck {
	return provider.OrchestrationAck{ExecutionID: 1, History: events(started(version)), Metadata: named(version)}
}

// bare is a turn that only consumes its messages.
var bare = provider.OrchestrationAck{}
