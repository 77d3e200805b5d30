package netdelay

import "time"

// A chunk is bytes that arrive together. One with an error is the last and has no bytes.
type chunk struct {
	data []byte
	rest []byte // of data, not yet taken
	due  time.Time
	err  error
}

// A queue holds chunks in the order in which they are due, and reuses its memory.
type queue struct {
	chunks []chunk
	first  int // those before are taken
	bytes  int // not yet taken, counted by whole chunks
	spare  [][]byte
}

// spares is how many buffers a queue keeps: a dialogue needs one or two, a pipeline gets by with allocating.
const spares = 16

func (q *queue) len() int     { return len(q.chunks) - q.first }
func (q *queue) head() *chunk { return &q.chunks[q.first] }

func (q *queue) push(data []byte, err error, due time.Time) {
	var kept []byte
	if last := len(q.spare) - 1; last >= 0 && len(data) > 0 {
		kept, q.spare = q.spare[last], q.spare[:last]
	}
	kept = append(kept, data...)
	q.bytes += len(kept)
	q.chunks = append(q.chunks, chunk{kept, kept, due, err})
}

// take fills p with what is due at now. It gives the error of the last chunk once all before it is taken, and keeps that
// chunk.
func (q *queue) take(p []byte, now time.Time) (n int, err error) {
	for n < len(p) && q.len() > 0 {
		c := q.head()
		if now.Before(c.due) {
			break
		}
		if c.err != nil {
			if n == 0 {
				err = c.err
			}
			break
		}
		taken := copy(p[n:], c.rest)
		n += taken
		if c.rest = c.rest[taken:]; len(c.rest) > 0 {
			break
		}
		q.drop()
	}
	return n, err
}

func (q *queue) drop() {
	data := q.head().data
	q.bytes -= len(data)
	if len(q.spare) < spares {
		q.spare = append(q.spare, data[:0])
	}
	*q.head() = chunk{}
	q.first++
	if 2*q.first >= len(q.chunks) { // moving no more than was taken: constant cost by chunk
		q.chunks = q.chunks[:copy(q.chunks, q.chunks[q.first:])]
		q.first = 0
	}
}
