package runtime

import (
	"testing"

	"pgbench-provider/provider"
)

func TestSomebodyIsWokenForTheLastOfSeveralCompletions(t *testing.T) {
	t.Parallel()
	c := newCompletions()
	first, _ := c.begin("a")
	other, _ := c.begin("b")
	second, _ := c.begin("a")
	if c.end("a", first, true) {
		t.Error("somebody is woken while an ack of the instance is under way")
	}
	if !c.end("b", other, true) {
		t.Error("another instance's ack is waited for")
	}
	if !c.end("a", second, false) {
		t.Error("the completion of the first ack is forgotten since the second brought none")
	}
	if first, _ = c.begin("a"); c.end("a", first, false) {
		t.Error("somebody is woken for nothing")
	}
	if len(c.of) > 0 {
		t.Errorf("%v is kept of instances that nobody works for", c.of)
	}
}

// Where acks overlap all the time, each brings its instance's turn no more than the acks before it.
func TestACompletionDoesNotWaitForAcksThatBeginLater(t *testing.T) {
	t.Parallel()
	c := newCompletions()
	var begun [3]uint64
	for i := range begun {
		begun[i], _ = c.begin("a")
	}
	if c.end("a", begun[1], true) {
		t.Error("somebody is woken while two acks are under way")
	}
	later, _ := c.begin("a")
	if c.end("a", begun[0], false) {
		t.Error("somebody is woken while an ack is under way that was when the first ended")
	}
	if !c.end("a", begun[2], true) {
		t.Error("a completion waits for an ack that began later")
	}
	last, _ := c.begin("a")
	if c.end("a", later, true) || !c.end("a", last, true) {
		t.Error("the next completions are not waited for in the same way")
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
	a, last := c.begin("a")
	if last {
		t.Error("an ack asks for a turn though a worker has another activity of the instance")
	}
	b, last := c.begin("b")
	if !last {
		t.Error("another instance's activities are waited for")
	}
	c.takes(item("a"))
	second, last := c.begin("a")
	if !last {
		t.Error("nobody asks for the turn")
	}
	c.end("b", b, false)
	c.end("a", a, false)
	c.end("a", second, false)
	if len(c.of) > 0 {
		t.Errorf("%v is kept of instances that nobody works for", c.of)
	}
}
