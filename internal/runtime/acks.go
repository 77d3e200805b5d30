package runtime

import (
	"runtime"
	"sync"

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
	group  chan []*ending // what to ack in one call; nil when another has
	err    error          // then
}

func newAcks(limit int) *acks { return &acks{limit: limit, of: map[string][]*ending{}} }

// enter gives what the caller is to ack, e first, and nil when another has acked e. After what it gave was acked, or has failed
// once and is repeated, exactly one leave follows.
func (a *acks) enter(instance string, e *ending) []*ending {
	a.mu.Lock()
	waiting, underWay := a.of[instance]
	if underWay {
		a.of[instance] = append(waiting, e)
		a.mu.Unlock()
		return <-e.group
	}
	a.of[instance] = nil
	a.mu.Unlock()
	runtime.Gosched() // those that end now too, on other goroutines, come along
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]*ending{e}, a.take(instance, a.limit-1)...)
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
