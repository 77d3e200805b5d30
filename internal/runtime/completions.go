package runtime

import (
	"sync"

	"pgbench-provider/provider"
)

// completions knows, by instance, which activities of this process are about to be acked, so that several that end at once
// make one turn and not one each.
//
// What an ack brought waits for the acks that are under way then: their commits follow each other, since all lock the instance's
// row, and a dispatcher that is woken for the first takes a turn with that one completion, which the others then wait for. And no
// ack asks for the instance's turn while other activities of it wait for a worker that has them already.
//
// Note: nothing waits for acks that begin later, or for activities that run. The first of several may be all that an orchestration
// waits for, and where acks overlap all the time the last would never come.
type completions struct {
	mu sync.Mutex
	of map[string]*arrivals
}

type arrivals struct {
	given int    // activities that workers have and have not begun
	acks  int    // under way
	begun uint64 // acks that ever were

	came    bool   // an ack has ended for which nobody was woken yet
	through uint64 // since then: the last ack that was under way, and how many of them still are
	waiting int
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

// begin is called before an ack, and gives what exactly one end is told. last says whether no worker was given another activity of
// the instance that it has not begun.
func (c *completions) begin(instance string) (ack uint64, last bool) {
	c.change(instance, func(a *arrivals) {
		a.acks++
		a.begun++
		ack, last = a.begun, a.given == 0
	})
	return ack, last
}

// alone says whether, beside a group of acks that have begun, no other ack of their instances is under way, and no worker was given
// another activity of them that it has not begun.
func (c *completions) alone(group []*ending) bool {
	acks := map[string]int{}
	for _, e := range group {
		acks[e.target]++
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for instance, n := range acks {
		if a := c.of[instance]; a.acks != n || a.given != 0 {
			return false
		}
	}
	return true
}

// end is called after it, with whether it brought a message that nobody looks for. It says whether somebody is to be woken
// for the instance now.
func (c *completions) end(instance string, ack uint64, came bool) (wake bool) {
	c.change(instance, func(a *arrivals) {
		a.acks--
		switch {
		case a.came && ack <= a.through:
			a.waiting--
		case a.came:
			return
		case came:
			a.came, a.through, a.waiting = true, a.begun, a.acks
		}
		if a.came && a.waiting == 0 {
			wake, a.came = true, false
		}
	})
	return wake
}
