package pooler

import (
	"encoding/binary"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// writer is the client's side of a connection.
type writer struct {
	*session
	to   io.Writer
	rest []byte // of a message that is not complete yet
}

// Write sends the complete messages that it has, each with what belongs before it.
func (w *writer) Write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	var out []byte
	for size := w.complete(); size > 0 && err == nil; size = w.complete() {
		out, err = w.message(out, w.rest[:size])
		w.rest = w.rest[size:]
	}
	if err == nil && len(out) > 0 {
		_, err = w.to.Write(out)
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// complete is the size of the first message, 0 until all of it is there.
func (w *writer) complete() int {
	kind := 1
	if !w.started {
		kind = 0 // the startup message has no type
	}
	if len(w.rest) < kind+4 {
		return 0
	}
	size := kind + int(binary.BigEndian.Uint32(w.rest[kind:]))
	if len(w.rest) < size {
		return 0
	}
	return size
}

// reader is the server's side.
type reader struct {
	*session
	from   io.Reader
	in     []byte // of a message whose beginning is not complete yet
	out    []byte // what the client has not read yet
	body   int    // bytes that are still to come of a message
	hidden bool   // that message is not the client's
	unit   unit
	within bool // an answer has begun

	refused bool   // that message says that the settings could not be set
	problem []byte // its body
}

// Read gives what the server says, without the answers to what the client did not ask. When the settings of the session
// were refused, it ends with the server's error.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.refused && r.body == 0 {
			return 0, r.refusal()
		}
		n, err := r.from.Read(p)
		r.in = append(r.in, p[:n]...)
		r.parse()
		if err != nil && len(r.out) == 0 {
			return 0, err
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

func (r *reader) refusal() error {
	var m pgproto3.ErrorResponse
	if err := m.Decode(r.problem); err != nil {
		return err
	}
	return pgconn.ErrorResponseToPgError(&m)
}

// parse moves what has come from in to out, or throws it away.
func (r *reader) parse() {
	for len(r.in) > 0 && (!r.refused || r.body > 0) {
		if r.body > 0 {
			n := min(r.body, len(r.in))
			r.pass(n)
			r.body -= n
			continue
		}
		head := 5
		if r.in[0] == 'Z' {
			head = 6 // with the state of the transaction
		}
		if len(r.in) < head {
			return
		}
		r.body = 1 + int(binary.BigEndian.Uint32(r.in[1:])) - head
		r.next(r.in[0], r.in[5:head])
		if r.refused {
			r.in = r.in[head:]
			continue
		}
		r.pass(head)
	}
}

func (r *reader) pass(n int) {
	switch {
	case r.refused && r.body > 0:
		r.problem = append(r.problem, r.in[:n]...)
	case !r.hidden:
		r.out = append(r.out, r.in[:n]...)
	}
	r.in = r.in[n:]
}

// next decides whose a message is.
func (r *reader) next(kind byte, state []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hidden = false
	if kind == 'N' || kind == 'A' || kind == 'S' { // notices, notifications and parameters come at any time
		return
	}
	if !r.within && len(r.units) > 0 {
		r.within, r.unit, r.units = true, r.units[0], r.units[1:]
	}
	r.hidden = r.unit == prefixed || r.unit == ours
	switch {
	case kind == 'Z':
		r.hidden = r.unit == ours // the client waits for its own, whatever its text made of ours
		r.inBlock = state[0] != 'I'
		r.within, r.unit = false, untouched
	case kind == 'E' && r.unit == ours:
		r.refused = true
	case kind == 'E':
		r.hidden, r.unit = false, untouched
	case kind == 'C' && r.unit == prefixed:
		r.unit = untouched
	case kind == 'C' && r.unit == suffixed:
		r.unit = prefixed
	}
}
