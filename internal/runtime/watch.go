package runtime

import (
	"context"
	"math/rand/v2"
	"time"

	"pgbench-provider/internal/wake"
	"pgbench-provider/provider"
)

// listenedPoll and longestPoll bound how long a process whose dispatchers sleep relies on what it hears from others, and on
// nothing.
const (
	listenedPoll = 5 * time.Second
	longestPoll  = 1500 * time.Millisecond
)

// watcher looks after what no dispatcher of this process is woken for: what other processes made, what they never finished,
// and timers of theirs. It asks one question for both queues, and only while somebody sleeps.
type watcher struct {
	*Runtime
	provider *provider.Provider
	asleep   chan struct{} // somebody has gone to sleep
}

func (r *Runtime) newWatcher() *watcher {
	w := &watcher{Runtime: r, provider: r.observed(), asleep: make(chan struct{}, 1)}
	rests := func(q wake.Queue) func() {
		return func() {
			select {
			case w.asleep <- struct{}{}:
			default:
			}
			if r.hub != nil {
				r.hub.Rests(q)
			}
		}
	}
	r.turns.rests, r.works.rests = rests(wake.Turns), rests(wake.Works)
	if r.hub != nil {
		r.turns.surplus = func(n int) { r.hub.Made(wake.Turns, n) }
		r.works.surplus = func(n int) { r.hub.Made(wake.Works, n) }
	}
	return w
}

// loop polls after IdleSleep, and after twice that and so on while it finds nothing that somebody should have been woken for.
func (w *watcher) loop(run, calls context.Context) {
	for pause := w.IdleSleep; ; {
		select {
		case <-run.Done():
			return
		case <-w.asleep:
		}
		for w.turns.idles() || w.works.idles() {
			if !sleep(run, pause/2+rand.N(pause)) {
				return
			}
			if w.look(calls) {
				pause = w.IdleSleep
			} else {
				pause = min(2*pause, max(w.IdleSleep, w.longest()))
			}
		}
	}
}

func (w *watcher) longest() time.Duration {
	if w.hub != nil && w.hub.Listening() {
		return listenedPoll
	}
	return longestPoll
}

// look wakes a sleeper for what can be fetched, now or when it is due, and says whether somebody slept who should not have.
func (w *watcher) look(calls context.Context) (missed bool) {
	w.counters.polls.Add(1)
	next, err := w.provider.NextVisible(calls)
	if err != nil {
		w.report(err)
		return false
	}
	for _, q := range []struct {
		gate *gate
		has  bool
		in   time.Duration
	}{{w.turns, next.HasTurn, next.Turn}, {w.works, next.HasWork, next.Work}} {
		switch {
		case !q.has || !q.gate.idles():
		case q.in <= 0:
			missed = true
			q.gate.stir()
			q.gate.call(1)
		default:
			q.gate.expect(q.in)
		}
	}
	return missed
}

// idles says whether a dispatcher of a queue sleeps.
func (r *Runtime) idles(q wake.Queue) bool {
	if q == wake.Turns {
		return r.turns.idles()
	}
	return r.works.idles()
}

// heard wakes sleepers for what another process has made.
func (r *Runtime) heard(q wake.Queue, n int) {
	g := r.works
	if q == wake.Turns {
		g = r.turns
	}
	g.stir()
	g.call(n)
}
