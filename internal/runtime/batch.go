package runtime

import (
	"context"
	"errors"
	"time"

	"pgbench-provider/provider"
)

// begin begins a fetch, which settled or gate.rest ends.
func (w *worker) begin() {
	w.mark = w.works.fetches()
	w.fetching = true
}

func (w *worker) settled() {
	if w.fetching {
		w.works.found()
		w.fetching = false
	}
}

// take is given what a fetch that began at that time brought, or what another worker's fetch did.
func (w *worker) take(at time.Time, items ...*provider.LockedWorkItem) {
	w.next, w.locked, w.fetching = items, at, true
}

// fetch gives the next of what was taken, or fetches if there may be something to fetch. It gives nil where there is nothing
// known: a worker that fetches after each ack finds nothing more often than not.
func (w *worker) fetch(calls context.Context) (*provider.LockedWorkItem, error) {
	idle := w.idle
	w.idle = false
	if item := w.pop(calls); item != nil {
		return item, nil
	}
	if idle {
		return nil, provider.ErrNoWork
	}
	w.begin()
	if !w.called && w.works.covered() {
		return nil, nil
	}
	item, err := w.fetchOne(calls)
	w.called = err != nil
	return item, err
}

func (w *worker) fetchOne(calls context.Context) (*provider.LockedWorkItem, error) {
	if w.WorkBatch == 1 {
		return w.provider.FetchWorkItem(calls, w.WorkLockTimeout)
	}
	return w.fetchBatch(calls)
}

// fetchBatch fetches for the sleepers of this process too: they begin at once, and what is left waits for this worker.
func (w *worker) fetchBatch(calls context.Context) (*provider.LockedWorkItem, error) {
	places := w.works.reserve(w.WorkBatch - 1)
	began := time.Now()
	items, err := w.provider.FetchWorkItems(calls, w.WorkLockTimeout, w.WorkBatch)
	given := min(len(places), len(items)-1)
	if err != nil {
		w.seatWorks(calls, w.provider, places, nil)
		return nil, err
	}
	w.next, w.locked = items[1+given:], began
	w.completions.gives(w.next...)
	w.seatWorks(calls, w.provider, places, items[1:1+given])
	return items[0], nil
}

// pop gives the next of what was taken. One that has waited long is renewed first, and left to others if that was too long.
func (w *worker) pop(calls context.Context) *provider.LockedWorkItem {
	for len(w.next) > 0 {
		item := w.next[0]
		w.next = w.next[1:]
		w.completions.takes(item)
		if time.Since(w.locked) < w.WorkLockTimeout/4 {
			return item
		}
		err := w.provider.RenewWorkItemLock(calls, item.LockToken, w.WorkLockTimeout)
		if err == nil {
			return item
		}
		if w.counters.lost.Add(1); !errors.Is(err, provider.ErrLockLost) {
			w.report(err)
		}
	}
	return nil
}

// giveBack gives back what was taken and not begun: others may have time for it.
func (w *worker) giveBack(calls context.Context) {
	items := w.next
	w.next = nil
	for _, item := range items {
		w.completions.takes(item)
		w.abandon(calls, item, provider.Abandon{IgnoreAttempt: true})
	}
}
