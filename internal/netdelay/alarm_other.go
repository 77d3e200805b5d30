//go:build !linux

package netdelay

import (
	"sync"
	"time"
)

// An alarm wakes one goroutine at a time that may be changed while it waits. The runtime's timers serve for it here: on
// the BSDs, macOS and Windows the system call that they wait in takes less than a millisecond.
type alarm struct {
	timer  *time.Timer
	closed chan struct{}
	once   sync.Once
}

func newAlarm() (*alarm, error) {
	return &alarm{timer: time.NewTimer(never), closed: make(chan struct{})}, nil
}

// set makes wait return after d: at once for 0 or less, not at all for never.
func (a *alarm) set(d time.Duration) { a.timer.Reset(d) }

// wait returns when the alarm goes off, and when it is closed.
func (a *alarm) wait() {
	select {
	case <-a.timer.C:
	case <-a.closed:
	}
}

func (a *alarm) close() { a.once.Do(func() { close(a.closed); a.timer.Stop() }) }
