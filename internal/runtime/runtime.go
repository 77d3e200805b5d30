package runtime

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/wake"
	"pgbench-provider/provider"
)

// Config is what a [Runtime] is made of. Zero values are the defaults.
type Config struct {
	// Provider is required.
	Provider *provider.Provider
	// Observer makes an observer for each dispatcher, each client and what polls for them, so that none is used by two goroutines at once. Nil,
	// and nil from it, is nobody.
	Observer func() provider.Observer
	// Registry is required. What is registered after [New] is found too, but nobody hears that it made no sense.
	Registry *Registry
	// OrchestrationDispatchers and WorkerDispatchers are how many turns and activities may run at once; 0 is 2, and a
	// negative number none, for a process that only has clients.
	OrchestrationDispatchers, WorkerDispatchers int
	// WorkBatch is how many activities one fetch may lock: for this worker and the idle ones of the process, and what is left
	// over waits for this worker, or is given back when an activity takes half of WorkLockTimeout. It saves statements where
	// activities are short and many, and costs turns in the queue where they are long. Above 1, activities that end at one
	// moment are acked in one call, and those of one instance that end while another of it is being acked in one behind it, up to
	// WorkBatch: they share its fate, so the Provider should have a CallTimeout. 0 is 1.
	WorkBatch int
	// TurnBatch is how many turns one fetch may lock. A dispatcher then decides them one after the other and acks them in one call,
	// but for those that send messages or cancel activities; and what clients of the process send at one moment is enqueued in one
	// call. It saves statements and commits where turns are many and dispatchers few, and has each wait for the others: the Provider
	// should have a CallTimeout. 0 is 1.
	TurnBatch int
	// LockTimeout is how long a turn may take, WorkLockTimeout after how long an activity whose worker died is run again;
	// a living worker renews. At least a millisecond; 0 is 30 s.
	LockTimeout, WorkLockTimeout time.Duration
	// IdleSleep is after how long a process with an idle dispatcher first looks for what other processes did. While it finds
	// nothing it doubles up to 1.5 s, or up to 5 s where Connect lets it hear of them, or stays if it is longer. 0 is 100 ms.
	IdleSleep time.Duration
	// Connect makes a connection on which the process tells others of work that its own dispatchers are not free for, and
	// hears of theirs; Channel is the one they share ([wake.Channel]). Nil is not to: each polls.
	Connect func(context.Context) (*pgx.Conn, error)
	Channel string
	// AwaitPoll is after how long [Client.Await] first asks the database whether another process ended the instance; the
	// interval then doubles up to 100 ms, or stays if it is longer. 0 is 5 ms without dispatchers and 1 s with them.
	AwaitPoll time.Duration
	// MaxAttempts is how often a message or activity is tried before it is poison. 0 is 10.
	MaxAttempts int
	// OnError is told, from many goroutines, of errors that no caller sees; nil is nobody. A lock that was lost is no
	// error: the work is in other hands.
	OnError func(error)
}

// A Runtime runs the orchestrations and activities of one schema, together with those of other processes.
type Runtime struct {
	Config
	rules       rules
	turns       *gate
	works       *gate
	instances   *instances
	completions *completions
	acks        *acks
	sends       sends
	awaited     *awaited
	hub         *wake.Hub // nil without Config.Connect, and before Start
	counters    counters

	mu       sync.Mutex
	stop     context.CancelFunc // begins no more work, and ends activities and waiting
	kill     context.CancelFunc // ends provider calls too
	stopping bool
	group    sync.WaitGroup
}

// Stats count since [Runtime.Start].
type Stats struct {
	Turns      int64 // that were committed
	Activities int64 // whose completion was committed
	Discarded  int64 // turns with nothing new, whose messages were deleted
	LocksLost  int64 // turns and activities that somebody else has, and that were dropped
	Abandoned  int64 // turns and activities that were given back
	Retries    int64 // of acks after retryable errors, beside those of the Provider
	Errors     int64 // that OnError was told of
	Polls      int64 // statements that looked for what other processes did
	Wake       wake.Stats
}

type counters struct{ turns, activities, discarded, lost, abandoned, retries, errors, polls atomic.Int64 }

// Stats gives the counts so far.
func (r *Runtime) Stats() Stats {
	c := &r.counters
	return Stats{c.turns.Load(), c.activities.Load(), c.discarded.Load(), c.lost.Load(), c.abandoned.Load(), c.retries.Load(), c.errors.Load(), c.polls.Load(), r.woken()}
}

func (r *Runtime) woken() (s wake.Stats) {
	if r.hub != nil {
		s = r.hub.Stats()
	}
	return s
}

// New makes a runtime that does nothing yet. Fails with [provider.ErrInvalid] when something required is missing, a
// duration is negative or a registration made no sense.
func New(c Config) (*Runtime, error) {
	switch {
	case c.Provider == nil:
		return nil, fmt.Errorf("%w: Config.Provider is nil", provider.ErrInvalid)
	case c.Registry == nil:
		return nil, fmt.Errorf("%w: Config.Registry is nil", provider.ErrInvalid)
	case c.LockTimeout < 0 || c.WorkLockTimeout < 0 || c.IdleSleep < 0 || c.AwaitPoll < 0 || c.MaxAttempts < 0 || c.WorkBatch < 0 || c.TurnBatch < 0:
		return nil, fmt.Errorf("%w: a duration, WorkBatch, TurnBatch or MaxAttempts is negative", provider.ErrInvalid)
	}
	if err := c.Registry.check(); err != nil {
		return nil, err
	}
	c.setDefaults()
	r := &Runtime{
		Config: c, turns: newGate(), works: newGate(), instances: newInstances(), completions: newCompletions(), awaited: newAwaited(),
		rules: rules{registry: c.Registry, now: c.Provider.Now, guid: newGUID, maxAttempts: c.MaxAttempts},
	}
	r.acks = newAcks(c.WorkBatch, func() { r.pause(1) })
	return r, nil
}

func (c *Config) setDefaults() {
	or := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	count := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
		*n = max(0, *n)
	}
	count(&c.OrchestrationDispatchers, 2)
	count(&c.WorkerDispatchers, 2)
	count(&c.WorkBatch, 1)
	count(&c.TurnBatch, 1)
	count(&c.MaxAttempts, 10)
	or(&c.LockTimeout, 30*time.Second)
	or(&c.WorkLockTimeout, 30*time.Second)
	or(&c.IdleSleep, 100*time.Millisecond)
	if c.OrchestrationDispatchers > 0 {
		or(&c.AwaitPoll, time.Second)
	}
	or(&c.AwaitPoll, 5*time.Millisecond)
	if c.OnError == nil {
		c.OnError = func(error) {}
	}
}

// Start begins the dispatchers. They end when ctx ends or [Runtime.Stop] is called. Fails when called twice.
func (r *Runtime) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop != nil || r.stopping {
		return fmt.Errorf("%w: a runtime is started once", provider.ErrInvalid)
	}
	run, stop := context.WithCancel(ctx)
	// A provider call that is cut off may leave a lock that nobody holds; so the end of ctx does not cut them.
	calls, kill := context.WithCancel(context.WithoutCancel(ctx))
	r.stop, r.kill = stop, kill
	if r.Connect != nil {
		r.hub = wake.Open(wake.Config{Connect: r.Connect, Channel: r.Channel, Idle: r.idles, OnWork: r.heard})
	}
	r.works.counts, r.works.shared = true, r.Connect != nil
	r.works.stir() // nobody knows what is there
	watcher := r.newWatcher()
	r.group.Go(func() { watcher.loop(run, calls) })
	for range r.OrchestrationDispatchers {
		d := &dispatcher{Runtime: r, provider: r.observed()}
		r.group.Go(func() { d.loop(run, calls) })
	}
	for range r.WorkerDispatchers {
		w := &worker{Runtime: r, provider: r.observed(), called: true}
		r.group.Go(func() { w.loop(run, calls) })
	}
	return nil
}

// Stop ends the dispatchers and returns when they have ended: turns are acked, activities are cancelled, and those that
// heed it are given back. If ctx ends first, provider calls are cut off, and what they held stays locked until it
// expires; Stop then still waits, and returns ctx's error. An activity that ignores its context holds Stop up. Calling it
// again, or without Start, is no error.
func (r *Runtime) Stop(ctx context.Context) error {
	r.mu.Lock()
	r.stopping = true
	stop, kill := r.stop, r.kill
	r.mu.Unlock()
	if stop == nil {
		return nil
	}
	stop()
	forced := context.AfterFunc(ctx, kill)
	r.group.Wait()
	late := !forced()
	kill()
	r.turns.close()
	r.works.close()
	if r.hub != nil {
		r.hub.Close()
	}
	if late {
		return ctx.Err()
	}
	return nil
}

// observed is the provider for one goroutine.
func (r *Runtime) observed() *provider.Provider {
	if r.Observer == nil {
		return r.Provider.WithObserver(nil)
	}
	return r.Provider.WithObserver(r.Observer())
}

// report tells of an error that no caller sees. What a forced stop cut off is none.
func (r *Runtime) report(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	r.counters.errors.Add(1)
	r.OnError(err)
}

// sent wakes a dispatcher for a message, unless one runs the instance or looks for it.
func (r *Runtime) sent(instance string) {
	if r.instances.came(instance) {
		r.wakeFor(instance)
	}
}

// sentAll is sent for messages of several instances that can be fetched together.
func (r *Runtime) sentAll(instances []string) {
	n := 0
	for _, instance := range instances {
		if r.instances.came(instance) {
			instances[n] = instance
			n++
		}
	}
	r.wakeForAll(instances[:n])
}

// wakeForAll wakes as many dispatchers as n instances that nobody looks for yet take, or tells others.
func (r *Runtime) wakeForAll(instances []string) {
	n := (len(instances) + r.TurnBatch - 1) / r.TurnBatch
	left := r.turns.call(n)
	if left == 0 {
		return
	}
	if left == n { // else who was woken fetches until there is nothing
		for _, instance := range instances {
			r.instances.missed(instance)
		}
	}
	r.turns.surplus(left)
}

// wakeFor wakes a dispatcher for an instance that nobody looks for yet, or tells others.
func (r *Runtime) wakeFor(instance string) {
	if r.turns.call(1) > 0 {
		r.instances.missed(instance)
		r.turns.surplus(1)
	}
}

// sleep waits for d; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// backoff is how long to wait after the n-th failed fetch in a row: errors that may pass get more time each.
func backoff(err error, n int) time.Duration {
	if !provider.IsRetryable(err) {
		return 100 * time.Millisecond
	}
	return jittered(min(3*time.Second, 100*time.Millisecond<<min(n, 5)))
}

// jittered is between half of d and d: those who failed together shall not come back together.
func jittered(d time.Duration) time.Duration { return d/2 + rand.N(d/2) }

// ackRetries is how often an ack is repeated at least while its error may pass, after 10, 20, 40, 80 and 160 ms at most.
// Beyond that the pauses double up to a second for as long as the lock may last, so that a server that is away for a moment
// costs no turn, unless the runtime is to stop.
const ackRetries = 5

// persist repeats an ack while its error may pass. lock is how long the lock of the work may last from now.
func (r *Runtime) persist(run, calls context.Context, lock time.Duration, ack func() error) error {
	began := time.Now()
	for n := 0; ; n++ {
		err := ack()
		if err == nil || !provider.IsRetryable(err) || n >= ackRetries && (run.Err() != nil || time.Since(began) > lock) ||
			!sleep(calls, jittered(min(time.Second, 10*time.Millisecond<<min(n, 7)))) {
			return err
		}
		r.counters.retries.Add(1)
	}
}
