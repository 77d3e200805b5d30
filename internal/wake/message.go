package wake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A Queue is one of the two that processes wait for.
type Queue int

// The queues.
const (
	Turns  Queue = iota // the orchestrator queue
	Works               // the worker queue
	queues int   = iota
)

// Channel is the channel of a schema: the same for all its processes, another for every other schema, and a name that needs
// no more than 63 bytes.
func Channel(schema string) string {
	sum := sha256.Sum256([]byte(schema))
	return "pgbench_provider_" + hex.EncodeToString(sum[:12])
}

// What a message says.
const (
	hungry = "hungry" // a dispatcher of the queue sleeps
	work   = "work"   // so many things can be fetched
	echo   = "echo"   // for the sender alone: it is connected to what it listens to
)

type message struct {
	from  string // the process
	kind  string
	queue Queue
	n     int
}

func (m message) String() string { return fmt.Sprintf("%s %s %d %d", m.from, m.kind, m.queue, m.n) }

// parse reads a message; false for what is none, since anybody may notify a channel.
func parse(s string) (m message, ok bool) {
	n, err := fmt.Sscanf(s, "%s %s %d %d", &m.from, &m.kind, &m.queue, &m.n)
	ok = err == nil && n == 4 && m.queue >= 0 && int(m.queue) < queues && m.n >= 0 && m.n < 1<<20 && strings.Count(s, " ") == 3
	return m, ok && (m.kind == hungry || m.kind == work || m.kind == echo)
}
