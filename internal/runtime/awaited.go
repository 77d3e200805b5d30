package runtime

import "sync"

// awaited holds, by instance, who waits in this process, and how those ended that this process started.
type awaited struct {
	mu       sync.Mutex
	entries  map[string]*wait
	finished []*wait // a ring of those that ended, from next on the oldest
	next     int
}

type wait struct {
	instance string
	done     chan struct{} // closed when result is set
	result   Result
	expected bool // started by this process
	waiters  int
}

// remembered bounds the ends that are kept for an Await that comes later, or never. A later one asks the database.
const remembered = 4096

func newAwaited() *awaited { return &awaited{entries: map[string]*wait{}} }

func (a *awaited) entry(instance string) *wait {
	w := a.entries[instance]
	if w == nil {
		w = &wait{instance: instance, done: make(chan struct{})}
		a.entries[instance] = w
	}
	return w
}

// expect notes that this process starts the instance.
func (a *awaited) expect(instance string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.entries[instance]; w != nil && w.ended() {
		delete(a.entries, instance) // the id may have been deleted and be used again
	}
	a.entry(instance).expected = true
}

// forget takes back what expect noted, for a start that failed.
func (a *awaited) forget(instance string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if w := a.entries[instance]; w != nil && !w.ended() {
		w.expected = false
		a.drop(w)
	}
}

// join begins to wait, and says whether there is no need to ask the database first.
func (a *awaited) join(instance string) (w *wait, expected bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w = a.entry(instance)
	w.waiters++
	return w, w.expected || w.ended()
}

func (a *awaited) leave(w *wait) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.waiters--
	a.drop(w)
}

// drop removes what nobody needs. Those that ended leave by the ring.
func (a *awaited) drop(w *wait) {
	if w.waiters == 0 && !w.expected && !w.ended() && a.entries[w.instance] == w {
		delete(a.entries, w.instance)
	}
}

func (w *wait) ended() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// deliver tells those who wait for the instance, and those who will.
func (a *awaited) deliver(instance string, r Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.entries[instance]
	if w == nil || w.ended() {
		return
	}
	w.result = r
	close(w.done)
	if len(a.finished) < remembered {
		a.finished = append(a.finished, w)
		return
	}
	old := a.finished[a.next]
	if a.entries[old.instance] == old {
		delete(a.entries, old.instance)
	}
	a.finished[a.next] = w
	a.next = (a.next + 1) % remembered
}
