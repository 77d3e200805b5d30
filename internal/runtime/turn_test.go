package runtime

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/provider"
)

// A play feeds turns to the executor as a database would, without one.
type play struct {
	t        *testing.T
	rules    rules
	instance string
	history  []provider.Event
	exec     int64
}

func newPlay(t *testing.T, fn OrchestrationFunc) *play {
	r := NewRegistry()
	r.Orchestration("O", fn)
	return &play{t: t, instance: "i", exec: 1, rules: rules{registry: r, now: func() int64 { return 1000 },
		guid: func() string { return "guid" }, maxAttempts: 3}}
}

func (p *play) decide(messages ...provider.WorkItem) decision { return p.attempt(1, messages...) }

func (p *play) attempt(n int, messages ...provider.WorkItem) decision {
	return decide(p.rules, &provider.OrchestrationItem{Instance: p.instance, ExecutionID: p.exec,
		History: slices.Clone(p.history), Messages: messages, AttemptCount: n})
}

// turn decides and stores what is acked.
func (p *play) turn(messages ...provider.WorkItem) *provider.OrchestrationAck {
	p.t.Helper()
	d := p.decide(messages...)
	if d.ack == nil {
		p.t.Fatalf("decided %+v, want an ack", d)
	}
	if d.ack.ExecutionID != p.exec {
		p.exec, p.history = d.ack.ExecutionID, nil
	}
	p.history = append(p.history, d.ack.History...)
	return d.ack
}

func (p *play) start(input string) *provider.OrchestrationAck {
	p.t.Helper()
	return p.turn(provider.StartOrchestration{Instance: p.instance, Orchestration: "O", Input: input, ExecutionID: 1})
}

func (p *play) completed(id int64, result string) provider.WorkItem {
	return provider.ActivityCompleted{Instance: p.instance, ExecutionID: p.exec, ID: id, Result: result}
}

func (p *play) raised(name, data string) provider.WorkItem {
	return provider.ExternalRaised{Instance: p.instance, Name: name, Data: data}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\n got %+v\nwant %+v", what, got, want)
	}
}

func (p *play) output(a *provider.OrchestrationAck, status provider.Status, want string) {
	p.t.Helper()
	if a.Metadata.Status != status || a.Metadata.Output != want {
		p.t.Fatalf("status %q with output %q, want %q with %q; added %+v", a.Metadata.Status, a.Metadata.Output, status, want, a.History)
	}
}

func (p *play) faulted(d decision, want string) {
	p.t.Helper()
	if d.ack == nil || d.end == nil || d.end.Details.Configuration == nil || !strings.Contains(d.end.Output, want) {
		p.t.Fatalf("decided %+v with end %+v, want a configuration error with %q", d, d.end, want)
	}
	if len(d.ack.WorkerItems) != 0 {
		p.t.Errorf("a turn at fault schedules %+v", d.ack.WorkerItems)
	}
}

func TestTurnEmitsEventsAndItems(t *testing.T) {
	t.Parallel()
	p := newPlay(t, func(c *Context, input string) (string, error) {
		first := c.Activity("A", input)
		if _, err := c.Timer(50 * time.Millisecond).Await(); err != nil {
			return "", err
		}
		child, err := c.SubOrchestration("Child", "in").Await()
		if err != nil {
			return "", err
		}
		c.StartDetached("Other", "other", "x")
		result, err := first.Await()
		return result + child, err
	})
	a := p.start("in")
	equal(t, "events", a.History, []provider.Event{
		provider.OrchestrationStarted{ID: 1, Name: "O", Version: "1.0.0", Input: "in"},
		provider.ActivityScheduled{ID: 2, Name: "A", Input: "in", ExecutionID: 1},
		provider.TimerCreated{ID: 3, FireAt: 1050, ExecutionID: 1},
	})
	equal(t, "work", a.WorkerItems, []provider.ActivityExecute{{Instance: "i", ExecutionID: 1, ID: 2, Name: "A", Input: "in"}})
	fired := provider.TimerFired{Instance: "i", ExecutionID: 1, ID: 3, FireAt: 1050}
	equal(t, "messages", a.OrchestratorItems, []provider.WorkItem{fired})
	equal(t, "metadata", a.Metadata, provider.ExecutionMetadata{Name: "O", Version: "1.0.0"})

	a = p.turn(fired)
	equal(t, "events", a.History, []provider.Event{
		provider.TimerFiredEvent{ID: 4, SourceID: 3, FireAt: 1050},
		provider.SubOrchestrationScheduled{ID: 5, Name: "Child", Instance: "i::5", Input: "in", ExecutionID: 1},
	})
	equal(t, "messages", a.OrchestratorItems, []provider.WorkItem{provider.StartOrchestration{Instance: "i::5", Orchestration: "Child",
		Input: "in", ParentInstance: "i", ParentID: 5, ParentExecutionID: 1, ExecutionID: 1}})
	equal(t, "metadata", a.Metadata, provider.ExecutionMetadata{})

	a = p.turn(p.completed(2, "r"))
	equal(t, "events", a.History, []provider.Event{provider.ActivityCompletedEvent{ID: 6, SourceID: 2, Result: "r"}})
	a = p.turn(provider.SubOrchCompleted{ParentInstance: "i", ParentExecutionID: 1, ParentID: 5, Result: "s"})
	p.output(a, provider.StatusCompleted, "rs")
	equal(t, "detached start", a.OrchestratorItems, []provider.WorkItem{
		provider.StartOrchestration{Instance: "other", Orchestration: "Other", Input: "x", ExecutionID: 1}})
}

func twice(c *Context, input string) (string, error) {
	a, err := c.Activity("A", input).Await()
	if err != nil {
		return "", err
	}
	b, err := c.Activity("B", a).Await()
	return b, err
}

func TestTurnDropsWhatItHas(t *testing.T) {
	t.Parallel()
	p := newPlay(t, twice)
	p.start("x")
	again := provider.StartOrchestration{Instance: "i", Orchestration: "O", ExecutionID: 1}
	if d := p.decide(again); !d.discard {
		t.Errorf("a second start is decided as %+v", d)
	}
	a := p.turn(again, p.completed(2, "1"), p.completed(2, "2"))
	equal(t, "events", a.History[0], provider.Event(provider.ActivityCompletedEvent{ID: 3, SourceID: 2, Result: "1"}))
	equal(t, "events", len(a.History), 2)
	late := provider.ActivityCompleted{Instance: "i", ExecutionID: 9, ID: 4}
	if d := p.decide(late, p.completed(2, "3")); !d.discard {
		t.Errorf("a known completion and one of another execution are decided as %+v", d)
	}
	p.output(p.turn(p.completed(4, "end")), provider.StatusCompleted, "end")
	for _, m := range []provider.WorkItem{p.completed(4, "x"), again, p.raised("E", ""), provider.CancelInstance{Instance: "i"}} {
		if d := p.decide(m); !d.discard || d.end == nil || d.end.Output != "end" {
			t.Errorf("%T after the end is decided as %+v", m, d)
		}
	}
	if d := newPlay(t, twice).decide(p.completed(2, "x")); !d.discard {
		t.Errorf("a message for nobody is decided as %+v", d)
	}
}

// What begins an instance may be visible later than what came after it. Waiting for that leaves tries for the turn with both.
func TestTurnAwaitsItsStart(t *testing.T) {
	t.Parallel()
	const most = 10
	for _, m := range []provider.WorkItem{provider.ExternalRaised{Instance: "i", Name: "E"}, provider.CancelInstance{Instance: "i"}, provider.QueueMessage{Instance: "i", Name: "q"}} {
		p := newPlay(t, func(c *Context, _ string) (string, error) { return c.WaitEvent("E").Await() })
		p.rules.maxAttempts = most
		var last, all time.Duration
		tried := 1
		for ; tried <= most; tried++ {
			d := p.attempt(tried, p.completed(2, "x"), m)
			if d.discard {
				break
			}
			if d.abandon == nil || d.abandon.IgnoreAttempt || d.abandon.Delay < last || d.abandon.Delay > giveBack {
				t.Fatalf("%T before its start, attempt %d after a delay of %v, is decided as %+v", m, tried, last, d.abandon)
			}
			last = d.abandon.Delay
			all += last
		}
		if tried > most-3 || all < 2*giveBack {
			t.Errorf("%T waits for %v and is given up at attempt %d of %d", m, all, tried, most)
		}
		d := p.attempt(tried, provider.StartOrchestration{Instance: "i", Orchestration: "O", ExecutionID: 1}, p.raised("E", "x"))
		if d.ack == nil || d.ack.Metadata.Status != provider.StatusCompleted {
			t.Errorf("an event that has waited, with its start, is decided as %+v", d.ack)
		}
	}
}

func TestTurnDetectsNondeterminism(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]OrchestrationFunc{
		"kind":    func(c *Context, _ string) (string, error) { return c.WaitEvent("A").Await() },
		"name":    func(c *Context, in string) (string, error) { return c.Activity("C", in).Await() },
		"input":   func(c *Context, _ string) (string, error) { return c.Activity("A", "other").Await() },
		"less":    func(*Context, string) (string, error) { return "", nil },
		"clock":   func(c *Context, in string) (string, error) { c.Now(); return twice(c, in) },
		"swallow": func(c *Context, _ string) (string, error) { defer func() { recover() }(); c.NewGUID(); return "", nil },
	} {
		p := newPlay(t, twice)
		p.start("x")
		p.rules = newPlay(t, code).rules
		t.Run(name, func(t *testing.T) { p.faulted(p.decide(p.completed(2, "r")), "Nondeterminism O: ") })
	}
	p := newPlay(t, twice)
	p.start("x")
	p.faulted(p.decide(p.completed(7, "")), "answers event 7, which history does not have")
	p.faulted(p.decide(provider.TimerFired{Instance: "i", ExecutionID: 1, ID: 2}), "which is ActivityScheduled")
	p.history = append(p.history, provider.ExternalEvent{ID: 8})
	p.faulted(p.decide(p.completed(2, "")), "event 8 in the place of 3")
}

func TestTurnUnregistered(t *testing.T) {
	t.Parallel()
	p := newPlay(t, twice)
	d := p.decide(provider.StartOrchestration{Instance: "i", Orchestration: "Nobody", ParentInstance: "p", ParentID: 4, ParentExecutionID: 3})
	p.faulted(d, "UnregisteredOrchestration Nobody")
	equal(t, "version", d.ack.Metadata.Version, "0.0.0")
	answer, ok := d.ack.OrchestratorItems[0].(provider.SubOrchFailed)
	if !ok || answer.ParentInstance != "p" || answer.ParentExecutionID != 3 || answer.ParentID != 4 {
		t.Errorf("the parent is told %+v", d.ack.OrchestratorItems)
	}
	p.faulted(p.decide(provider.StartOrchestration{Instance: "i", Orchestration: "O", Version: "7"}), "MissingVersion O: 7")
}

func TestTurnRaceKeepsItsWinner(t *testing.T) {
	t.Parallel()
	p := newPlay(t, func(c *Context, _ string) (string, error) {
		winner, result, err := c.Select(c.Activity("A", ""), c.Activity("B", ""))
		if err != nil {
			return "", err
		}
		rest, err := c.WaitEvent("E").Await()
		return string(rune('a'+winner)) + result + rest, err
	})
	p.start("")
	p.turn(p.completed(3, "1"))
	p.turn(p.completed(2, "2")) // the loser, before the winner among the arguments
	p.output(p.turn(p.raised("E", "!")), provider.StatusCompleted, "b1!")
}

func TestTurnContinuesAsNew(t *testing.T) {
	t.Parallel()
	p := newPlay(t, func(c *Context, input string) (string, error) {
		if input == "first" {
			c.Activity("Lost", "")
			return c.ContinueAsNew("second")
		}
		data, err := c.WaitEvent("E").Await()
		return input + data, err
	})
	start := provider.StartOrchestration{Instance: "i", Orchestration: "O", Input: "first", ParentInstance: "p", ParentID: 5, ParentExecutionID: 2}
	a := p.turn(start, p.raised("E", "early"))
	p.output(a, provider.StatusContinuedAsNew, "second")
	next := provider.ContinueAsNew{Instance: "i", Orchestration: "O", Input: "second"}
	equal(t, "messages", a.OrchestratorItems, []provider.WorkItem{next})

	if d := p.decide(p.raised("E", "x")); d.abandon == nil || d.abandon.Delay <= 0 {
		t.Errorf("an event between two executions is decided as %+v", d)
	}
	if d := p.decide(p.completed(3, "late")); !d.discard {
		t.Errorf("an activity of the execution that ended is decided as %+v", d)
	}
	a = p.turn(p.raised("E", "meanwhile"), next, next, p.completed(3, "late"))
	equal(t, "execution", a.ExecutionID, int64(2))
	equal(t, "started", a.History[0], provider.Event(provider.OrchestrationStarted{ID: 1, Name: "O", Version: "1.0.0", Input: "second", ParentInstance: "p", ParentID: 5, ParentExecutionID: 2}))
	p.output(a, provider.StatusCompleted, "secondearly")
	equal(t, "answer", a.OrchestratorItems, []provider.WorkItem{
		provider.SubOrchCompleted{ParentInstance: "p", ParentExecutionID: 2, ParentID: 5, Result: "secondearly"}})
}

func TestTurnChildOfALaterExecution(t *testing.T) {
	t.Parallel()
	p := newPlay(t, func(c *Context, input string) (string, error) {
		if c.Execution() == 1 {
			return c.ContinueAsNew("")
		}
		return c.SubOrchestration("O", "").Await()
	})
	p.start("")
	a := p.turn(provider.ContinueAsNew{Instance: "i", Orchestration: "O"})
	child, ok := a.OrchestratorItems[0].(provider.StartOrchestration)
	if !ok || child.ParentExecutionID != 2 || child.Instance != "i::2.2" {
		t.Fatalf("the child is started with %+v", a.OrchestratorItems)
	}
	p.output(p.turn(provider.SubOrchCompleted{ParentInstance: "i", ParentExecutionID: 2, ParentID: 2, Result: "r"}), provider.StatusCompleted, "r")
}

func TestTurnCancel(t *testing.T) {
	t.Parallel()
	p := newPlay(t, func(c *Context, _ string) (string, error) {
		results, err := c.Join(c.Activity("A", ""), c.Activity("B", ""), c.SubOrchestration("O", ""))
		return strings.Join(results, ""), err
	})
	p.start("")
	a := p.turn(p.completed(2, "r"), provider.CancelInstance{Instance: "i", Reason: "why"}, provider.CancelInstance{Instance: "i"})
	p.output(a, provider.StatusFailed, "cancelled: why")
	equal(t, "cancelled activities", a.CancelledActivities, []provider.ActivityRef{{ExecutionID: 1, ID: 3}})
	equal(t, "messages", a.OrchestratorItems, []provider.WorkItem{provider.CancelInstance{Instance: "i::4", Reason: "parent canceled"}})
	equal(t, "events", a.History[1:], []provider.Event{
		provider.OrchestrationCancelRequested{ID: 6, Reason: "why"},
		provider.OrchestrationFailed{ID: 7, Details: *application("Cancelled", "why")}})
}
