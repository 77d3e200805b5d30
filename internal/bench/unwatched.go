package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// An unwatched context tells of its end by Err alone. The driver watches the Done of every call's context, which costs two
// allocations and a lock, a twelfth of the client's work for a small statement; what a watched context would break off,
// [lines.cut] does.
type unwatched struct{ context.Context }

// Done is nil: it never tells.
func (unwatched) Done() <-chan struct{} { return nil }

// lines are the connections of a cell, also those that were closed: a pool that keeps its connections opens few.
type lines struct {
	mu      sync.Mutex
	all     []net.Conn
	redials func(error) // told when another is opened; nil is nobody
}

// errRedial is what a round ends with in which a connection had to be opened, since all of a pool's are open before it.
var errRedial = fmt.Errorf("a connection was lost: %w", io.ErrUnexpectedEOF)

// watch gives a context that ends when a connection is lost and replaced: what waits for an answer that went with it, and
// that nobody repeats, waits no longer.
func (l *lines) watch(ctx context.Context) (watched context.Context, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	set := func(redials func(error)) {
		l.mu.Lock()
		l.redials = redials
		l.mu.Unlock()
	}
	set(cancel)
	return watched, func() { set(nil); cancel(nil) }
}

// dialer keeps account of what dial opens.
func (l *lines) dialer(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		l.mu.Lock()
		if l.redials != nil {
			l.redials(errRedial)
		}
		l.mu.Unlock()
		conn, err := dial(ctx, network, address)
		if err == nil {
			l.mu.Lock()
			l.all = append(l.all, conn)
			l.mu.Unlock()
		}
		return conn, err
	}
}

// grace is what calls under way are given to end by themselves.
const grace = time.Second

// cutAfter closes all connections some time after ctx has ended, so that no call holds up a cancelled run. The function it
// gives takes that back.
func (l *lines) cutAfter(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		select {
		case <-ctx.Done():
		case <-done:
			return
		}
		select {
		case <-time.After(grace):
			l.cut()
		case <-done:
		}
	})
	return func() {
		close(done)
		group.Wait()
	}
}

func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.all {
		_ = conn.Close()
	}
}
