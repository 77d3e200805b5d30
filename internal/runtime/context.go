package runtime

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"pgbench-provider/provider"
)

// A Context is how an orchestration asks for anything. It belongs to one run of the function, and to its goroutine.
//
// Each question is an event of history. In replay the events answer in their order, and a question that is not the one
// history has is nondeterminism: it fails the orchestration.
type Context struct {
	turn    *turn
	cursor  int  // of turn.events: what is before it was asked for in this run
	unwound bool // the run ends here: waiting, or at fault
	next    *provider.ContinueAsNew
}

// unwind is the panic by which a run ends that has to wait. It is no error, and it costs less than a goroutine.
type unwind struct{}

var errContinueAsNew = errors.New("the orchestration continues as new")

// block ends the run. It does not return.
func (c *Context) block() {
	c.unwound = true
	panic(unwind{})
}

// check ends a run again that recovered from its end.
func (c *Context) check() {
	if c.unwound {
		panic(unwind{})
	}
}

// fault fails the orchestration for asking what history does not have. It does not return.
func (c *Context) fault(format string, args ...any) {
	c.turn.fault = c.turn.nondeterminism(format, args...)
	c.block()
}

// recorded moves the cursor past the next question of history and returns its event; false where history ends.
func (c *Context) recorded() (provider.Event, bool) {
	t := c.turn
	for c.cursor < t.recorded {
		e := t.events[c.cursor]
		c.cursor++
		if asks(e) {
			return e, true
		}
	}
	return nil, false
}

// asks tells the events that an orchestration's code causes from those that happen to it.
func asks(e provider.Event) bool {
	switch e.(type) {
	case provider.ActivityScheduled, provider.TimerCreated, provider.ExternalSubscribed, provider.SubOrchestrationScheduled,
		provider.OrchestrationChained, provider.SystemCall:
		return true
	}
	return false
}

// replay returns the next question of history if it is a T, faults if it is another, and says false where history ends.
func replay[T provider.Event](c *Context, want string) (T, bool) {
	var zero T
	c.check()
	e, ok := c.recorded()
	if !ok {
		return zero, false
	}
	question, ok := e.(T)
	if !ok {
		c.fault("event %d is %s where the code asks for %s %.60q", e.EventID(), e.Kind(), zero.Kind(), want)
	}
	return question, true
}

func (c *Context) same(e provider.Event, what, recorded, asked string) {
	if recorded != asked {
		c.fault("event %d is %s with %s %.60q where the code asks for %.60q", e.EventID(), e.Kind(), what, recorded, asked)
	}
}

// Activity asks for a run of an activity. The name need not be registered in this process.
func (c *Context) Activity(name, input string) Future {
	t := c.turn
	e, ok := replay[provider.ActivityScheduled](c, name)
	if ok {
		c.same(e, "name", e.Name, name)
		c.same(e, "input", e.Input, input)
		return Future{c, e.ID}
	}
	id := t.nextID()
	t.add(provider.ActivityScheduled{ID: id, Name: name, Input: input, ExecutionID: t.execution})
	t.works = append(t.works, provider.ActivityExecute{Instance: t.instance, ExecutionID: t.execution, ID: id, Name: name, Input: input})
	return Future{c, id}
}

// Timer is answered d after now, to the millisecond; at once for d <= 0.
func (c *Context) Timer(d time.Duration) Future {
	t := c.turn
	if e, ok := replay[provider.TimerCreated](c, d.String()); ok {
		return Future{c, e.ID}
	}
	id, at := t.nextID(), t.now()+max(0, d.Milliseconds())
	t.add(provider.TimerCreated{ID: id, FireAt: at, ExecutionID: t.execution})
	t.messages = append(t.messages, provider.TimerFired{Instance: t.instance, ExecutionID: t.execution, ID: id, FireAt: at})
	return Future{c, id}
}

// WaitEvent is answered by the first external event of that name that no earlier WaitEvent took, also if it came before.
func (c *Context) WaitEvent(name string) Future {
	t := c.turn
	e, ok := replay[provider.ExternalSubscribed](c, name)
	if ok {
		c.same(e, "name", e.Name, name)
	} else {
		e = provider.ExternalSubscribed{ID: t.nextID(), Name: name}
		t.add(e)
	}
	t.take(e)
	return Future{c, e.ID}
}

// SubOrchestration starts a child under the version that the policy gives, and is answered by its end. The child's
// instance id begins with the own one and "::".
func (c *Context) SubOrchestration(name, input string) Future {
	return c.SubOrchestrationVersion(name, "", input)
}

// SubOrchestrationVersion is SubOrchestration under an exact version.
func (c *Context) SubOrchestrationVersion(name, version, input string) Future {
	t := c.turn
	e, ok := replay[provider.SubOrchestrationScheduled](c, name)
	if ok {
		c.same(e, "name", e.Name, name)
		c.same(e, "input", e.Input, input)
		return Future{c, e.ID}
	}
	id := t.nextID()
	child := t.childID(id)
	t.add(provider.SubOrchestrationScheduled{ID: id, Name: name, Instance: child, Input: input, ExecutionID: t.execution})
	t.messages = append(t.messages, provider.StartOrchestration{Instance: child, Orchestration: name, Input: input,
		Version: provider.Optional(version), ParentInstance: provider.Optional(t.instance), ParentID: provider.OptionalInt(id),
		ParentExecutionID: provider.OptionalInt(t.execution), ExecutionID: 1})
	return Future{c, id}
}

// StartDetached starts an instance that nobody waits for and that a cancellation of this one does not reach. If there is
// one of that id, nothing happens.
func (c *Context) StartDetached(name, instance, input string) {
	t := c.turn
	if e, ok := replay[provider.OrchestrationChained](c, name); ok {
		c.same(e, "name", e.Name, name)
		c.same(e, "instance", e.Instance, instance)
		c.same(e, "input", e.Input, input)
		return
	}
	t.add(provider.OrchestrationChained{ID: t.nextID(), Name: name, Instance: instance, Input: input})
	t.messages = append(t.messages, provider.StartOrchestration{Instance: instance, Orchestration: name, Input: input, ExecutionID: 1})
}

// ContinueAsNew ends this execution and begins the next with an empty history, under the version that the policy then
// gives: return c.ContinueAsNew(input). External events that nobody took go along.
func (c *Context) ContinueAsNew(input string) (string, error) {
	return c.ContinueAsNewVersion("", input)
}

// ContinueAsNewVersion is ContinueAsNew under an exact version.
func (c *Context) ContinueAsNewVersion(version, input string) (string, error) {
	c.check()
	t := c.turn
	c.next = &provider.ContinueAsNew{Instance: t.instance, Orchestration: t.start.Name, Input: input, Version: provider.Optional(version)}
	return "", errContinueAsNew
}

// The system calls.
const (
	opNow  = "now"
	opGUID = "guid"
)

func (c *Context) systemCall(op string, value func() string) string {
	t := c.turn
	if e, ok := replay[provider.SystemCall](c, op); ok {
		c.same(e, "op", e.Op, op)
		return e.Value
	}
	v := value()
	t.add(provider.SystemCall{ID: t.nextID(), Op: op, Value: v, ExecutionID: t.execution})
	return v
}

// Now is the provider's clock when it was first asked, in whole milliseconds, UTC.
func (c *Context) Now() time.Time {
	v := c.systemCall(opNow, func() string { return strconv.FormatInt(c.turn.now(), 10) })
	ms, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		c.fault("the clock's value %.40q is no number", v)
	}
	return time.UnixMilli(ms).UTC()
}

// NewGUID is a random UUID, the same in every replay: 36 characters.
func (c *Context) NewGUID() string { return c.systemCall(opGUID, c.turn.guid) }

// Instance is the instance's id.
func (c *Context) Instance() string { return c.turn.instance }

// Execution numbers the executions of the instance from 1.
func (c *Context) Execution() int64 { return c.turn.execution }

// Version is the version of the code that this execution began with and keeps.
func (c *Context) Version() string { return c.turn.start.Version }

// Replaying says that history has the answer to what is asked next: what happens here happened before.
func (c *Context) Replaying() bool {
	for _, e := range c.turn.events[c.cursor:max(c.cursor, c.turn.recorded)] {
		if asks(e) {
			return true
		}
	}
	return false
}

// childID is unique over all executions: the event ids of each begin at 1.
func (t *turn) childID(id int64) string {
	if t.execution == 1 {
		return fmt.Sprintf("%s::%d", t.instance, id)
	}
	return fmt.Sprintf("%s::%d.%d", t.instance, t.execution, id)
}
