package provider

import (
	"errors"
	"sync/atomic"
	"time"
)

// lookBack bounds where the fetches of one queue begin: a little before what the last of them found. What was finished before
// that is dead rows, which a server cannot forget, and each fetch would walk over, as long as any transaction may still see
// them. Nothing is missed: a fetch that finds nothing there looks at everything, and so does one a second.
type lookBack struct {
	span int64 // milliseconds; 0 for no bound

	from atomic.Int64 // 0 for everything
	full atomic.Int64 // when to look at everything next
}

// fullEvery is how many milliseconds later what came late is found at the latest, however much is newer.
const fullEvery = 1000

func newLookBack(span time.Duration) *lookBack { return &lookBack{span: millis(span)} }

// at is where a fetch at now begins.
func (b *lookBack) at(now int64) int64 {
	if b.span == 0 {
		return 0
	}
	if full := b.full.Load(); now >= full || now < full-fullEvery { // or the clock was set back
		b.full.Store(now + fullEvery)
		return 0
	}
	return max(0, min(b.from.Load(), now))
}

// fetched notes that a fetch found nothing: what comes is newer.
func (b *lookBack) fetched(l Lock, err error) {
	if errors.Is(err, ErrNoWork) {
		b.found(&l, l.Now)
	}
}

// found notes what a fetch under l has locked. It moves the bound on only if that is still where the fetch began: others have
// lowered it for what this one did not look for.
func (b *lookBack) found(l *Lock, visibleAt int64) {
	if b.span == 0 {
		return
	}
	to := max(0, visibleAt-b.span)
	for from := b.from.Load(); to < from || from == l.From; from = b.from.Load() {
		if b.from.CompareAndSwap(from, to) {
			return
		}
	}
}

// sent notes that something is visible since then, of what this process has itself sent or given back.
func (b *lookBack) sent(visibleAt int64) {
	for from := b.from.Load(); visibleAt < from && !b.from.CompareAndSwap(from, visibleAt); from = b.from.Load() {
	}
}

// all begins the next fetch at the beginning.
func (b *lookBack) all() { b.from.Store(0) }
