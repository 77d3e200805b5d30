package runtime

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgbench-provider/provider"
)

// curious asks for one of everything.
func curious(c *Context, _ string) (string, error) {
	first, second := c.Activity("A", ""), c.WaitEvent("E")
	child, timer := c.SubOrchestration("O", ""), c.Timer(time.Second)
	c.StartDetached("O", "d", "")
	_ = c.Now()
	if _, err := c.Join(first, second, child); err != nil {
		return "", err
	}
	if _, _, err := c.Select(timer, c.WaitEvent("E")); err != nil {
		return "", err
	}
	return c.ContinueAsNew(c.NewGUID())
}

var errRefused = errors.New("refused")

// Whatever a history and its messages hold, a turn is decided without a panic, the decision can be stored, and at last it
// is an end. A line of data is an event, or behind a > a message.
func FuzzDecide(f *testing.F) {
	const start = `{"OrchestrationStarted":{"event_id":1,"name":"O","version":"1.0.0"}}`
	for _, data := range []string{
		`>{"StartOrchestration":{"instance":"i","orchestration":"O"}}`,
		start + "\n" + `>{"ExternalRaised":{"instance":"i","name":"E"}}`,
		start + "\n" + `{"ActivityScheduled":{"event_id":2,"name":"A"}}` + "\n" + `{"ExternalSubscribed":{"event_id":3,"name":"E"}}` + "\n" +
			`{"ExternalEvent":{"event_id":4,"name":"E"}}` + "\n" + `>{"ActivityCompleted":{"instance":"i","execution_id":1,"id":2}}` + "\n" + `>{"CancelInstance":{"instance":"i"}}`,
		start + "\n" + `{"ExternalEvent":{"event_id":2,"name":"E"}}` + "\n" + `{"ExternalSubscribed":{"event_id":99,"name":"E"}}` + "\n" +
			`{"OrchestrationContinuedAsNew":{"event_id":4}}` + "\n" + `>{"ContinueAsNew":{"instance":"i","orchestration":"O"}}`,
		`{"ExternalEvent":{"event_id":9223372036854775807}}` + "\n" + `>{"TimerFired":{"instance":"i"}}`,
		start + "\n" + `{"TimerCreated":{"event_id":9223372036854775807}}` + "\n" + `>{"TimerFired":{"instance":"i","execution_id":1,"id":-1}}`,
		start + "\n" + `{"SystemCall":{"event_id":2,"op":"now","value":"then"}}` + "\n" + `{"OrchestrationFailed":{"event_id":3,"details":{}}}` + "\n" + `>{"QueueMessage":{}}`,
	} {
		f.Add(data, int64(1))
	}
	f.Fuzz(func(t *testing.T, data string, execution int64) {
		if execution < 1 || execution > 1<<40 {
			return // the provider calls that corrupt
		}
		p := newPlay(t, curious)
		for attempts := range 5 {
			item := &provider.OrchestrationItem{Instance: "i", ExecutionID: execution, AttemptCount: attempts + 1}
			for line := range strings.SplitSeq(data, "\n") {
				text, message := strings.CutPrefix(line, ">")
				if message {
					if m, err := provider.DecodeWorkItem(text); err == nil {
						item.Messages = append(item.Messages, m)
					}
				} else if e, err := provider.DecodeEvent(text); err == nil {
					item.History = append(item.History, e)
				}
			}
			storable(t, p.rules, item, decide(p.rules, item))
		}
	})
}

// storable wants a decision that is one thing, is final in the end, and holds nothing that a provider refuses.
func storable(t *testing.T, r rules, item *provider.OrchestrationItem, d decision) {
	t.Helper()
	if d.ack != nil && d.discard || d.ack != nil && d.abandon != nil || d.discard && d.abandon != nil || d.ack == nil && !d.discard && d.abandon == nil {
		t.Fatalf("decided %+v", d)
	}
	if d.abandon != nil && item.AttemptCount > r.maxAttempts {
		t.Fatalf("given back at attempt %d of %d", item.AttemptCount, r.maxAttempts)
	}
	if d.ack == nil {
		return
	}
	last := int64(0)
	for _, e := range d.ack.History {
		if _, err := provider.EncodeEvent(e); err != nil || e.EventID() <= last {
			t.Fatalf("event %d after %d is %+v: %v", e.EventID(), last, e, err)
		}
		last = e.EventID()
	}
	for _, m := range d.ack.OrchestratorItems {
		if _, err := provider.EncodeWorkItem(m); err != nil {
			t.Fatalf("message %+v: %v", m, err)
		}
	}
	if d.ack.ExecutionID < 1 || d.end != nil && d.ack.Metadata.Status == "" {
		t.Fatalf("acked as %+v", d.ack)
	}
	if d.fallback != nil {
		storable(t, r, item, d.fallback(errRefused))
	}
}
