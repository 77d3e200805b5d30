package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"pgbench-provider/internal/runtime"
	"pgbench-provider/provider"
)

// An instance is what a client started.
type instance struct {
	id      string
	kind    kind
	once    bool // it was asked for once only: nothing can start it again
	deleted bool
}

// clients is how many each process has; each waits for the end of what it started.
const clients = 4

// drive starts the clients. What it returns ends them: it returns when every instance has ended, with the time it gave up.
func (w *world) drive(ctx context.Context) func() context.Context {
	var group sync.WaitGroup
	stop := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	for n := range clients * processCount {
		group.Go(func() { w.drives(ctx, stop, n) })
	}
	return func() context.Context {
		close(stop)
		giveUp := time.AfterFunc(drainTime, cancel)
		defer giveUp.Stop()
		group.Wait()
		return ctx
	}
}

func (w *world) drives(ctx context.Context, stop <-chan struct{}, n int) {
	r, p := w.rand(uint64(100+n)), w.processes[n%processCount]
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-time.After(between(r, 1, 60)):
		}
		k := kinds[r.IntN(len(kinds))]
		w.one(ctx, r, p, &instance{id: fmt.Sprintf("%s-%d-%d", k.name, n, i), kind: k})
	}
}

// one starts an instance, waits for its end, looks at it and may delete it.
func (w *world) one(ctx context.Context, r *rand.Rand, p *process, i *instance) {
	w.mu.Lock()
	w.started = append(w.started, i)
	w.mu.Unlock()
	tries, err := untilDone(ctx, func() error { return p.client.Start(ctx, i.id, i.kind.name, "") })
	i.once = tries == 1
	if err == nil && i.kind.name == "Event" {
		_, err = untilDone(ctx, func() error { return p.client.Raise(ctx, i.id, "E", "raised") })
	}
	var end runtime.Result
	if err == nil {
		_, err = untilDone(ctx, func() (err error) {
			end, err = p.client.Await(ctx, i.id)
			return err
		})
	}
	switch {
	case ctx.Err() != nil:
		w.violate("%s did not end within %v after the last fault: %s", i.id, drainTime, w.stored(context.WithoutCancel(ctx), i.id))
	case err != nil:
		w.violate("%s: a client's call failed for good: %v", i.id, err)
	case end.Status != provider.StatusCompleted || end.Output != i.kind.ends(i.id):
		w.violate("%s ended as %s with %.200q, not with %.200q", i.id, end.Status, end.Output, i.kind.ends(i.id))
	case i.once && i.kind.children == nil && r.IntN(5) == 0:
		w.delete(ctx, p, i)
	}
}

func (w *world) delete(ctx context.Context, p *process, i *instance) {
	tries, err := untilDone(ctx, func() error {
		_, err := p.provider.DeleteInstance(ctx, i.id, false)
		return err
	})
	i.deleted = true
	gone := tries > 1 && errors.Is(err, provider.ErrInstanceNotFound) // only the reply was lost
	if err != nil && !gone && ctx.Err() == nil {
		w.violate("%s: delete: %v", i.id, err)
	}
}

// untilDone repeats what may pass, and counts.
func untilDone(ctx context.Context, do func() error) (tries int, err error) {
	for tries = 1; ; tries++ {
		if err = do(); err == nil || !provider.IsRetryable(err) || ctx.Err() != nil {
			return tries, err
		}
		pause(ctx, rand.N(100*time.Millisecond))
	}
}
