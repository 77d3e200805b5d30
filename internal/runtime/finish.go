package runtime

import (
	"errors"

	"pgbench-provider/provider"
)

// finish runs the code, if there is no reason to end without it, and adds the event by which the execution ends, if it
// ends.
func (t *turn) finish(item *provider.OrchestrationItem) {
	received := len(t.events)
	switch {
	case item.AttemptCount > t.maxAttempts:
		t.fail(poison(item.AttemptCount, t.maxAttempts, "Orchestration", "the turn was begun too often and never ended"))
	case t.fault != nil:
		t.fail(t.fault)
	case t.cancel != nil:
		t.fail(application("Cancelled", t.cancel.Reason))
		t.cancelOutstanding()
	default:
		c := &Context{turn: t}
		output, err := c.call()
		if e, ok := c.recorded(); ok && t.fault == nil {
			t.fault = t.nondeterminism("history has event %d, %s, which the code does not ask for", e.EventID(), e.Kind())
		}
		switch {
		case t.fault != nil:
			// What this run asked for comes from code that is not the instance's.
			t.events, t.works, t.messages = t.events[:received], nil, nil
			t.fail(t.fault)
		case c.unwound:
		case c.next != nil && errors.Is(err, errContinueAsNew):
			t.continueAsNew(c.next)
		case err != nil:
			t.fail(failure("OrchestrationFailed", err))
		default:
			t.complete(output)
		}
	}
}

// call runs the code until it returns, waits, is at fault, or panics by itself, which is an error like any other.
func (c *Context) call() (output string, err error) {
	defer func() {
		if r := recover(); r != nil && !c.unwound {
			err = *panicked("OrchestrationFailed", r)
		}
	}()
	return c.turn.run(c, c.turn.start.Input)
}

func (t *turn) complete(output string) {
	t.events = append(t.events, provider.OrchestrationCompleted{ID: t.nextID(), Output: output})
	if t.start.ParentInstance != "" {
		t.messages = append(t.messages, provider.SubOrchCompleted{ParentInstance: string(t.start.ParentInstance),
			ParentExecutionID: t.parentExecution(), ParentID: int64(t.start.ParentID), Result: output})
	}
	t.ends(Result{Status: provider.StatusCompleted, Output: output})
}

func (t *turn) fail(details *provider.ErrorDetails) {
	t.events = append(t.events, provider.OrchestrationFailed{ID: t.nextID(), Details: *details})
	if t.start.ParentInstance != "" {
		t.messages = append(t.messages, provider.SubOrchFailed{ParentInstance: string(t.start.ParentInstance),
			ParentExecutionID: t.parentExecution(), ParentID: int64(t.start.ParentID), Details: *details})
	}
	t.ends(Result{Status: provider.StatusFailed, Output: details.Error(), Details: *details})
}

func (t *turn) ends(r Result) {
	t.metadata.Status, t.metadata.Output, t.end = r.Status, r.Output, &r
}

func (t *turn) continueAsNew(next *provider.ContinueAsNew) {
	t.events = append(t.events, provider.OrchestrationContinuedAsNew{ID: t.nextID(), Input: next.Input})
	t.messages = append(t.messages, *next)
	t.metadata.Status, t.metadata.Output = provider.StatusContinuedAsNew, next.Input
}

// cancelOutstanding takes back what this execution still waits for. A timer fires for nobody.
func (t *turn) cancelOutstanding() {
	for i, done := range t.done {
		if done != 0 {
			continue
		}
		switch e := t.events[i].(type) {
		case provider.ActivityScheduled:
			t.refs = append(t.refs, provider.ActivityRef{ExecutionID: t.execution, ID: e.ID})
		case provider.SubOrchestrationScheduled:
			t.messages = append(t.messages, provider.CancelInstance{Instance: e.Instance, Reason: "parent canceled"})
		}
	}
}

func (t *turn) decision() decision {
	return decision{end: t.end, fallback: t.failInstead, ack: &provider.OrchestrationAck{
		ExecutionID: t.execution, History: t.events[t.recorded:], WorkerItems: t.works, OrchestratorItems: t.messages,
		Metadata: t.metadata, CancelledActivities: t.refs,
	}}
}

// failInstead is the same turn as one that only fails, for when it cannot be stored as it is.
func (t *turn) failInstead(reason error) decision {
	t.works, t.messages, t.refs, t.done = nil, nil, nil, nil
	t.events = t.events[:t.recorded]
	if t.recorded == 0 {
		t.events = append(t.events, t.start)
	}
	t.fail(infrastructure("ack_orchestration_item", reason))
	d := t.decision()
	d.fallback = nil
	return d
}
