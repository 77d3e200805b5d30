package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// goesOn is how long after an outage the first ack is waited for; that none comes by then is a violation of its own.
const goesOn = time.Minute

// recovers ends an outage and measures how long it takes until the first ack after it.
// After a restart what the old server had answered does not count.
func (w *world) recovers(ctx context.Context, name string, restart bool, end func() error) error {
	acked := w.record.nextAck(restart)
	if err := end(); err != nil {
		return err
	}
	back := time.Now()
	select {
	case at := <-acked:
		took := max(0, at.Sub(back))
		w.result.Recoveries[name] = append(w.result.Recoveries[name], took)
		w.Log(fmt.Sprintf("seed %d: %s: the first ack came %v after its end", w.Seed, name, took.Round(time.Millisecond)))
	case <-ctx.Done():
	case <-time.After(goesOn):
		w.violate("nothing went on within %v after %s", goesOn, name)
	}
	return nil
}

// cut resets connections and refuses new ones for a while.
func cut(ctx context.Context, w *world, r *rand.Rand) error {
	down := []error{syscall.ECONNREFUSED, syscall.ENETUNREACH, syscall.ECONNRESET}[r.IntN(3)]
	part := []float64{0.3, 1}[r.IntN(2)]
	w.network.cut(r, part, down)
	pause(ctx, between(r, 10, 1200))
	return w.recovers(ctx, "cut", false, func() error { w.network.heal(); return nil })
}

// halfOpen swallows what is sent: nobody is told.
func halfOpen(ctx context.Context, w *world, r *rand.Rand) error {
	w.network.darken()
	pause(ctx, between(r, 10, 1200))
	return w.recovers(ctx, "half-open", false, func() error { w.network.heal(); return nil })
}

// lostReply cuts the connection when the reply to some acks has come, and before anybody has read it.
func lostReply(ctx context.Context, w *world, r *rand.Rand) error {
	w.armed.Store(int64(1 + r.IntN(6)))
	pause(ctx, between(r, 100, 500))
	w.armed.Store(0)
	return nil
}

// poolEmpty takes the connections of one process, or of all, away.
func poolEmpty(ctx context.Context, w *world, r *rand.Rand) error {
	taking, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var taken []*pgxpool.Conn
	defer func() {
		for _, c := range taken {
			c.Release()
		}
	}()
	for _, p := range w.processes[r.IntN(len(w.processes)):] {
		for range poolSize {
			c, err := p.pool.Acquire(taking)
			if err != nil {
				break
			}
			taken = append(taken, c)
		}
	}
	pause(ctx, between(r, 100, 3500))
	return nil
}
