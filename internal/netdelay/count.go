package netdelay

import (
	"net"
	"sync/atomic"

	"pgbench-provider/provider"
)

// A Counter counts what crosses a connection. It implements [provider.WireCounter]. Reading, writing and asking may
// happen in different goroutines: pgx reads in the background while a write takes long.
//
// A round trip is counted when the first bytes arrive after a write, however many writes and reads the question and the
// answer take. What the server sends unasked is none. One case counts too many: under TLS a flush is several writes, and
// when the server answers the beginning of one before its end is written (only a flush of megabytes takes that long),
// every change of direction counts.
type Counter struct {
	net.Conn
	asked                         atomic.Bool // written to since the last answer
	roundTrips, bytesOut, bytesIn atomic.Uint64
}

var _ provider.WireCounter = (*Counter)(nil)

// Write counts bytes, and remembers that an answer is awaited. It does so before it writes, since the answer may be read
// before the write returns.
func (c *Counter) Write(b []byte) (int, error) {
	c.asked.Store(true)
	n, err := c.Conn.Write(b)
	c.bytesOut.Add(uint64(n))
	return n, err
}

// Read counts bytes, and the round trip that the first of them end.
func (c *Counter) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.bytesIn.Add(uint64(n))
		if c.asked.Load() && c.asked.Swap(false) {
			c.roundTrips.Add(1)
		}
	}
	return n, err
}

// NetConn gives the connection below.
func (c *Counter) NetConn() net.Conn { return c.Conn }

// Wire gives the counts since the connection was opened.
func (c *Counter) Wire() provider.Wire {
	return provider.Wire{RoundTrips: c.roundTrips.Load(), BytesOut: c.bytesOut.Load(), BytesIn: c.bytesIn.Load()}
}
