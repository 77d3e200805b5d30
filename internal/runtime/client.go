package runtime

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"pgbench-provider/provider"
)

// A Client starts instances and waits for them. It is safe for concurrent use; its observer is told of one operation at a
// time.
type Client struct {
	runtime  *Runtime
	provider *provider.Provider
}

// Client makes a client with an observer of its own. It works without [Runtime.Start] too, as long as some process
// dispatches.
func (r *Runtime) Client() *Client {
	p := r.Provider.WithObserver(nil)
	if r.Observer != nil {
		if o := r.Observer(); o != nil {
			p = r.Provider.WithObserver(&oneAtATime{to: o})
		}
	}
	return &Client{r, p}
}

// oneAtATime lets goroutines share an observer.
type oneAtATime struct {
	mu sync.Mutex
	to provider.Observer
}

func (o *oneAtATime) Observe(x *provider.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to.Observe(x)
}

// Start asks for an instance under the version that the policy gives when it begins. An instance of that id that is there
// already goes on as if nothing had been asked. Returns the provider's error.
func (c *Client) Start(ctx context.Context, instance, orchestration, input string) error {
	return c.StartVersion(ctx, instance, orchestration, "", input)
}

// StartVersion is Start under an exact version.
func (c *Client) StartVersion(ctx context.Context, instance, orchestration, version, input string) error {
	// Before the enqueue: the instance may end before it returns.
	c.runtime.awaited.expect(instance)
	err := c.enqueue(ctx, provider.StartOrchestration{Instance: instance, Orchestration: orchestration, Input: input,
		Version: provider.Optional(version), ExecutionID: 1})
	if err != nil {
		c.runtime.awaited.forget(instance)
	}
	return err
}

// Raise sends an instance an external event. One that comes before anybody waits for it is kept; one for an instance
// that has ended is lost, and so is one for an instance that nobody starts while it is tried, some seconds
// ([Config.MaxAttempts]). Returns the provider's error.
func (c *Client) Raise(ctx context.Context, instance, event, data string) error {
	return c.enqueue(ctx, provider.ExternalRaised{Instance: instance, Name: event, Data: data})
}

// Cancel asks an instance, and the sub-orchestrations it waits for, to end: they fail with kind Cancelled. One that has
// ended already stays as it is. Returns the provider's error.
func (c *Client) Cancel(ctx context.Context, instance, reason string) error {
	return c.enqueue(ctx, provider.CancelInstance{Instance: instance, Reason: reason})
}

func (c *Client) enqueue(ctx context.Context, item provider.WorkItem) error {
	if c.runtime.TurnBatch > 1 {
		if sent, err := c.together(ctx, item); sent {
			return err
		}
	}
	var room provider.Room
	var places []chan handed
	if c.provider.Eager() {
		if places = c.runtime.turns.reserve(1); len(places) > 0 {
			room.Turn = c.runtime.LockTimeout
		}
	}
	began, mark := time.Now(), c.runtime.instances.begin()
	got, err := c.provider.EnqueueOrchestratorItemAndFetch(ctx, item, 0, room)
	c.runtime.seatTurns(ctx, c.provider, places, got.Turns, began, mark)
	if got.Err != nil {
		c.runtime.report(got.Err)
	}
	if err == nil && toBeSought(item.Target(), false, len(places) > 0, got) {
		c.runtime.sent(item.Target())
	}
	return err
}

// A Result is how an instance ended.
type Result struct {
	Status  provider.Status       // Completed or Failed
	Output  string                // the result, or the error's text
	Details provider.ErrorDetails // zero unless Failed
	// FinishedAt is when this process learnt of the end: when the reply to the last ack arrived if a dispatcher of this
	// process sent it, else when a query answered. It has a monotonic reading.
	FinishedAt time.Time
}

// Await returns when the instance has ended, whenever that was and whoever ran it; an instance that nobody has started is
// waited for. Returns ctx's error, or the provider's if it is not one that may pass.
//
// It costs no query for an instance that this process started and runs. See [Config.AwaitPoll] for others.
func (c *Client) Await(ctx context.Context, instance string) (Result, error) {
	w, expected := c.runtime.awaited.join(instance)
	defer c.runtime.awaited.leave(w)
	interval := c.runtime.AwaitPoll
	if !expected {
		if r, ended, err := c.ask(ctx, instance); ended || err != nil {
			return r, err
		}
	}
	patience := time.NewTimer(interval)
	defer patience.Stop()
	for {
		select {
		case <-w.done:
			return w.result, nil
		case <-ctx.Done():
			return Result{}, ctx.Err()
		case <-patience.C:
		}
		if r, ended, err := c.ask(ctx, instance); ended || err != nil {
			return r, err
		}
		interval = max(interval, min(2*interval, 100*time.Millisecond))
		patience.Reset(interval)
	}
}

// ask reads the status from the database.
func (c *Client) ask(ctx context.Context, instance string) (r Result, ended bool, err error) {
	s, err := c.provider.ReadStatus(ctx, instance)
	switch {
	case errors.Is(err, provider.ErrInstanceNotFound) || provider.IsRetryable(err) && ctx.Err() == nil:
		return r, false, nil
	case err != nil || !s.Status.Terminal():
		return r, false, err
	}
	r = Result{Status: s.Status, Output: s.Output, FinishedAt: time.Now()}
	if s.Status == provider.StatusFailed {
		if r.Details, err = c.details(ctx, instance, s); err != nil {
			return r, false, err
		}
	}
	c.runtime.awaited.deliver(instance, r)
	return r, true, nil
}

// details reads the failure from the history. One that cannot be decoded has at least a text.
func (c *Client) details(ctx context.Context, instance string, s provider.InstanceStatus) (provider.ErrorDetails, error) {
	history, err := c.provider.ReadExecution(ctx, instance, s.ExecutionID)
	if err != nil && !errors.Is(err, provider.ErrCorrupt) {
		return provider.ErrorDetails{}, err
	}
	if n := len(history); n > 0 {
		if e, ok := history[n-1].(provider.OrchestrationFailed); ok {
			return e.Details, nil
		}
	}
	return *application("OrchestrationFailed", s.Output), nil
}

// newGUID is a random UUID of version 4.
func newGUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
