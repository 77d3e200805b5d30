package runtime

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/provider"
)

// sends brings messages together that clients of this process send at one moment.
type sends struct {
	mu      sync.Mutex
	waiting []*sending
	led     bool // one of those that wait is about to send them all
}

type sending struct {
	item provider.WorkItem
	done chan struct{}
	err  error
}

// together sends an item together with those that other clients send now. Else it says that the item is to be sent by itself: there are
// no others, or the call for all has failed and has left nothing behind.
func (c *Client) together(ctx context.Context, item provider.WorkItem) (sent bool, err error) {
	s := &c.runtime.sends
	e := &sending{item: item, done: make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, e)
	led := s.led
	s.led = true
	s.mu.Unlock()
	if !led {
		c.runtime.pause(0)
		s.mu.Lock()
		group := s.waiting
		s.waiting, s.led = nil, false
		s.mu.Unlock()
		if len(group) == 1 {
			return false, nil
		}
		go c.sendAll(context.WithoutCancel(ctx), group) // the others are not cancelled
	}
	select {
	case <-e.done:
		return !alone(e.err), e.err
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

func (c *Client) sendAll(ctx context.Context, group []*sending) {
	items := make([]provider.WorkItem, len(group))
	for i, e := range group {
		items[i] = e.item
	}
	var room provider.Room
	var places []chan handed
	if c.provider.Eager() {
		if places = c.runtime.turns.reserve(1); len(places) > 0 {
			room.Turn, room.Turns = c.runtime.LockTimeout, c.runtime.TurnBatch
		}
	}
	began, mark := time.Now(), c.runtime.instances.begin()
	got, err := c.provider.EnqueueOrchestratorItemsAndFetch(ctx, items, room)
	c.runtime.seatTurns(ctx, c.provider, places, got.Turns, began, mark)
	for _, e := range group {
		e.err = err
		close(e.done)
	}
	if got.Err != nil {
		c.runtime.report(got.Err)
	}
	var targets []string
	for _, item := range items {
		if err == nil && toBeSought(item.Target(), true, len(places) > 0, got) {
			targets = append(targets, item.Target())
		}
	}
	c.runtime.sentAll(targets)
}

// alone says whether an error is that of a call that has certainly left nothing behind: the server says that it refused, and not that
// it, a pooler or a connection came to an end.
func alone(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return !slices.ContainsFunc([]string{"08", "57P", "58", "XX"}, func(class string) bool { return strings.HasPrefix(pg.Code, class) })
	}
	return errors.Is(err, provider.ErrInvalid)
}

// pause waits for others who do the same now, if there may be any: if more than self of the dispatchers and workers are at work. Where
// nobody is, as when one orchestration runs at a time, it would cost that one.
func (r *Runtime) pause(self int) {
	if r.atWork() <= self {
		runtime.Gosched()
		return
	}
	time.Sleep(moment)
}

func (r *Runtime) atWork() int {
	n := r.OrchestrationDispatchers + r.WorkerDispatchers
	for _, g := range []*gate{r.turns, r.works} {
		g.mu.Lock()
		n -= len(g.idle)
		g.mu.Unlock()
	}
	return n
}
