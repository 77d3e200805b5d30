package netdelay

import (
	"context"
	"runtime"
	"time"
)

// A Waiter waits for moments as exactly as delayed connections do. It belongs to one goroutine and must be closed.
type Waiter struct{ alarm *alarm }

// NewWaiter fails where the system refuses a timer.
func NewWaiter() (*Waiter, error) {
	a, err := newAlarm()
	return &Waiter{a}, err
}

// glance is how long Until may take to see that its context has ended.
const glance = 50 * time.Millisecond

// Until returns at t, at once if t has passed, or with the cause of ctx when that ends.
func (w *Waiter) Until(ctx context.Context, t time.Time) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch left := time.Until(t); {
		case left <= 0:
			return nil
		case left <= lead:
			runtime.Gosched()
		default:
			w.alarm.set(min(left-lead, glance))
			w.alarm.wait()
		}
	}
}

// Close frees the timer.
func (w *Waiter) Close() { w.alarm.close() }
