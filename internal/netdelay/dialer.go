package netdelay

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Options say what to add to a connection. The zero value only counts. Negative values are taken as 0.
type Options struct {
	RTT            time.Duration // added to every round trip, half of it on the way there and half on the way back
	Jitter         time.Duration // added on top of RTT: uniformly from 0 to this, half of it in each direction
	Seed           uint64        // of the jitter; the n-th connection of a dialer draws from a stream of its own
	BytesPerSecond int64         // of each direction of each connection; 0 is no limit
	// Paused, while it is true, keeps everything but counting from happening: for what is not measured. Nil is never.
	Paused *atomic.Bool
}

func (o Options) paused() bool { return o.Paused != nil && o.Paused.Load() }

func (o Options) delays() bool { return o.RTT > 0 || o.Jitter > 0 || o.BytesPerSecond > 0 }

// Dialer gives a dial function whose connections are [Counter]s and, if o says so, delayed; dialling then costs one RTT
// more, as the handshake of TCP does. base dials; nil is a net.Dialer with a keep-alive of five minutes, which is what
// pgx has. The function is safe for concurrent use and returns base's errors as they are, and the context's when
// that ends first.
//
// A delayed connection drops what is still under way when it is closed.
func Dialer(base pgconn.DialFunc, o Options) pgconn.DialFunc {
	if base == nil {
		base = (&net.Dialer{KeepAlive: 5 * time.Minute}).DialContext
	}
	var dialled atomic.Uint64
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := base(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if !o.delays() {
			return &Counter{Conn: conn}, nil
		}
		if !o.paused() {
			if err := shakeHands(ctx, o.RTT); err != nil {
				_ = conn.Close()
				return nil, err
			}
		}
		late, err := delay(conn, o, dialled.Add(1))
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("delay the connection to %s: %w", address, err)
		}
		return &Counter{Conn: late}, nil
	}
}

// shakeHands need not be exact: nobody times a dial.
func shakeHands(ctx context.Context, rtt time.Duration) error {
	timer := time.NewTimer(rtt)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
