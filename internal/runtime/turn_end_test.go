package runtime

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/provider"
)

func TestTurnKeepsEarlyEvents(t *testing.T) {
	t.Parallel()
	p := newPlay(t, func(c *Context, _ string) (string, error) {
		if _, err := c.Activity("A", "").Await(); err != nil {
			return "", err
		}
		data, err := c.Join(c.WaitEvent("E"), c.WaitEvent("F"), c.WaitEvent("E"))
		return strings.Join(data, ","), err
	})
	p.start("")
	p.turn(p.raised("E", "1"), p.raised("E", "2"))
	p.turn(p.completed(2, ""))
	p.output(p.turn(p.raised("F", "3")), provider.StatusCompleted, "1,3,2")
}

func TestTurnSystemCallsReplay(t *testing.T) {
	t.Parallel()
	p := newPlay(t, func(c *Context, _ string) (string, error) {
		now, id, replaying := c.Now().UnixMilli(), c.NewGUID(), c.Replaying()
		_, err := c.WaitEvent("E").Await()
		return strings.Join([]string{time.UnixMilli(now).UTC().Format("05.000"), id, map[bool]string{true: "old", false: "new"}[replaying]}, " "), err
	})
	p.start("")
	p.rules.now, p.rules.guid = func() int64 { return 99000 }, func() string { return "another" }
	p.output(p.turn(p.raised("E", "")), provider.StatusCompleted, "01.000 guid old")
}

func TestTurnFailures(t *testing.T) {
	t.Parallel()
	for want, code := range map[string]OrchestrationFunc{
		"panic: oops":                  func(*Context, string) (string, error) { panic("oops") },
		"wrong":                        func(*Context, string) (string, error) { return "", errors.New("wrong") },
		errSelectNothing.Error():       func(c *Context, _ string) (string, error) { _, s, err := c.Select(); return s, err },
		"panic: json: unsupported typ": func(c *Context, _ string) (string, error) { return CallActivity[string](c, "A", func() {}).Await() },
	} {
		a := newPlay(t, code).start("")
		if a.Metadata.Status != provider.StatusFailed || !strings.HasPrefix(a.Metadata.Output, want) {
			t.Errorf("ends %s with %q, want %q", a.Metadata.Status, a.Metadata.Output, want)
		}
	}
	p := newPlay(t, twice)
	p.start("x")
	details := *configuration("UnregisteredActivity", "A", "")
	a := p.turn(provider.ActivityFailed{Instance: "i", ExecutionID: 1, ID: 2, Details: details})
	equal(t, "details", a.History[1], provider.Event(provider.OrchestrationFailed{ID: 4, Details: details}))
}

func TestTurnPoison(t *testing.T) {
	t.Parallel()
	p := newPlay(t, twice)
	p.start("x")
	if d := p.attempt(3, p.completed(2, "")); d.ack.Metadata.Status != "" {
		t.Errorf("attempt 3 of 3 ends the instance: %+v", d.ack)
	}
	d := p.attempt(4, p.completed(2, ""))
	if d.end == nil || d.end.Details.Poison == nil || d.end.Details.Poison.AttemptCount != 4 || len(d.ack.WorkerItems) != 0 {
		t.Errorf("attempt 4 of 3 is decided as %+v", d)
	}
	corrupt := func(n int) decision {
		return decide(p.rules, &provider.OrchestrationItem{Instance: "i", ExecutionID: 2, AttemptCount: n, HistoryError: provider.ErrCorrupt})
	}
	if d := corrupt(3); d.abandon == nil || d.abandon.Delay != time.Second {
		t.Errorf("a corrupt history is decided as %+v", d)
	}
	d = corrupt(4)
	if d.end == nil || d.ack.ExecutionID != 2 || d.ack.Metadata.Status != provider.StatusFailed || d.ack.History[0].EventID() != 99999 {
		t.Errorf("a corrupt history is at last decided as %+v", d)
	}
}

func TestTurnFailsInstead(t *testing.T) {
	t.Parallel()
	p := newPlay(t, twice)
	d := p.decide(provider.StartOrchestration{Instance: "i", Orchestration: "O", Input: "x"})
	instead := d.fallback(errors.New("no"))
	equal(t, "kinds", kinds(instead.ack.History), []string{"OrchestrationStarted", "OrchestrationFailed"})
	equal(t, "work", len(instead.ack.WorkerItems), 0)
	p.start("x")
	d = p.decide(p.completed(2, "r"))
	instead = d.fallback(errors.New("no"))
	equal(t, "kinds", kinds(instead.ack.History), []string{"OrchestrationFailed"})
	equal(t, "id", instead.ack.History[0].EventID(), int64(3))
}

func kinds(events []provider.Event) (kinds []string) {
	for _, e := range events {
		kinds = append(kinds, e.Kind())
	}
	return kinds
}

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	sorted := []string{"0.9", "1.0.0", "1.0.0.1", "1.9.0", "1.10.0", "2.0.0-a", "2.0.0-b", "10"}
	got := slices.Clone(sorted)
	slices.Reverse(got)
	slices.SortFunc(got, compareVersions)
	equal(t, "order", got, sorted)
}

// BenchmarkTurn is the time a turn takes beside the database: the last of a fan-out of 5.
func BenchmarkTurn(b *testing.B) {
	t := &testing.T{}
	p := newPlay(t, func(c *Context, input string) (string, error) {
		futures := make([]Future, 5)
		for i := range futures {
			futures[i] = c.Activity("A", input)
		}
		results, err := c.Join(futures...)
		return strings.Join(results, ","), err
	})
	p.start("x")
	for id := range int64(4) {
		p.turn(p.completed(id+2, "r"))
	}
	item := &provider.OrchestrationItem{Instance: "i", ExecutionID: 1, History: p.history, AttemptCount: 1}
	for name, messages := range map[string][]provider.WorkItem{"ends": {p.completed(6, "r")}, "waits": {p.raised("E", "")}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			item.Messages = messages
			for b.Loop() {
				if d := decide(p.rules, item); d.ack == nil {
					b.Fatal(d)
				}
			}
		})
	}
}
