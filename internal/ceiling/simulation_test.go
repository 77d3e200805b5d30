package ceiling_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pgbench-provider/internal/ceiling"
	"pgbench-provider/internal/result"
)

// A turn is what a strategy sends for a fetch and an ack, each statement a round trip in which the server is busy for a
// time. Of a fetch it is known which statement locks.
type turn struct {
	strategy string
	rtt      time.Duration
	busy     time.Duration // by statement
}

func (s turn) names() (fetch, ack []string, lock int) {
	switch s.strategy {
	case "inline":
		return []string{"begin", "inline.fetch_orchestration_item.candidate", "inline.fetch_orchestration_item.lock", "commit"},
			[]string{"begin", "inline.ack_orchestration_item.send_messages", "commit"}, 1
	case "sp-fetch":
		return []string{"sp.fetch_orchestration_item"}, []string{"begin", "inline.ack_orchestration_item.send_messages", "commit"}, 0
	}
	return []string{s.strategy + ".fetch_orchestration_item"}, []string{s.strategy + ".ack_orchestration_item"}, 0
}

// traces are what the client sees.
func (s turn) traces() (fetched, acked result.Trace) {
	call := func(operation string, outcome result.Outcome, names []string) (t result.Trace) {
		t = result.Trace{Operation: operation, Outcome: outcome, Calls: 1}
		for _, name := range names {
			end := t.Duration + s.rtt + s.busy
			t.Steps = append(t.Steps, result.Step{Name: name, Start: t.Duration, End: end})
			t.Duration = end
		}
		return t
	}
	fetch, ack, _ := s.names()
	return call("fetch_orchestration_item", result.Loaded, fetch), call("ack_orchestration_item", result.OK, ack)
}

// held is what the server sees: from the begin of its execution of the statement that locks to the end of the commit.
func (s turn) held() time.Duration {
	fetch, ack, lock := s.names()
	at := func(n int) time.Duration { // the end of the n-th statement's execution
		return time.Duration(n)*(s.rtt+s.busy) + s.rtt/2 + s.busy
	}
	return at(len(fetch)+len(ack)-1) - (at(lock) - s.busy)
}

func TestHeldSeesWhatTheServerSees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := turn{strategy: rapid.SampledFrom([]string{"inline", "sp", "cte", "sp-fetch"}).Draw(t, "strategy"),
			rtt:  time.Duration(rapid.Int64Range(1, int64(100*time.Millisecond)).Draw(t, "rtt")),
			busy: time.Duration(rapid.Int64Range(0, int64(10*time.Millisecond)).Draw(t, "busy"))}
		fetched, acked := s.traces()
		held, err := ceiling.Held(fetched, acked, s.rtt)
		if err != nil || held != s.held() {
			t.Fatalf("held %v, %v; by the server's clock %v", held, err, s.held())
		}
	})
}

// line is fitted to uncontended turns at five distances.
func (s turn) line(t rapid.TB) ceiling.Line {
	var p []ceiling.Point
	for _, ms := range []int{1, 2, 5, 10, 20} {
		s.rtt = time.Duration(ms) * time.Millisecond
		fetched, acked := s.traces()
		held, err := ceiling.Held(fetched, acked, s.rtt)
		if err != nil {
			t.Fatal(err)
		}
		p = append(p, ceiling.Point{RTT: s.rtt, Held: held})
	}
	return fit(t, p)
}

// A crowd contends for one lock. Each caller's locking statement reaches the server every empty, give or take a tenth;
// whoever finds the lock free holds it, and looks again when its ack's answer is back and a fetch on its way: after back.
type crowd struct {
	callers           int
	held, empty, back time.Duration
	spread            time.Duration // by which the time held varies: a free lock then comes at any time of an empty fetch
}

func (s turn) crowd(callers int) crowd {
	trip := s.rtt + s.busy
	if s.strategy == "inline" { // begin, candidate, rollback; and a begin before the candidate
		return crowd{callers: callers, held: s.held(), empty: 3 * trip, back: 2 * trip}
	}
	return crowd{callers: callers, held: s.held(), empty: trip, back: trip}
}

// contend gives the turns per second, of so many turns, by the server's clock.
func (c crowd) contend(rng *rand.Rand, turns int) float64 {
	vary := func(d, by time.Duration) time.Duration { return d + time.Duration((rng.Float64()-0.5)*float64(by)) }
	looks := make([]time.Duration, c.callers)
	for i := range looks {
		looks[i] = vary(c.empty, c.empty)
	}
	var free time.Duration
	for had := 0; had < turns; {
		i := slices.Index(looks, slices.Min(looks))
		if looks[i] < free {
			looks[i] += vary(c.empty, c.empty/5)
			continue
		}
		free = looks[i] + vary(c.held, c.spread)
		looks[i] = free + c.back
		had++
	}
	return float64(turns) / free.Seconds()
}

// contest is a random crowd, its notice and what it got done beside the ceiling.
func contest(t *rapid.T, spread bool) (crowd, ceiling.Contest) {
	s := turn{strategy: rapid.SampledFrom([]string{"inline", "sp", "cte", "sp-fetch"}).Draw(t, "strategy"),
		busy: time.Duration(rapid.Int64Range(0, int64(2*time.Millisecond)).Draw(t, "busy"))}
	l := s.line(t)
	s.rtt = time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(50*time.Millisecond)).Draw(t, "rtt"))
	c := s.crowd(rapid.IntRange(2, 64).Draw(t, "callers"))
	if spread {
		c.spread = c.empty
	}
	notice, err := ceiling.Notice(c.empty, c.callers-1)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	got, err := l.Compare(s.rtt, c.contend(rng, 3000), notice)
	if err != nil {
		t.Fatal(err)
	}
	return c, got
}

func TestPollersReachTheCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if c, got := contest(t, false); got.Share > 1.001 || got.Free > c.empty*11/10 {
			t.Fatalf("%+v: %+v", c, got)
		}
	})
}

func TestNoticeIsWhatIsMissing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, got := contest(t, true)
		if off := (got.Free - got.Notice).Abs(); off > got.Notice/3+got.Held/50 {
			t.Fatalf("%+v: free for %v, noticed after %v: %+v", c, got.Free, got.Notice, got)
		}
	})
}

func TestTwelveCallersAreEnough(t *testing.T) {
	s := turn{strategy: "inline", busy: 100 * time.Microsecond}
	l := s.line(t)
	s.rtt = 10 * time.Millisecond
	last := 0.0
	for _, callers := range []int{2, 4, 12, 48} {
		c, err := l.Compare(s.rtt, s.crowd(callers).contend(rand.New(rand.NewPCG(1, uint64(callers))), 20000), 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d callers: %.3f of the ceiling", callers, c.Share)
		if c.Share < last || callers >= 12 && c.Share < 0.9 {
			t.Errorf("%d callers had %.3f of the ceiling, fewer %.3f", callers, c.Share, last)
		}
		last = c.Share
	}
}
