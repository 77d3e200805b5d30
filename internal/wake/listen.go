package wake

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// proof is how long an echo may take. A pooler that shares connections by transaction accepts LISTEN and delivers nothing.
	proof = 10 * time.Second
	// retryFirst and retryMost bound the pause before the next attempt to listen.
	retryFirst, retryMost = 100 * time.Millisecond, 30 * time.Second
)

func (h *Hub) run(ctx context.Context) {
	defer close(h.done)
	for pause := retryFirst; ctx.Err() == nil; pause = min(2*pause, retryMost) {
		if h.session(ctx) {
			pause = retryFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}

// session listens on one connection until that fails; false when it never heard itself.
func (h *Hub) session(ctx context.Context) (heard bool) {
	conn, err := h.config.Connect(ctx)
	if err != nil {
		return false
	}
	defer func() {
		h.listening.Store(false)
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if h.prove(ctx, conn) != nil {
		return false
	}
	h.stats.connected.Add(1)
	h.listening.Store(true)
	h.catchUp()
	for {
		if err := h.send(ctx, conn); err != nil {
			return true
		}
		n, err := h.wait(ctx, conn)
		if err != nil {
			return true
		}
		if n != "" {
			h.hear(n)
		}
	}
}

// prove listens, and hears itself.
func (h *Hub) prove(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, proof)
	defer cancel()
	h.stats.statements.Add(1)
	if _, err := conn.Exec(ctx, "listen "+pgx.Identifier{h.config.Channel}.Sanitize()); err != nil {
		return err
	}
	if err := h.notify(ctx, conn, message{from: h.me, kind: echo}); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if m, ok := parse(n.Payload); ok && m.from == h.me && m.kind == echo {
			return nil
		}
	}
}

// catchUp does what messages that nobody heard would have done.
func (h *Hub) catchUp() {
	h.mu.Lock()
	for q := range h.demands {
		h.demands[q].hungry, h.demands[q].answered = true, 0
		h.demands[q].announced = 0
		h.demands[q].announce = h.config.Idle(Queue(q))
	}
	h.mu.Unlock()
	for q := range queues {
		h.config.OnWork(Queue(q), 1)
	}
}

// send sends what there is to say, one message a queue and kind however often it was asked for.
func (h *Hub) send(ctx context.Context, conn *pgx.Conn) error {
	for q := range queues {
		h.mu.Lock()
		d := &h.demands[q]
		n, announce := d.work, d.announce && h.config.Idle(Queue(q))
		d.work, d.announce = 0, false
		h.mu.Unlock()
		if n > 0 {
			if err := h.notify(ctx, conn, message{h.me, work, Queue(q), n}); err != nil {
				return err
			}
		}
		if announce {
			if err := h.notify(ctx, conn, message{h.me, hungry, Queue(q), 0}); err != nil {
				return err
			}
		}
	}
	return nil
}

// notify commits without waiting for the disk: a message that a crash loses was for nobody.
func (h *Hub) notify(ctx context.Context, conn *pgx.Conn, m message) error {
	h.stats.statements.Add(1)
	h.stats.notified.Add(1)
	ctx, cancel := context.WithTimeout(ctx, proof) // a half-open network says nothing
	defer cancel()
	_, err := conn.Exec(ctx, "select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", h.config.Channel, m.String())
	return err
}

// wait gives the next message, or none when there is something to send.
func (h *Hub) wait(ctx context.Context, conn *pgx.Conn) (string, error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	h.mu.Lock()
	pending := false
	for q := range h.demands {
		pending = pending || h.demands[q].work > 0 || h.demands[q].announce
	}
	h.interrupt = cancel
	h.mu.Unlock()
	if pending {
		return "", nil
	}
	n, err := conn.WaitForNotification(waiting)
	if err != nil {
		if ctx.Err() == nil && waiting.Err() != nil && !conn.IsClosed() {
			return "", nil
		}
		return "", err
	}
	return n.Payload, nil
}

func (h *Hub) hear(payload string) {
	m, ok := parse(payload)
	if !ok || m.from == h.me {
		return
	}
	h.stats.heard.Add(1)
	switch m.kind {
	case work:
		h.config.OnWork(m.queue, m.n)
	case hungry:
		h.mu.Lock()
		h.demands[m.queue].heard(time.Since(h.born)) // sent before the next wait
		h.mu.Unlock()
	}
}
