package chaos

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A network is between our process and the server.
type network struct {
	mu    sync.Mutex
	wires map[*wire]bool
	down  error         // what a dial fails with; nil for none
	dark  chan struct{} // closed at the end of the darkness; nil in light
	lost  atomic.Int64  // replies
}

func newNetwork() *network { return &network{wires: map[*wire]bool{}} }

// dial is refused while the network is cut, and hangs while it is dark.
func (n *network) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	n.mu.Lock()
	down, dark := n.down, n.dark
	n.mu.Unlock()
	if dark != nil {
		select {
		case <-dark:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if down != nil {
		return nil, &net.OpError{Op: "dial", Net: kind, Err: down}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, kind, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, network: n}
	n.mu.Lock()
	n.wires[w] = true
	n.mu.Unlock()
	return w, nil
}

// cut breaks about this part of the connections, and refuses new ones until heal.
func (n *network) cut(r *rand.Rand, part float64, down error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	for w := range n.wires {
		if r.Float64() < part {
			w.reset()
		}
	}
}

// darken swallows what is written on the connections there are, for ever, and makes dialling hang until heal.
func (n *network) darken() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dark = make(chan struct{})
	for w := range n.wires {
		w.dark.Store(true)
	}
}

func (n *network) heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = nil
	if n.dark != nil {
		close(n.dark)
		n.dark = nil
	}
}

// loseReply breaks the connection with that local address when the reply to the next write that matches has come.
func (n *network) loseReply(local string, matches func([]byte) bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.wires {
		if w.LocalAddr().String() == local {
			w.lose.Store(&matches)
			return true
		}
	}
	return false
}

func (n *network) gone(w *wire) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.wires, w)
}

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// unnoticed is how long the server takes to notice that a connection in the dark was closed here.
const unnoticed = 700 * time.Millisecond
