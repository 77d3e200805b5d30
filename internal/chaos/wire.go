package chaos

import (
	"net"
	"sync/atomic"
	"time"
)

// A wire is a connection that can be broken.
type wire struct {
	net.Conn
	network *network
	dark    atomic.Bool
	broken  atomic.Bool
	doomed  atomic.Bool
	lose    atomic.Pointer[func([]byte) bool]
}

// reset breaks the connection as a RST does: both sides notice at once.
func (w *wire) reset() {
	w.broken.Store(true)
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = w.Conn.Close()
}

func (w *wire) Write(b []byte) (int, error) {
	if w.dark.Load() {
		return len(b), nil
	}
	if matches := w.lose.Load(); matches != nil && (*matches)(b) {
		w.lose.Store(nil)
		w.doomed.Store(true)
	}
	n, err := w.Conn.Write(b)
	if err != nil && w.broken.Load() {
		err = errReset
	}
	return n, err
}

// Read gives nothing in the dark, but heeds deadlines.
func (w *wire) Read(b []byte) (int, error) {
	for {
		n, err := w.Conn.Read(b)
		switch {
		case err != nil && w.broken.Load():
			return 0, errReset
		case err == nil && w.dark.Load():
			continue
		case err == nil && w.doomed.Load():
			w.network.lost.Add(1)
			w.reset()
			return 0, errReset
		}
		return n, err
	}
}

// Close reaches the server late when the network is dark.
func (w *wire) Close() error {
	w.network.gone(w)
	if w.dark.Load() {
		time.AfterFunc(unnoticed, func() { _ = w.Conn.Close() })
		return nil
	}
	return w.Conn.Close()
}
