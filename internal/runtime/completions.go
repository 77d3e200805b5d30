package runtime

import (
	"sync"

	"pgbench-provider/provider"
)

// completions knows, by instance, which activities of this process are about to be acked, so that several that end at once
// make one turn and not one each.
//
// While acks are under way nobody is woken for what one of them brought: their commits follow each other, since all lock the
// instance's row, and a dispatcher that is woken for the first takes a turn with that one completion, which the others then
// wait for. And no ack asks for the instance's turn while other activities of it wait for a worker that has them already.
//
// Note: waiting for activities that run was not done: the first of several may be all that an orchestration waits for.
type completions struct {
	mu sync.Mutex
	of map[string]*arrivals
}

type arrivals struct {
	given int  // activities that workers have and have not begun
	acks  int  // under way
	came  bool // an ack has ended for which nobody was woken yet
}

func newCompletions() *completions { return &completions{of: map[string]*arrivals{}} }

func (c *completions) change(instance string, f func(*arrivals)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.of[instance]
	if a == nil {
		a = &arrivals{}
		c.of[instance] = a
	}
	f(a)
	if a.given == 0 && a.acks == 0 {
		delete(c.of, instance)
	}
}

// gives notes items that workers get beside the one that they begin; exactly one takes follows for each.
func (c *completions) gives(items ...*provider.LockedWorkItem) {
	for _, item := range items {
		if instance, ok := target(item); ok {
			c.change(instance, func(a *arrivals) { a.given++ })
		}
	}
}

// takes notes that a worker begins an item that it was given, or gives it back.
func (c *completions) takes(item *provider.LockedWorkItem) {
	if instance, ok := target(item); ok {
		c.change(instance, func(a *arrivals) { a.given-- })
	}
}

func target(item *provider.LockedWorkItem) (instance string, ok bool) {
	a, ok := item.Item.(provider.ActivityExecute)
	return a.Instance, ok
}

// begin is called before an ack, and says whether it is the last for now. Exactly one end follows.
func (c *completions) begin(instance string) (last bool) {
	c.change(instance, func(a *arrivals) {
		a.acks++
		last = a.given == 0
	})
	return last
}

// end is called after it, with whether it brought a message that nobody looks for. It says whether somebody is to be woken
// for the instance now.
func (c *completions) end(instance string, came bool) (wake bool) {
	c.change(instance, func(a *arrivals) {
		a.came = a.came || came
		if a.acks--; a.acks == 0 {
			wake, a.came = a.came, false
		}
	})
	return wake
}
