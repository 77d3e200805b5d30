package runtime

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pgbench-provider/provider"
)

// rules are what a turn needs beside what was fetched. It never changes, so that a turn can be tried without a database.
type rules struct {
	registry    *Registry
	now         func() int64 // Unix milliseconds
	guid        func() string
	maxAttempts int
}

// A decision is what is to become of a fetched instance: one of ack, discard and abandon.
type decision struct {
	ack     *provider.OrchestrationAck
	discard bool
	abandon *provider.Abandon
	// fallback decides anew when the ack can never succeed, given the reason; nil when there is nothing better.
	fallback func(error) decision
	end      *Result // the instance has ended with it
}

// A turn is one replay of an execution over its history and what came since.
type turn struct {
	rules
	instance  string
	execution int64
	start     provider.OrchestrationStarted
	run       OrchestrationFunc

	// events are the history and, from recorded on, what this turn adds; events[i] has the id i+1. done[i] is the id of
	// the event that answers it, 0 while there is none. (Maps by id were a third of a short turn's time.)
	events   []provider.Event
	recorded int
	highest  int64 // id in history
	done     []int64
	external []provider.ExternalEvent // that no subscription took
	cancel   *provider.OrchestrationCancelRequested
	fault    *provider.ErrorDetails // nondeterminism

	works    []provider.ActivityExecute
	messages []provider.WorkItem
	metadata provider.ExecutionMetadata
	refs     []provider.ActivityRef // activities to cancel
	end      *Result
}

// giveBack is for how long a turn is given back that cannot be committed, or decided, for now.
const giveBack = time.Second

// corruptID is the id of the event that ends an instance whose history cannot be decoded. It is above all others.
const corruptID = 99999

// decide turns what was fetched into what is to be done. It is pure: same arguments, same decision.
func decide(r rules, item *provider.OrchestrationItem) decision {
	if item.HistoryError != nil {
		return decideCorrupt(r, item)
	}
	t := &turn{rules: r, instance: item.Instance, execution: item.ExecutionID}
	if d, ok := t.begin(item); !ok {
		return d
	}
	for _, m := range item.Messages {
		if t.fault != nil {
			break
		}
		t.fault = t.receive(m)
	}
	if len(t.events) == t.recorded && t.fault == nil {
		return decision{discard: true} // all of it is known already
	}
	t.finish(item)
	return t.decision()
}

// decideCorrupt gives the instance back, in the hope of a process that can read it, and ends it when that was too often.
func decideCorrupt(r rules, item *provider.OrchestrationItem) decision {
	if item.AttemptCount <= r.maxAttempts {
		return decision{abandon: &provider.Abandon{Delay: giveBack}}
	}
	details := poison(item.AttemptCount, r.maxAttempts, "FailedDeserialization", item.HistoryError.Error())
	end := &Result{Status: provider.StatusFailed, Output: details.Error(), Details: *details}
	return decision{end: end, ack: &provider.OrchestrationAck{
		ExecutionID: item.ExecutionID,
		History:     []provider.Event{provider.OrchestrationFailed{ID: corruptID, Details: *details}},
		Metadata:    provider.ExecutionMetadata{Status: end.Status, Output: end.Output},
	}}
}

// begin finds out what the turn goes on with: history, or the first message that starts an execution. Otherwise it
// returns what to do instead.
func (t *turn) begin(item *provider.OrchestrationItem) (decision, bool) {
	var start *provider.StartOrchestration
	var next *provider.ContinueAsNew
	for _, m := range item.Messages {
		switch m := m.(type) {
		case provider.StartOrchestration:
			if start == nil {
				start = &m
			}
		case provider.ContinueAsNew:
			if next == nil {
				next = &m
			}
		}
	}
	switch n := len(item.History); {
	case n == 0 && start != nil:
		t.startWith(provider.OrchestrationStarted{Name: start.Orchestration, Version: string(start.Version), Input: start.Input,
			ParentInstance: start.ParentInstance, ParentID: start.ParentID, ParentExecutionID: start.ParentExecutionID})
	case n == 0 && next != nil:
		t.startWith(provider.OrchestrationStarted{Name: next.Orchestration, Version: string(next.Version), Input: next.Input})
	case n == 0:
		return t.awaitStart(item), false
	default:
		return t.resume(item, next)
	}
	return decision{}, true
}

func (t *turn) resume(item *provider.OrchestrationItem, next *provider.ContinueAsNew) (decision, bool) {
	switch last := item.History[len(item.History)-1].(type) {
	case provider.OrchestrationCompleted:
		return decision{discard: true, end: &Result{Status: provider.StatusCompleted, Output: last.Output}}, false
	case provider.OrchestrationFailed:
		return decision{discard: true, end: &Result{Status: provider.StatusFailed, Output: last.Details.Error(), Details: last.Details}}, false
	case provider.OrchestrationContinuedAsNew:
		if next == nil {
			return t.awaitStart(item), false
		}
		old, ok := item.History[0].(provider.OrchestrationStarted)
		if !ok {
			return t.headless(item), false
		}
		t.execution++
		t.startWith(provider.OrchestrationStarted{Name: next.Orchestration, Version: string(next.Version), Input: next.Input,
			ParentInstance: old.ParentInstance, ParentID: old.ParentID, ParentExecutionID: old.ParentExecutionID})
		for _, e := range untaken(item.History) {
			t.raised(e.Name, e.Data)
		}
		return decision{}, true
	}
	start, ok := item.History[0].(provider.OrchestrationStarted)
	if !ok {
		return t.headless(item), false
	}
	t.start = start
	t.load(item.History, len(item.Messages))
	var missing *provider.ErrorDetails
	if t.run, _, missing = t.registry.orchestration(start.Name, start.Version); t.fault == nil {
		t.fault = missing
	}
	return decision{}, true
}

// headless is for a history that has lost its first event, and with it what it is a history of.
func (t *turn) headless(item *provider.OrchestrationItem) decision {
	item.HistoryError = fmt.Errorf("history of %q: %w: it begins with %s", item.Instance, provider.ErrCorrupt, item.History[0].Kind())
	return decideCorrupt(t.rules, item)
}

// awaitStart is for a batch without the message that begins the execution. That may be there and not be visible yet: a turn with
// it was given back for a while, or a dispatcher whose clock is ahead sent it. What else came is worth waiting for, but no more
// tries than leave as many for the turn with it.
func (t *turn) awaitStart(item *provider.OrchestrationItem) decision {
	if item.AttemptCount > t.maxAttempts/2 {
		return decision{discard: true}
	}
	for _, m := range item.Messages {
		switch m.(type) {
		case provider.ExternalRaised, provider.QueueMessage, provider.CancelInstance:
			return decision{abandon: &provider.Abandon{Delay: min(giveBack, 10*time.Millisecond<<(3*min(max(item.AttemptCount-1, 0), 3)))}}
		}
	}
	return decision{discard: true}
}

// startWith adds the first event of an execution, under the version that was found for it.
func (t *turn) startWith(start provider.OrchestrationStarted) {
	start.ID = 1
	t.run, start.Version, t.fault = t.registry.orchestration(start.Name, start.Version)
	t.start = start
	t.add(t.start)
	t.metadata.Name, t.metadata.Version, t.metadata.ParentInstance = start.Name, start.Version, string(start.ParentInstance)
}

// parentExecution is where the answer goes; messages of older programs do not say it.
func (t *turn) parentExecution() int64 { return max(1, int64(t.start.ParentExecutionID)) }

// load takes over the history, with room for as many messages.
func (t *turn) load(history []provider.Event, messages int) {
	t.events = slices.Grow(slices.Clip(history), messages+4)
	t.recorded, t.highest = len(history), history[len(history)-1].EventID()
	t.done = make([]int64, len(history), cap(t.events))
	for i, e := range history {
		id := int64(i) + 1
		if e.EventID() != id {
			t.fault = t.nondeterminism("history has event %d in the place of %d", e.EventID(), id)
			return
		}
		switch e := e.(type) {
		case provider.ActivityCompletedEvent:
			t.answer(e.SourceID, id)
		case provider.ActivityFailedEvent:
			t.answer(e.SourceID, id)
		case provider.TimerFiredEvent:
			t.answer(e.SourceID, id)
		case provider.SubOrchestrationCompleted:
			t.answer(e.SourceID, id)
		case provider.SubOrchestrationFailed:
			t.answer(e.SourceID, id)
		case provider.ExternalEvent:
			t.external = append(t.external, e)
		case provider.OrchestrationCancelRequested:
			t.cancel = &e
		}
	}
}

func (t *turn) answer(source, id int64) {
	if source >= 1 && source < id && t.done[source-1] == 0 {
		t.done[source-1] = id
	}
}

func (t *turn) nextID() int64 {
	if t.highest == math.MaxInt64 { // of a corrupt history
		return corruptID
	}
	return max(int64(len(t.events)), t.highest) + 1
}

func (t *turn) add(e provider.Event) {
	t.events = append(t.events, e)
	t.done = append(t.done, 0)
}

// untaken gives the external events of an execution that ended which none of its subscriptions took. They go to the next
// execution, before what came since. (Sent as messages they would come after it.)
func untaken(history []provider.Event) []provider.ExternalEvent {
	t := &turn{}
	if t.load(history, 0); t.fault != nil {
		return t.external
	}
	for _, e := range history {
		if s, ok := e.(provider.ExternalSubscribed); ok {
			t.take(s)
		}
	}
	return t.external
}

// take gives a subscription the first event of its name that is left.
func (t *turn) take(s provider.ExternalSubscribed) {
	for i, e := range t.external {
		if e.Name == s.Name {
			t.done[s.ID-1] = e.ID
			t.external = slices.Delete(t.external, i, i+1)
			return
		}
	}
}

func (t *turn) nondeterminism(format string, args ...any) *provider.ErrorDetails {
	return configuration("Nondeterminism", t.start.Name, fmt.Sprintf(format, args...))
}
