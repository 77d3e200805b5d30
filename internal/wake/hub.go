package wake

import (
	"context"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config is what a [Hub] is made of.
type Config struct {
	// Connect makes a connection that is the hub's alone. Required.
	Connect func(context.Context) (*pgx.Conn, error)
	// Channel is what the processes of one schema share: [Channel]. Required.
	Channel string
	// Idle says whether a dispatcher of the queue sleeps in this process. It must not block. Required.
	Idle func(Queue) bool
	// OnWork is told that so many things can be fetched from a queue, and of 1 in each when messages may have been missed.
	// It must not block. Required.
	OnWork func(q Queue, n int)
}

// Stats count what a hub did since it was opened.
type Stats struct {
	Statements int64 // all that it sent: to listen, to notify, and to prove that notifications arrive
	Notified   int64 // messages sent
	Heard      int64 // messages of other processes
	Connected  int64 // times that it could listen
}

// A Hub is one process's ear and mouth. It is safe for concurrent use.
type Hub struct {
	config Config
	me     string
	born   time.Time
	stop   context.CancelFunc
	done   chan struct{}

	listening atomic.Bool
	stats     struct{ statements, notified, heard, connected atomic.Int64 }

	mu        sync.Mutex
	demands   [queues]demand
	interrupt context.CancelFunc // ends the wait for a message
	timer     *time.Timer        // for an announcement that came too early
	closed    bool
}

// Open begins to listen, in the background: it returns at once. The hub lives until [Hub.Close].
func Open(c Config) *Hub {
	ctx, stop := context.WithCancel(context.Background())
	h := &Hub{config: c, me: rand.Text()[:12], born: time.Now(), stop: stop, done: make(chan struct{}), interrupt: func() {}}
	for q := range h.demands {
		h.demands[q].hungry = true // who was there before does not say it again
	}
	go h.run(ctx)
	return h
}

// Close ends the connection and waits for that. What was not sent is not sent any more.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	if h.timer != nil {
		h.timer.Stop()
	}
	h.mu.Unlock()
	h.stop()
	<-h.done
}

// Listening says whether messages of others arrive at present. If not, they must be polled for.
func (h *Hub) Listening() bool { return h.listening.Load() }

// Stats gives the counts so far.
func (h *Hub) Stats() Stats {
	s := &h.stats
	return Stats{s.statements.Load(), s.notified.Load(), s.heard.Load(), s.connected.Load()}
}

// Made says that n things can be fetched from q that no dispatcher of this process is free for.
func (h *Hub) Made(q Queue, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.demands[q].made(n, time.Since(h.born)) {
		h.interrupt()
	}
}

// Rests says that a dispatcher of q in this process has gone to sleep.
func (h *Hub) Rests(q Queue) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rests(q)
}

func (h *Hub) rests(q Queue) {
	later := h.demands[q].rests(time.Since(h.born))
	switch {
	case h.closed:
	case later == 0:
		h.interrupt()
	case h.timer == nil:
		h.timer = time.AfterFunc(later, h.again)
	default:
		h.timer.Reset(later)
	}
}

// again says what came too early, if it still holds.
func (h *Hub) again() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for q := range h.demands {
		if h.demands[q].late && h.config.Idle(Queue(q)) {
			h.rests(Queue(q))
		}
	}
}
