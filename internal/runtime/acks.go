package runtime

import (
	"slices"
	"sync"
	"time"

	"pgbench-provider/provider"
)

// acks brings acks together: those of activities that end at one moment, and those of one instance that come while another of it is
// under way. Each of these would lock the instance's row until it is committed, one after the other; together they are one call and one
// commit. Nobody waits for an activity that still runs.
type acks struct {
	limit int    // how many may be one call
	pause func() // waits for those that end now too, on other goroutines

	mu sync.Mutex
	of map[string][]*ending // by instance: those that wait for the ack that is under way
	// Those that are about to be one call, the first of which is to make it. None of them has another of its instance under way.
	gathered []*ending
}

// moment is how long the first waits for others that do the same at the same time. Those whom one reply woke are on several threads, and
// a goroutine that only yields goes on before they have begun. On an idle machine the clock may make a millisecond of it.
const moment = 20 * time.Microsecond

// An ending is the ack of one activity.
type ending struct {
	provider.WorkItemAck
	target string         // its instance
	number uint64         // among the completions of its instance
	ended  bool           // they have been told of its end
	group  chan []*ending // what to ack in one call; nil when another has
	err    error          // then
}

func newAcks(limit int, pause func()) *acks {
	return &acks{limit: limit, pause: pause, of: map[string][]*ending{}}
}

// enter gives what the caller is to ack, e first, and nil when another has acked e. Where it leads, exactly one leave follows after
// what it gave was acked, or has failed once and is repeated. Who has waited for as long as patience acks by itself.
func (a *acks) enter(e *ending, patience time.Duration) (group []*ending, leads bool) {
	a.mu.Lock()
	if waiting, underWay := a.of[e.target]; underWay {
		a.of[e.target] = append(waiting, e)
		a.mu.Unlock()
		return a.wait(e, patience)
	}
	a.of[e.target] = nil
	a.gathered = append(a.gathered, e)
	led := len(a.gathered) > 1
	a.mu.Unlock()
	if led {
		group = <-e.group
		return group, group != nil && !e.ended
	}
	a.pause()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.gather(), true
}

// gather takes those that are about to be one call, and what of their instances has come since, up to the limit. The first beyond it
// leads the others.
func (a *acks) gather() []*ending {
	n := min(len(a.gathered), a.limit)
	group, others := a.gathered[:n:n], a.gathered[n:]
	a.gathered = nil
	a.release(others)
	for _, e := range group {
		group = append(group, a.take(e.target, a.limit-len(group))...)
	}
	return group
}

// release lets those go that are to be acked now, each group led by its first.
func (a *acks) release(list []*ending) {
	for len(list) > 0 {
		n := min(len(list), a.limit)
		list[0].group <- list[:n:n]
		list = list[n:]
	}
}

func (a *acks) wait(e *ending, patience time.Duration) (group []*ending, leads bool) {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case group = <-e.group:
	case <-t.C:
		if a.forget(e) {
			return []*ending{e}, false
		}
		group = <-e.group // it was taken just then
	}
	return group, group != nil && !e.ended
}

// forget says whether e was still waiting.
func (a *acks) forget(e *ending) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	instance := e.target
	i := slices.Index(a.of[instance], e)
	if i >= 0 {
		a.of[instance] = slices.Delete(slices.Clone(a.of[instance]), i, i+1) // groups share what is behind it
	}
	return i >= 0
}

// take takes up to n of those that wait.
func (a *acks) take(instance string, n int) []*ending {
	waiting := a.of[instance]
	n = min(n, len(waiting))
	a.of[instance] = waiting[n:]
	return waiting[:n:n]
}

// leave lets those go that have come meanwhile, of the instances of a group.
func (a *acks) leave(group []*ending) {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := map[string]bool{}
	var next []*ending
	for _, e := range group {
		if left[e.target] {
			continue
		}
		left[e.target] = true
		waiting := a.take(e.target, a.limit)
		if next = append(next, waiting...); len(waiting) == 0 {
			delete(a.of, e.target)
		}
	}
	a.release(next)
}
