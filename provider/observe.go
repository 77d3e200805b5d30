package provider

import (
	"net"
	"time"

	"github.com/jackc/pgx/v5"
)

// An Outcome says how an operation ended, as far as measurement is concerned. A fetch that found nothing does other
// work than one that found something, so the two are never put into one histogram.
type Outcome string

// The outcomes. Fetches end as loaded, empty or error; every other operation as ok or error.
const (
	OutcomeLoaded Outcome = "loaded"
	OutcomeEmpty  Outcome = "empty"
	OutcomeOK     Outcome = "ok"
	OutcomeError  Outcome = "error"
)

// Wire counts what crossed one connection since it was opened.
type Wire struct {
	// RoundTrips is the number of times the client stopped writing and began to wait for the server.
	RoundTrips uint64
	// BytesOut and BytesIn are payload bytes as the driver wrote and read them, TLS and TCP framing excluded when the
	// counter sits above them.
	BytesOut, BytesIn uint64
}

// Sub gives what crossed the connection between an earlier reading and w.
func (w Wire) Sub(earlier Wire) Wire {
	return Wire{w.RoundTrips - earlier.RoundTrips, w.BytesOut - earlier.BytesOut, w.BytesIn - earlier.BytesIn}
}

// A WireCounter is a net.Conn that counts. Connections that do not implement it count as zero.
type WireCounter interface{ Wire() Wire }

// An Observation describes one finished operation.
type Observation struct {
	Operation string        // as in every report: "fetch_orchestration_item"
	Outcome   Outcome       //
	Start     time.Time     // when the caller called, before a pooled connection was had
	Duration  time.Duration // from Start until the caller has its result
	Wait      time.Duration // the part of Duration spent waiting for a pooled connection
	Wire      Wire          // what the operation sent and received
	Retries   int           // attempts beyond the first
	Backend   uint32        // process id that the server told the connection of the last attempt; 0 when there was none
	Failures  []string      // [State] of each attempt that failed, the last included; nil without
	Err       error         // nil unless Outcome is OutcomeError
}

// An Observer is told of every operation of one Provider, in the goroutine that ran it and inside the timed path of the
// caller: it must not block, and not keep the observation, which is used again. See [Provider.WithObserver] for giving each worker an observer of its own.
type Observer interface{ Observe(*Observation) }

func wireOf(conn *pgx.Conn) Wire {
	var c net.Conn = conn.PgConn().Conn()
	for {
		if w, ok := c.(WireCounter); ok {
			return w.Wire()
		}
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return Wire{}
		}
		c = inner.NetConn()
	}
}
