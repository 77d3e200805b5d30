package netdelay_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pgbench-provider/internal/netdelay"
	"pgbench-provider/provider"
)

// options are the ways a connection can be had; counts must not depend on them.
var options = map[string]netdelay.Options{
	"counting only": {},
	"delayed":       {RTT: time.Millisecond},
	"jittery":       {RTT: time.Millisecond, Jitter: time.Millisecond, Seed: 1},
	"narrow":        {BytesPerSecond: 10 << 20},
}

// lines answers each line with two, in as many writes as it has bytes, and begins with one that nobody asked for.
func lines(c net.Conn) {
	if _, err := c.Write([]byte("hello\n")); err != nil {
		return
	}
	for r := bufio.NewReader(c); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		for _, b := range append(line, line...) {
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	}
}

func TestRoundTripsAreCounted(t *testing.T) {
	t.Parallel()
	for name, o := range options {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, o, lines)
			read := func(want string) {
				t.Helper()
				b := make([]byte, len(want))
				if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
					t.Fatalf("read %q, %v; want %q", b, err, want)
				}
			}
			write := func(s string) {
				t.Helper()
				if _, err := c.Write([]byte(s)); err != nil {
					t.Fatal(err)
				}
			}
			read("hello\n")
			if w := c.Wire(); w != (provider.Wire{BytesIn: 6}) {
				t.Errorf("what came unasked counts as %+v", w)
			}
			for range 3 {
				write("a")
				write("b\n") // one question in two writes
				read("ab\nab\n")
			}
			write("c\nd\n") // two questions at once
			read("c\nc\nd\nd\n")
			if w, want := c.Wire(), (provider.Wire{RoundTrips: 4, BytesOut: 13, BytesIn: 6 + 18 + 8}); w != want {
				t.Errorf("counted %+v, want %+v", w, want)
			}
		})
	}
}

// TestDataArrives cuts and delays at random: what arrives is what was sent.
func TestDataArrives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		o := netdelay.Options{
			RTT:            time.Duration(rapid.IntRange(0, 300).Draw(rt, "rtt µs")) * time.Microsecond,
			Jitter:         time.Duration(rapid.IntRange(0, 300).Draw(rt, "jitter µs")) * time.Microsecond,
			Seed:           rapid.Uint64().Draw(rt, "seed"),
			BytesPerSecond: rapid.SampledFrom([]int64{0, 50 << 20}).Draw(rt, "bandwidth"),
		}
		writes := rapid.SliceOfN(rapid.IntRange(0, 70_000), 1, 12).Draw(rt, "writes")
		reads := rapid.SliceOfN(rapid.IntRange(1, 100_000), 1, 5).Draw(rt, "reads")
		c := dial(t, o, echo)
		var sent []byte
		for _, n := range writes {
			for range n {
				sent = append(sent, byte(len(sent)*7+len(sent)>>8))
			}
		}
		failed := make(chan error, 1)
		go func() {
			rest := sent
			for _, n := range writes {
				if _, err := c.Write(rest[:n]); err != nil {
					failed <- err
					return
				}
				rest = rest[n:]
			}
			failed <- nil
		}()
		for at, turn := 0, 0; at < len(sent); turn++ {
			b := make([]byte, reads[turn%len(reads)])
			n, err := c.Read(b)
			if err != nil {
				rt.Fatal(err)
			}
			if at+n > len(sent) || string(b[:n]) != string(sent[at:at+n]) {
				rt.Fatalf("bytes %d to %d are not those sent", at, at+n)
			}
			at += n
		}
		if err := <-failed; err != nil {
			rt.Fatal(err)
		}
		if w := c.Wire(); w.BytesIn != uint64(len(sent)) || w.BytesOut != w.BytesIn {
			rt.Fatalf("counted %+v, want %d bytes each way", w, len(sent))
		}
		_ = c.Close() // not at the end of all checks
	})
}
