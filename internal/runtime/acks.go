package runtime

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"pgbench-provider/provider"
)

// acks brings acks of one instance together that come while another is under way. Each would lock the instance's row until it is
// committed, one after the other; together they are one call and one commit. Nobody waits for an activity that still runs.
type acks struct {
	limit int // how many may be one call

	mu sync.Mutex
	of map[string][]*ending // by instance: those that wait for the ack that is under way
}

// An ending is the ack of one activity.
type ending struct {
	provider.WorkItemAck
	number uint64         // among the completions of its instance
	ended  bool           // they have been told of its end
	group  chan []*ending // what to ack in one call; nil when another has
	err    error          // then
}

func newAcks(limit int) *acks { return &acks{limit: limit, of: map[string][]*ending{}} }

// enter gives what the caller is to ack, e first, and nil when another has acked e. Where it leads, exactly one leave follows after
// what it gave was acked, or has failed once and is repeated. Who has waited for as long as patience acks by itself.
func (a *acks) enter(instance string, e *ending, patience time.Duration) (group []*ending, leads bool) {
	a.mu.Lock()
	waiting, underWay := a.of[instance]
	if underWay {
		a.of[instance] = append(waiting, e)
		a.mu.Unlock()
		return a.wait(instance, e, patience)
	}
	a.of[instance] = nil
	a.mu.Unlock()
	runtime.Gosched() // those that end now too, on other goroutines, come along
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]*ending{e}, a.take(instance, a.limit-1)...), true
}

func (a *acks) wait(instance string, e *ending, patience time.Duration) (group []*ending, leads bool) {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case group = <-e.group:
	case <-t.C:
		if a.forget(instance, e) {
			return []*ending{e}, false
		}
		group = <-e.group // it was taken just then
	}
	return group, group != nil && !e.ended
}

// forget says whether e was still waiting.
func (a *acks) forget(instance string, e *ending) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
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

// leave lets those go that have come meanwhile.
func (a *acks) leave(instance string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if group := a.take(instance, a.limit); len(group) > 0 {
		group[0].group <- group
		return
	}
	delete(a.of, instance)
}
