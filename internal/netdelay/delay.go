package netdelay

import (
	"net"
	"time"
)

// delayed is a connection whose chunks take their time. Two goroutines carry them between the lines and the connection
// below, until Close.
type delayed struct {
	net.Conn
	out, in *line
}

// delay wraps the n-th connection of a dialer. When it fails, conn is as it was.
func delay(conn net.Conn, o Options, n uint64) (net.Conn, error) {
	out, err := newLine(o, 2*n)
	if err != nil {
		return nil, err
	}
	in, err := newLine(o, 2*n+1)
	if err != nil {
		out.close()
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetNoDelay(true) // else the kernel would add a delay of its own
	}
	d := &delayed{Conn: conn, out: out, in: in}
	go d.send()
	go d.receive()
	return d, nil
}

// send writes what is due. Its buffer holds more than a segment, so that what is due at once is written at once.
func (d *delayed) send() {
	buffer := make([]byte, 4*segment)
	for {
		n, err := d.out.take(buffer)
		if err != nil {
			return
		}
		if _, err := d.Conn.Write(buffer[:n]); err != nil {
			d.out.end(err)
			return
		}
	}
}

// receive reads ahead of Read, so that the time at which bytes arrive is known whatever the reader does.
func (d *delayed) receive() {
	buffer := make([]byte, 4*segment)
	for {
		n, err := d.Conn.Read(buffer)
		if n > 0 {
			if _, err := d.in.put(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			d.in.end(err)
			return
		}
	}
}

// Write takes b to be sent. It waits only while more is under way than a socket would hold; an error of the connection
// below shows at a later Write.
func (d *delayed) Write(b []byte) (int, error) { return d.out.put(b) }

// Read gives what is due.
func (d *delayed) Read(b []byte) (int, error) { return d.in.take(b) }

// SetDeadline, SetReadDeadline and SetWriteDeadline concern Read and Write, and wake them up; what runs below has none.
func (d *delayed) SetDeadline(t time.Time) error {
	d.out.setPutBy(t) // first: a Read that this wakes up may be followed by a Write
	d.in.setTakeBy(t)
	return nil
}

func (d *delayed) SetReadDeadline(t time.Time) error {
	d.in.setTakeBy(t)
	return nil
}

func (d *delayed) SetWriteDeadline(t time.Time) error {
	d.out.setPutBy(t)
	return nil
}

// Close ends everything at once, also what is under way.
func (d *delayed) Close() error {
	d.out.close() // first, as in SetDeadline
	d.in.close()
	return d.Conn.Close()
}
