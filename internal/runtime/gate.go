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

	born  time.Time
	due   []time.Duration // since born, descending: when messages become visible
	alarm *time.Timer
}

func newGate() *gate { return &gate{born: time.Now()} }

// fetches is called before a fetch, and exactly one of found and rest after it.
func (g *gate) fetches() {
	g.mu.Lock()
	g.fetching++
	g.mu.Unlock()
}

// found ends a fetch after which the caller will fetch again of its own accord.
func (g *gate) found() {
	g.mu.Lock()
	g.fetched()
	g.mu.Unlock()
}

func (g *gate) fetched() {
	g.fetching--
	g.again = min(g.again, g.fetching)
}

// rest ends a fetch that found nothing. It returns when there is something new, when patience has passed, or when ctx
// ends. bell is the caller's own, with room for one. What it returns, if anything, is locked for the caller and is a fetch
// that [gate.found] has yet to end.
func (g *gate) rest(ctx context.Context, bell chan handed, patience *time.Timer, d time.Duration) handed {
	g.mu.Lock()
	if g.again > 0 {
		g.again--
		g.fetched()
		g.mu.Unlock()
		return handed{}
	}
	g.fetched()
	g.idle = append(g.idle, bell)
	g.mu.Unlock()
	patience.Reset(d)
	defer patience.Stop()
	for {
		select {
		case h := <-bell:
			return h
		case <-patience.C:
			if g.leave(bell) {
				return handed{}
			}
			patience.Reset(d) // somebody fetches for it at this moment, or has rung
		case <-ctx.Done():
			return g.quit(bell)
		}
	}
}

// leave takes a sleeper out who woke up by itself; false when it is no longer its own master.
func (g *gate) leave(bell chan handed) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return remove(&g.idle, bell)
}

// wake says that n things can be fetched that could not before.
func (g *gate) wake(n int) {
	if n <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for ; n > 0 && len(g.idle) > 0; n-- {
		last := len(g.idle) - 1
		g.idle[last] <- handed{}
		g.idle = g.idle[:last]
	}
	g.again = min(g.again+n, g.fetching)
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
