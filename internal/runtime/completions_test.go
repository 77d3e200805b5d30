package runtime

import (
	"testing"

	"pgbench-provider/provider"
)

func TestSomebodyIsWokenForTheLastOfSeveralCompletions(t *testing.T) {
	t.Parallel()
	c := newCompletions()
	c.begin("a")
	c.begin("b")
	c.begin("a")
	if c.end("a", true) {
		t.Error("somebody is woken while an ack of the instance is under way")
	}
	if !c.end("b", true) {
		t.Error("another instance's ack is waited for")
	}
	if !c.end("a", false) {
		t.Error("the completion of the first ack is forgotten since the second brought none")
	}
	c.begin("a")
	if c.end("a", false) {
		t.Error("somebody is woken for nothing")
	}
	if len(c.of) > 0 {
		t.Errorf("%v is kept of instances that nobody works for", c.of)
	}
}

func TestTheLastOfAnInstancesActivitiesAsksForItsTurn(t *testing.T) {
	t.Parallel()
	item := func(instance string) *provider.LockedWorkItem {
		return &provider.LockedWorkItem{Item: provider.ActivityExecute{Instance: instance}}
	}
	c := newCompletions()
	c.gives(item("a"), item("a"), item("b"), &provider.LockedWorkItem{Item: provider.CancelInstance{Instance: "a"}})
	c.takes(item("b"))
	c.takes(item("a"))
	if c.begin("a") {
		t.Error("an ack asks for a turn though a worker has another activity of the instance")
	}
	if !c.begin("b") {
		t.Error("another instance's activities are waited for")
	}
	c.takes(item("a"))
	if !c.begin("a") {
		t.Error("nobody asks for the turn")
	}
	c.end("b", false)
	c.end("a", false)
	c.end("a", false)
	if len(c.of) > 0 {
		t.Errorf("%v is kept of instances that nobody works for", c.of)
	}
}
