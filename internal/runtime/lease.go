package runtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"pgbench-provider/provider"
)

// A lease is an activity's lock, renewed at half its life for as long as the activity runs. Its ctx ends with it.
type lease struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	worker *worker
	calls  context.Context
	token  provider.LockToken

	mu    sync.Mutex // held while renewing, as the worker's observer is not for two at once
	timer *time.Timer
	ended bool
	lost  bool
}

// hold begins a lease. A goroutine exists only while it is renewed: most activities never get there.
func (w *worker) hold(run, calls context.Context, token provider.LockToken) *lease {
	l := &lease{worker: w, calls: calls, token: token}
	l.ctx, l.cancel = context.WithCancelCause(run)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(w.WorkLockTimeout/2, l.renew)
	return l
}

func (l *lease) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.worker.giveBack(l.calls) // this activity takes long
	err := l.worker.provider.RenewWorkItemLock(l.calls, l.token, l.worker.WorkLockTimeout)
	switch {
	case err == nil:
		l.timer.Reset(l.worker.WorkLockTimeout / 2)
	case errors.Is(err, provider.ErrLockLost):
		l.lost = true
		l.cancel(err)
	default:
		l.worker.report(err)
		l.timer.Reset(l.worker.WorkLockTimeout / 8)
	}
}

// end stops renewing, waits for one that is on its way, and says whether the lock was found lost.
func (l *lease) end() (lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.timer.Stop()
	l.cancel(nil)
	return l.lost
}
