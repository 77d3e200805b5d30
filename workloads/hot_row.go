package workloads

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"pgbench-provider/provider"
)

// hotRow is one instance that everybody wants: it always has a message, and whoever fetches it holds its lock until the
// ack. However many contend, turns per second cannot exceed 1 / (time held); internal/ceiling predicts that figure.
//
// A unit is one turn, from the first attempt to fetch it on, so its latency contains the wait for the lock. Every
// orchestration dispatcher is a caller with a connection of its own. After an empty fetch it looks again soon: a free lock
// is found by whose next fetch comes first, which takes about an empty fetch's duration divided by the callers, so it
// takes 12 or more to find it fast. Near a server, callers that hardly pause also take the processor from the one that
// holds the lock: the ceiling is reached at a distance.
type hotRow struct{}

var _ Contended = hotRow{}

// Contended says that the dispatchers are the callers.
func (hotRow) Contended() {}

func (hotRow) Name() string { return "hot-row" }

func (hotRow) About() string {
	return "one instance that always has a message: every orchestration dispatcher wants its lock"
}

func (hotRow) Defaults() Params { return Params{PayloadBytes: 100} }

func (hotRow) Orchestrates() bool { return false }

// hot is a session; of the microscope it uses how that lends a provider to each caller.
type hot struct {
	microscope
	instance string
	ran      map[int64]int // units by the execution that was their turn; guarded by mu
}

func (hotRow) Open(ctx context.Context, env Env) (Session, error) {
	p := env.Provider.WithObserver(nil)
	known, err := p.ListInstances(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := p.DeleteInstances(ctx, known, true); err != nil {
		return nil, err
	}
	h := &hot{microscope: microscope{env: env}, instance: env.Prefix + "-hot", ran: map[int64]int{}}
	start := provider.StartOrchestration{Instance: h.instance, Orchestration: "HotRow", ExecutionID: 1}
	if err := p.EnqueueOrchestratorItem(ctx, start, 0); err != nil {
		return nil, err
	}
	item, err := p.FetchOrchestrationItem(ctx, lockFor)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", h.instance, err)
	}
	return h, h.ack(ctx, p, item.LockToken, 1, payload(env.Seed, -1, env.Params.PayloadBytes))
}

// Do wins the lock and runs one turn.
func (h *hot) Do(ctx context.Context, n int) (began, ended time.Time, err error) {
	p := h.provider()
	defer h.release(p)
	data := payload(h.env.Seed, n, h.env.Params.PayloadBytes)
	began = time.Now()
	item, err := win(ctx, p)
	if err != nil {
		return began, time.Now(), err
	}
	if err := whole(item); err != nil {
		return began, time.Now(), err
	}
	next := item.ExecutionID + 1
	err = h.ack(ctx, p, item.LockToken, next, data)
	ended = time.Now()
	if err == nil {
		err = h.record(next, n)
	}
	return began, ended, err
}

// win fetches until nobody else holds the lock. Without the pause, up to an eighth of what the fetch took, callers at one
// distance fall into step and look all at once.
func win(ctx context.Context, p *provider.Provider) (*provider.OrchestrationItem, error) {
	for {
		asked := time.Now()
		item, err := p.FetchOrchestrationItem(ctx, lockFor)
		if !errors.Is(err, provider.ErrNoWork) {
			return item, err
		}
		if err := pause(ctx, time.Duration(rand.Int64N(int64(time.Since(asked)/8)+1))); err != nil {
			return nil, err
		}
	}
}

// whole says that a turn found all that the turn before it left, and no more: one event, and a message with the same text.
func whole(item *provider.OrchestrationItem) error {
	if item.HistoryError != nil {
		return item.HistoryError
	}
	if len(item.History) == 1 && len(item.Messages) == 1 {
		event, _ := item.History[0].(provider.OrchestrationStarted)
		message, ok := item.Messages[0].(provider.ContinueAsNew)
		if ok && event.Input == message.Input {
			return nil
		}
	}
	return fmt.Errorf("%w: execution %d of %s was fetched with %d events and %d messages, want one of each, with the same text",
		ErrCheck, item.ExecutionID, item.Instance, len(item.History), len(item.Messages))
}

// ack ends a turn: an execution of one event, which continues as new, so that every turn reads and writes as much.
func (h *hot) ack(ctx context.Context, p *provider.Provider, held provider.LockToken, execution int64, data string) error {
	return p.AckOrchestrationItem(ctx, held, provider.OrchestrationAck{
		ExecutionID:       execution,
		History:           []provider.Event{provider.OrchestrationStarted{ID: 1, Name: "HotRow", Version: "1.0.0", Input: data}},
		OrchestratorItems: []provider.WorkItem{provider.ContinueAsNew{Instance: h.instance, Orchestration: "HotRow", Input: data}},
		Metadata: provider.ExecutionMetadata{Name: "HotRow", Version: "1.0.0",
			Status: provider.StatusContinuedAsNew, Output: data},
	})
}

func (h *hot) record(execution int64, n int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if other, ok := h.ran[execution]; ok {
		return fmt.Errorf("%w: units %d and %d both ran the turn of execution %d", ErrCheck, other, n, execution)
	}
	h.ran[execution] = n
	return nil
}

// Check finds an execution and an event for each unit and for Open, and in the queue the message of the last turn, which
// it takes out: then nothing waits.
func (h *hot) Check(ctx context.Context) error {
	p := h.env.Provider.WithObserver(nil)
	m, err := p.GetSystemMetrics(ctx)
	if err != nil {
		return err
	}
	turns := int64(len(h.ran)) + 1
	if m.Instances != 1 || m.Executions != turns || m.Events != turns {
		return fmt.Errorf("%w: %d turns were acked, the schema holds %d instances, %d executions and %d events: want 1 and one of each a turn",
			ErrCheck, turns, m.Instances, m.Executions, m.Events)
	}
	item, err := p.FetchOrchestrationItem(ctx, lockFor)
	if errors.Is(err, provider.ErrNoWork) {
		return fmt.Errorf("%w: after %d turns %s has no message left, or its lock is held", ErrCheck, turns, h.instance)
	}
	if err != nil {
		return err
	}
	if err := whole(item); err != nil {
		return err
	}
	if item.ExecutionID != turns {
		return fmt.Errorf("%w: after %d turns %s is at execution %d", ErrCheck, turns, h.instance, item.ExecutionID)
	}
	if err := p.DiscardOrchestrationItem(ctx, item.LockToken); err != nil {
		return err
	}
	return settled(ctx, p)
}

// CheckEnded finds an execution of each unit that ended; an ack whose answer was lost may have added one.
func (h *hot) CheckEnded(ctx context.Context) error {
	m, err := h.env.Provider.WithObserver(nil).GetSystemMetrics(ctx)
	switch turns := int64(len(h.ran)) + 1; {
	case err != nil:
		return err
	case m.Executions < turns:
		return lost(turns, m.Executions)
	case m.Instances != 1 || m.Events != m.Executions:
		return fmt.Errorf("%w: the schema holds %d instances, %d executions and %d events: want 1 and one of each a turn", ErrCheck,
			m.Instances, m.Executions, m.Events)
	}
	return nil
}
