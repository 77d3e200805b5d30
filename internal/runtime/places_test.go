package runtime

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgbench-provider/provider"
)

// seat rests at a gate and gives what it is woken with.
func seat(ctx context.Context, g *gate) <-chan handed {
	got := make(chan handed, 1)
	idle, _ := count(g)
	g.fetches()
	go func() { got <- g.rest(ctx, make(chan handed, 1)) }()
	for {
		if now, _ := count(g); now > idle {
			return got
		}
		time.Sleep(time.Millisecond)
	}
}

func someWork() handed { return handed{work: &provider.LockedWorkItem{}} }

func TestPlacesAreGivenOrPutBack(t *testing.T) {
	t.Parallel()
	g := newGate()
	first, second := seat(t.Context(), g), seat(t.Context(), g)
	places := g.reserve(5)
	if idle, _ := count(g); len(places) != 2 || idle != 0 || g.fetching != 2 {
		t.Fatalf("%d places, %d sleep, %d fetch", len(places), idle, g.fetching)
	}
	item := someWork()
	if left := g.settle(places, []handed{item}); left != nil {
		t.Errorf("%d items are left", len(left))
	}
	if got := <-second; got != item {
		t.Errorf("the last one in got %+v", got)
	}
	if idle, _ := count(g); idle != 1 || g.fetching != 1 {
		t.Errorf("%d sleep, %d fetch, want 1 and the one that has not said found", idle, g.fetching)
	}
	g.found()
	g.wake(1)
	if got := <-first; got != (handed{}) {
		t.Errorf("the first one in got %+v", got)
	}
	if g.settle(g.reserve(0), nil); g.fetching != 0 {
		t.Errorf("%d fetch", g.fetching)
	}
}

// What comes while somebody else's call fetches may have been too late for it.
func TestPlacesLoseNoWakeUp(t *testing.T) {
	t.Parallel()
	g := newGate()
	only := seat(t.Context(), g)
	places := g.reserve(1)
	g.wake(1)
	if _, again := count(g); again != 1 {
		t.Fatalf("%d are to fetch again, want 1", again)
	}
	g.settle(places, nil)
	if got := <-only; got != (handed{}) {
		t.Errorf("got %+v", got)
	}
	if idle, again := count(g); idle != 0 || again != 0 || g.fetching != 0 {
		t.Errorf("%d sleep, %d are to fetch again, %d fetch", idle, again, g.fetching)
	}
}

func TestPlacesOfThoseWhoStop(t *testing.T) {
	t.Parallel()
	g := newGate()
	ctx, cancel := context.WithCancel(t.Context())
	only := seat(ctx, g)
	places := g.reserve(1)
	cancel()
	if got := <-only; got != (handed{}) {
		t.Errorf("got %+v", got)
	}
	item := someWork()
	if left := g.settle(places, []handed{item}); !slices.Equal(left, []handed{item}) {
		t.Errorf("%d items are left, want 1", len(left))
	}
	if idle, again := count(g); idle != 0 || again != 0 || g.fetching != 0 || len(g.reserved) != 0 {
		t.Errorf("%d sleep, %d are to fetch again, %d fetch", idle, again, g.fetching)
	}
}

// Items are made, handed over, fetched and slept for by many at once. None may be forgotten while somebody sleeps, and
// none handed out twice.
func TestPlacesInACrowd(t *testing.T) {
	t.Parallel()
	const makers, sleepers, each = 4, 3, 300
	g := newGate()
	var queue, served atomic.Int64
	take := func() bool {
		for {
			n := queue.Load()
			if n == 0 {
				return false
			}
			if queue.CompareAndSwap(n, n-1) {
				return true
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group, making sync.WaitGroup
	for range sleepers {
		group.Go(func() {
			bell := make(chan handed, 1)
			next := handed{}
			for ctx.Err() == nil {
				if next.work == nil {
					g.fetches()
					if !take() {
						next = g.rest(ctx, bell)
						continue
					}
				}
				g.found()
				next = handed{}
				if served.Add(1) == makers*each {
					cancel()
				}
			}
		})
	}
	for range makers {
		making.Go(func() {
			for range each {
				places := g.reserve(1)
				queue.Add(1)
				var items []handed
				if len(places) > 0 && take() {
					items = []handed{someWork()}
				}
				if left := g.settle(places, items); left != nil {
					t.Error("an item is left")
				}
				if len(places) == 0 {
					g.wake(1)
				}
			}
		})
	}
	making.Wait()
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Errorf("%d items of %d were served, %d wait and nobody comes", served.Load(), makers*each, queue.Load())
		cancel()
	}
	group.Wait()
	if served.Load() != makers*each || queue.Load() != 0 {
		t.Errorf("%d of %d served, %d wait", served.Load(), makers*each, queue.Load())
	}
}
