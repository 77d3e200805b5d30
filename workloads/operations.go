package workloads

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pgbench-provider/provider"
)

// operations is the microscope: each operation alone against a prepared queue and history, without a runtime.
type operations struct{}

func (operations) Name() string { return "operations" }

func (operations) About() string {
	return "each provider operation alone, against a queue and histories prepared before"
}

func (operations) Defaults() Params { return Params{Depth: 100, HistoryEvents: 5, PayloadBytes: 100} }

// lockFor outlasts any unit, so that no lock runs out under a slow one.
const lockFor = time.Minute

type microscope struct {
	env  Env
	mu   sync.Mutex
	free []*provider.Provider
}

func (operations) Orchestrates() bool { return false }

func (operations) Open(ctx context.Context, env Env) (Session, error) {
	p := env.Provider.WithObserver(nil)
	// Histories have grown in the round before, those of a faster strategy more: each round begins with new ones.
	known, err := p.ListInstances(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := p.DeleteInstances(ctx, known, true); err != nil {
		return nil, err
	}
	first := 0
	if env.Fill != nil {
		first = env.Params.Depth - 1
	}
	for i := first; i < env.Params.Depth; i++ {
		if err := prepare(ctx, p, env, fmt.Sprintf("%s-%07d", env.Prefix, i), i); err != nil {
			return nil, fmt.Errorf("prepare instance %d: %w", i, err)
		}
	}
	for i := first; i < env.Params.Depth; i++ {
		if err := p.EnqueueOrchestratorItem(ctx, provider.ExternalRaised{Instance: fmt.Sprintf("%s-%07d", env.Prefix, i), Name: "Go"}, 0); err != nil {
			return nil, err
		}
	}
	if env.Fill != nil {
		if err := env.Fill(ctx, env.Prefix, env.Params.Depth); err != nil {
			return nil, err
		}
	}
	return &microscope{env: env}, nil
}

// prepare makes an instance with its history and leaves nothing to do, so that the next fetch finds the next instance.
func prepare(ctx context.Context, p *provider.Provider, env Env, id string, n int) error {
	start := provider.StartOrchestration{Instance: id, Orchestration: "Operations", ExecutionID: 1}
	if err := p.EnqueueOrchestratorItem(ctx, start, 0); err != nil {
		return err
	}
	item, err := p.FetchOrchestrationItem(ctx, lockFor)
	if err != nil {
		return err
	}
	events := []provider.Event{provider.OrchestrationStarted{ID: 1, Name: "Operations", Version: "1.0.0"}}
	for e := 2; e <= env.Params.HistoryEvents; e++ {
		events = append(events, provider.ExternalEvent{ID: int64(e), Name: "Prepared", Data: payload(env.Seed, n<<16+e, env.Params.PayloadBytes)})
	}
	return p.AckOrchestrationItem(ctx, item.LockToken, provider.OrchestrationAck{
		ExecutionID: 1, History: events,
		Metadata: provider.ExecutionMetadata{Name: "Operations", Version: "1.0.0"},
	})
}

func (m *microscope) provider() *provider.Provider {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.free); n > 0 {
		p := m.free[n-1]
		m.free = m.free[:n-1]
		return p
	}
	return m.env.observed()
}

func (m *microscope) release(p *provider.Provider) {
	m.mu.Lock()
	m.free = append(m.free, p)
	m.mu.Unlock()
}

// Do runs every operation once or twice, and leaves the queues as long as it found them.
func (m *microscope) Do(ctx context.Context, n int) (began, ended time.Time, err error) {
	p := m.provider()
	defer m.release(p)
	data := payload(m.env.Seed, n, m.env.Params.PayloadBytes)
	began = time.Now()
	for _, step := range []func(context.Context, *provider.Provider, string) error{turnSteps, workSteps} {
		if err := step(ctx, p, data); err != nil {
			return began, time.Now(), err
		}
	}
	return began, time.Now(), nil
}

// found fetches until there is something: what another unit is just giving back is passed over, and counted as an empty
// fetch.
func found[T any](ctx context.Context, fetch func(context.Context, time.Duration) (T, error)) (item T, err error) {
	for {
		item, err = fetch(ctx, lockFor)
		if !errors.Is(err, provider.ErrNoWork) || ctx.Err() != nil {
			return item, err
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return item, err
		}
	}
}

func turnSteps(ctx context.Context, p *provider.Provider, data string) error {
	item, err := found(ctx, p.FetchOrchestrationItem)
	if err != nil {
		return err
	}
	if err := p.RenewOrchestrationLock(ctx, item.LockToken, lockFor); err != nil {
		return err
	}
	if err := p.AbandonOrchestrationItem(ctx, item.LockToken, provider.Abandon{}); err != nil {
		return err
	}
	if item, err = found(ctx, p.FetchOrchestrationItem); err != nil {
		return err
	}
	next := int64(len(item.History)) + 1
	err = p.AckOrchestrationItem(ctx, item.LockToken, provider.OrchestrationAck{
		ExecutionID: item.ExecutionID,
		History:     []provider.Event{provider.ActivityScheduled{ID: next, Name: "Echo", Input: data, ExecutionID: item.ExecutionID}},
		WorkerItems: []provider.ActivityExecute{{Instance: item.Instance, ExecutionID: item.ExecutionID, ID: next, Name: "Echo", Input: data}},
	})
	if err != nil {
		return err
	}
	if err := p.EnqueueOrchestratorItem(ctx, provider.ExternalRaised{Instance: item.Instance, Name: "Go", Data: data}, 0); err != nil {
		return err
	}
	if _, err := p.ReadHistory(ctx, item.Instance); err != nil {
		return err
	}
	_, err = p.ReadStatus(ctx, item.Instance)
	return err
}

func workSteps(ctx context.Context, p *provider.Provider, data string) error {
	work, err := found(ctx, p.FetchWorkItem)
	if err != nil {
		return err
	}
	if err := p.RenewWorkItemLock(ctx, work.LockToken, lockFor); err != nil {
		return err
	}
	if err := p.AbandonWorkItem(ctx, work.LockToken, provider.Abandon{}); err != nil {
		return err
	}
	if work, err = found(ctx, p.FetchWorkItem); err != nil {
		return err
	}
	a, ok := work.Item.(provider.ActivityExecute)
	if !ok {
		return fmt.Errorf("%w: the worker queue held %v", ErrCheck, work.Item)
	}
	if err := p.AckWorkItem(ctx, work.LockToken, provider.ActivityCompleted{Instance: a.Instance, ExecutionID: a.ExecutionID, ID: a.ID, Result: data}); err != nil {
		return err
	}
	a.ID = -a.ID // no activity of any turn
	if err := p.EnqueueWorkerItem(ctx, a); err != nil {
		return err
	}
	if work, err = found(ctx, p.FetchWorkItem); err != nil {
		return err
	}
	return p.AckWorkItem(ctx, work.LockToken, nil)
}

// Check finds every prepared instance still running, each with something to do, and the worker queue empty.
func (m *microscope) Check(ctx context.Context) error {
	p := m.env.Provider.WithObserver(nil)
	metrics, err := p.GetSystemMetrics(ctx)
	if err != nil {
		return err
	}
	depths, err := p.GetQueueDepths(ctx)
	if err != nil {
		return err
	}
	want := int64(m.env.Params.Depth)
	if metrics.Running != want || depths.Worker != 0 || depths.Orchestrator < want {
		return fmt.Errorf("%w: %d of %d prepared instances run, %d messages and %d work items wait",
			ErrCheck, metrics.Running, want, depths.Orchestrator, depths.Worker)
	}
	return nil
}

// CheckEnded finds every prepared instance still running; what interrupted units left half done is no fault.
func (m *microscope) CheckEnded(ctx context.Context) error {
	metrics, err := m.env.Provider.WithObserver(nil).GetSystemMetrics(ctx)
	switch want := int64(m.env.Params.Depth); {
	case err != nil:
		return err
	case metrics.Running < want:
		return lost(want, metrics.Running)
	case metrics.Running > want:
		return fmt.Errorf("%w: %d instances run, of %d that were prepared", ErrCheck, metrics.Running, want)
	}
	return nil
}

func (m *microscope) Close(context.Context) error { return nil }
