package runtime

import (
	"context"
	"slices"
	"time"

	"pgbench-provider/provider"
)

// handed is what a sleeper gets from whoever wakes it: turns or a work item that are locked for it, or nothing, when it is to
// fetch.
type handed struct {
	turns *lockedTurns
	work  *provider.LockedWorkItem
}

type lockedTurns struct {
	items []*provider.OrchestrationItem
	since time.Time // when they were locked, at the earliest
}

// reserve takes up to n sleepers for whom the caller's own call will fetch, and who are woken by nobody else meanwhile.
// Exactly one settle follows.
func (g *gate) reserve(n int) (places []chan handed) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for ; n > 0 && len(g.idle) > 0; n-- {
		last := len(g.idle) - 1
		places = append(places, g.idle[last])
		g.idle = g.idle[:last]
	}
	g.reserved = append(g.reserved, places...)
	g.fetching += len(places)
	return places
}

// settle gives the items to the first of the places, each of which ends its fetch itself, and puts the others back to
// sleep, or lets them fetch if something came meanwhile. It returns the items of those who stopped waiting. There are at
// most as many items as places.
func (g *gate) settle(places []chan handed, items []handed) (left []handed) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, bell := range slices.Backward(places) {
		waits := remove(&g.reserved, bell)
		switch {
		case i < len(items) && waits:
			bell <- items[i]
			continue
		case i < len(items):
			left = append(left, items[i])
		case !waits:
		case g.again > 0:
			g.again--
			bell <- handed{}
		case g.pay():
			bell <- handed{}
		default:
			g.idle = append(g.idle, bell)
		}
		g.fetched()
	}
	return left
}

// quit takes a sleeper out who is to stop, with what it was given before.
func (g *gate) quit(bell chan handed) handed {
	g.mu.Lock()
	defer g.mu.Unlock()
	if remove(&g.idle, bell) || remove(&g.reserved, bell) {
		return handed{}
	}
	return <-bell
}

func remove(bells *[]chan handed, bell chan handed) bool {
	i := slices.Index(*bells, bell)
	if i >= 0 {
		*bells = slices.Delete(*bells, i, i+1)
	}
	return i >= 0
}

// asks says whether acks ask for what comes next: not while stopping.
func (r *Runtime) asks(run context.Context) bool { return r.Provider.Eager() && run.Err() == nil }

// seatTurns gives turns that a call asked for to the dispatcher whose place was reserved for them, if there are any. The call began
// then, at mark.
func (r *Runtime) seatTurns(calls context.Context, p *provider.Provider, places []chan handed, turns []*provider.OrchestrationItem, began time.Time, mark uint64) {
	var items []handed
	for _, turn := range turns {
		r.instances.fetched(mark, turn.Instance)
	}
	if len(turns) > 0 {
		items = []handed{{turns: &lockedTurns{turns, began}}}
	}
	d := &dispatcher{Runtime: r, provider: p}
	for _, h := range r.turns.settle(places, items) {
		d.giveBack(calls, h.turns.items)
	}
}

// seatWorks does the same with work items and workers.
func (r *Runtime) seatWorks(calls context.Context, p *provider.Provider, places []chan handed, works []*provider.LockedWorkItem) {
	var items []handed
	for _, work := range works {
		items = append(items, handed{work: work})
	}
	r.completions.gives(works...)
	w := &worker{Runtime: r, provider: p}
	for _, h := range r.works.settle(places, items) {
		r.completions.takes(h.work)
		w.abandon(calls, h.work, provider.Abandon{IgnoreAttempt: true})
	}
}
