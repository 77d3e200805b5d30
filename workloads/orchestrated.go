package workloads

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"pgbench-provider/internal/runtime"
	"pgbench-provider/provider"
)

// orchestrated is a session in which every unit is one orchestration, started and awaited by a client.
type orchestrated struct {
	env     Env
	runtime *runtime.Runtime
	clients chan *runtime.Client
	name    string
	want    func(input string) string
	started atomic.Int64
	ended   atomic.Int64
	rights  atomic.Int64
	// broken ends with the first error that a dispatcher meets: what it was to serve may never end.
	broken context.Context
	fail   context.CancelCauseFunc
}

// maxClients bounds the goroutines that talk to the provider for the caller at one time, and thereby the observers.
const maxClients = 64

func openOrchestrated(ctx context.Context, env Env, registry *runtime.Registry, name string, want func(string) string) (Session, error) {
	s := &orchestrated{env: env, name: name, want: want, clients: make(chan *runtime.Client, maxClients)}
	s.broken, s.fail = context.WithCancelCause(context.WithoutCancel(ctx))
	r, err := runtime.New(runtime.Config{
		Provider: env.Provider, Observer: env.Observer, Registry: registry,
		OrchestrationDispatchers: env.Orchestration, WorkerDispatchers: env.Worker, WorkBatch: env.WorkBatch, TurnBatch: env.TurnBatch,
		OnError: s.fail,
		// Nobody else runs these instances, so nobody has to be asked how they stand.
		AwaitPoll: cmp.Or(env.AwaitPoll, time.Hour),
	})
	if err != nil {
		return nil, err
	}
	if err := r.Start(ctx); err != nil {
		return nil, err
	}
	s.runtime = r
	for range maxClients {
		s.clients <- nil
	}
	return s, nil
}

func (s *orchestrated) Do(ctx context.Context, n int) (began, ended time.Time, err error) {
	client := <-s.clients
	if client == nil {
		client = s.runtime.Client()
	}
	instance := fmt.Sprintf("%s-%d", s.env.Prefix, n)
	input := payload(s.env.Seed, n, s.env.Params.PayloadBytes)
	began = time.Now()
	s.started.Add(1)
	err = client.Start(ctx, instance, s.name, input)
	s.clients <- client
	if err != nil {
		return began, time.Now(), err
	}
	waiting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.broken, func() { cancel(context.Cause(s.broken)) })()
	result, err := client.Await(waiting, instance)
	if err != nil {
		return began, time.Now(), cmp.Or(context.Cause(waiting), err)
	}
	s.ended.Add(1)
	if want := s.want(input); result.Status != provider.StatusCompleted || result.Output != want {
		return began, result.FinishedAt, fmt.Errorf("%w: %s ended %s with %.60q, want Completed with %.60q",
			ErrCheck, instance, result.Status, result.Output, want)
	}
	s.rights.Add(1)
	return began, result.FinishedAt, nil
}

// Check asks the database itself: as many instances as were started have ended, none runs, nothing waits.
func (s *orchestrated) Check(ctx context.Context) error {
	if err := context.Cause(s.broken); Outage(err) {
		return fmt.Errorf("the runtime reported: %w", err)
	} else if err != nil {
		return fmt.Errorf("%w: the runtime reported: %v", ErrCheck, err)
	}
	p := s.env.Provider.WithObserver(nil)
	if err := settled(ctx, p); err != nil {
		return err
	}
	m, err := p.GetSystemMetrics(ctx)
	if err != nil {
		return err
	}
	if m.Running != 0 || m.Failed != 0 || m.Completed != m.Instances || s.rights.Load() != s.started.Load() {
		return fmt.Errorf("%w: %d of %d started units ended rightly; the schema holds %d instances, %d completed, %d failed, %d running",
			ErrCheck, s.rights.Load(), s.started.Load(), m.Instances, m.Completed, m.Failed, m.Running)
	}
	return nil
}

// CheckEnded looks for the instances whose ends were told.
func (s *orchestrated) CheckEnded(ctx context.Context) error {
	p := s.env.Provider.WithObserver(nil)
	failed, err := s.count(ctx, p, provider.StatusFailed)
	if err != nil {
		return err
	}
	if failed > 0 || s.rights.Load() != s.ended.Load() {
		return fmt.Errorf("%w: %d of %d units that ended did so rightly; %d instances failed", ErrCheck, s.rights.Load(), s.ended.Load(), failed)
	}
	completed, err := s.count(ctx, p, provider.StatusCompleted)
	if err == nil && completed < s.ended.Load() {
		err = lost(s.ended.Load(), completed)
	}
	return err
}

// count is how many instances of the session have a status.
func (s *orchestrated) count(ctx context.Context, p *provider.Provider, status provider.Status) (n int64, err error) {
	all, err := p.ListInstancesByStatus(ctx, status)
	for _, instance := range all {
		if strings.HasPrefix(instance, s.env.Prefix+"-") {
			n++
		}
	}
	return n, err
}

// settled waits for nothing: a message that still waits when all units have ended is a fault.
func settled(ctx context.Context, p *provider.Provider) error {
	d, err := p.GetQueueDepths(ctx)
	if err != nil {
		return err
	}
	if d != (provider.QueueDepths{}) {
		return fmt.Errorf("%w: %d messages and %d work items are left", ErrCheck, d.Orchestrator, d.Worker)
	}
	return nil
}

func (s *orchestrated) Close(ctx context.Context) error {
	err := s.runtime.Stop(ctx)
	s.fail(nil)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

// payload is text that depends on nothing but its arguments.
func payload(seed uint64, n, size int) string {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	b := make([]byte, size)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// pause takes as long as an activity is asked to, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
