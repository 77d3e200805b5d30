package runtime

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A gate lets the idle dispatchers of one queue sleep and wakes as many as there is new work for. What it avoids on both
// sides costs statements: a wake-up that is lost until the next poll, and one that finds nothing.
//
// Note: a buffered channel of tokens was tried. Its tokens outlive the work they stood for, since a busy dispatcher finds
// that work by itself, and each such token is an empty fetch later.
type gate struct {
	mu       sync.Mutex
	idle     []chan handed // sleepers; the last one in is woken first, for its connection is warm
	reserved []chan handed // sleepers for whom somebody else's call fetches
	fetching int           // dispatchers whose fetch is on its way and may have been too early, those reserved included
	again    int           // of those, how many are to fetch again instead of sleeping
	owed     int           // fetches that nobody was free for: whoever is about to sleep makes one of them instead
	stirred  bool          // there may be more than anybody here counted: nobody sleeps until a fetch finds nothing
	notes    uint64        // how often something came; at which of these owed and stirred were set last
	owing    uint64
	stirring uint64

	born  time.Time
	due   []time.Duration // since born, descending: when messages become visible
	alarm *time.Timer

	counts  bool        // who ends his work rests at once, for owed and stirred tell what is left; else he fetches again
	shared  bool        // other processes tell this one of work while somebody here sleeps, and only then
	rests   func()      // is told when somebody goes to sleep
	surplus func(n int) // is told of work that nobody here is free for
}

func newGate() *gate { return &gate{born: time.Now(), rests: func() {}, surplus: func(int) {}} }

// fetches is called before a fetch, and exactly one of found and rest after it. Between a fetch that found nothing and rest
// comes nothing, with the mark.
func (g *gate) fetches() (mark uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fetching++
	return g.notes
}

// nothing notes that a fetch found nothing, and says whether to fetch again: somebody who was woken for what came since it
// began may have taken what this fetch was for. If nothing came, all that was there is in the hands of others.
func (g *gate) nothing(mark uint64) (again bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.owing <= mark {
		g.owed = 0
	}
	if g.stirring <= mark {
		g.stirred = false
	}
	return g.notes != mark
}

// stir says that there may be more in the queue than this process knows of.
func (g *gate) stir() {
	g.mu.Lock()
	g.notes++
	g.stirred, g.stirring = g.counts, g.notes
	g.mu.Unlock()
}

// covered says whether what the queue has is known here without a fetch: what others make while nobody sleeps is not told.
func (g *gate) covered() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.shared || len(g.idle) > 0
}

// more says whether the caller is to fetch now: something is in the queue that nobody fetches.
func (g *gate) more() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pay()
}

func (g *gate) pay() bool {
	if g.owed > 0 {
		g.owed--
		return true
	}
	return g.stirred
}

func (g *gate) owe(n int) {
	if g.counts && n > 0 {
		g.owed, g.owing = g.owed+n, g.notes
	}
}

// found ends a fetch that found something, or failed.
func (g *gate) found() {
	g.mu.Lock()
	g.fetched()
	g.mu.Unlock()
}

func (g *gate) fetched() {
	g.fetching--
	g.owe(g.again - g.fetching)
	g.again = min(g.again, g.fetching)
}

// rest ends a fetch that found nothing, or that was not made. It returns when there is something to fetch, or when ctx ends. bell is the caller's own,
// with room for one. What it returns, if anything, is locked for the caller and is a fetch that [gate.found] has yet to end.
func (g *gate) rest(ctx context.Context, bell chan handed) handed {
	g.mu.Lock()
	if g.again > 0 {
		g.again--
		g.fetched()
		g.mu.Unlock()
		return handed{}
	}
	g.fetched()
	if g.pay() {
		g.mu.Unlock()
		return handed{}
	}
	g.idle = append(g.idle, bell)
	g.mu.Unlock()
	g.rests()
	select {
	case h := <-bell:
		return h
	case <-ctx.Done():
		return g.quit(bell)
	}
}

// idles says whether anybody sleeps.
func (g *gate) idles() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.idle) > 0
}

// wake says that n things can be fetched that could not before. What no dispatcher of this process is free for is told to
// others.
func (g *gate) wake(n int) {
	if left := g.call(n); left > 0 {
		g.surplus(left)
	}
}

// call wakes up to n sleepers, and has those fetch again whose fetch may have been too early. It returns for how many there
// was neither: they are fetched by those who are busy, afterwards.
func (g *gate) call(n int) (left int) {
	if n <= 0 {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notes++
	for ; n > 0 && len(g.idle) > 0; n-- {
		last := len(g.idle) - 1
		g.idle[last] <- handed{}
		g.idle = g.idle[:last]
	}
	before := g.again
	g.again = min(g.again+n, g.fetching)
	left = n - (g.again - before)
	g.owe(left)
	return left
}

// wakeIn says that something can be fetched after d.
func (g *gate) wakeIn(d time.Duration) {
	if d <= 0 {
		g.wake(1)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	at := time.Since(g.born) + d
	i, _ := slices.BinarySearchFunc(g.due, at, func(e, at time.Duration) int { return int(at - e) })
	g.due = slices.Insert(g.due, i, at)
	if i == len(g.due)-1 {
		g.setAlarm(d)
	}
}

// expect is wakeIn for what may be known already: it adds nothing if something is due by then.
func (g *gate) expect(d time.Duration) {
	g.mu.Lock()
	last := len(g.due) - 1
	known := last >= 0 && g.due[last] <= time.Since(g.born)+d
	g.mu.Unlock()
	if !known {
		g.wakeIn(d)
	}
}

// remind is wakeIn for what may be among what is due already: within two milliseconds, since times are cut to whole ones.
func (g *gate) remind(d time.Duration) {
	const near = 2 * time.Millisecond
	g.mu.Lock()
	at := time.Since(g.born) + d
	i, _ := slices.BinarySearchFunc(g.due, at+near, func(e, at time.Duration) int { return int(at - e) })
	known := i < len(g.due) && g.due[i] >= at-near
	g.mu.Unlock()
	if !known {
		g.wakeIn(d)
	}
}

func (g *gate) setAlarm(d time.Duration) {
	if g.alarm == nil {
		g.alarm = time.AfterFunc(d, g.ring)
		return
	}
	g.alarm.Reset(d)
}

// ring wakes a dispatcher for everything that is due.
func (g *gate) ring() {
	g.mu.Lock()
	now, n := time.Since(g.born), 0
	for last := len(g.due) - 1; last >= 0 && g.due[last] <= now; last-- {
		g.due, n = g.due[:last], n+1
	}
	if last := len(g.due) - 1; last >= 0 {
		g.setAlarm(g.due[last] - now)
	}
	g.mu.Unlock()
	g.wake(n)
}

// close forgets what is due, so that no alarm keeps the gate alive.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.due = nil
	if g.alarm != nil {
		g.alarm.Stop()
	}
}
