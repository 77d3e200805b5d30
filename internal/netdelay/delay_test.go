package netdelay_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/netdelay"
)

// far is a distance that no accident of the machine comes near.
const far = 200 * time.Millisecond

func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func TestDialogueAndPipeline(t *testing.T) {
	t.Parallel()
	c := dial(t, netdelay.Options{RTT: far}, echo)
	const k = 5
	dialogue := elapsed(func() {
		for range k {
			exchange(t, c, []byte("question"))
		}
	})
	pipeline := elapsed(func() {
		for range k {
			if _, err := c.Write([]byte("question")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.ReadFull(c, make([]byte, k*len("question"))); err != nil {
			t.Fatal(err)
		}
	})
	if dialogue < k*far {
		t.Errorf("%d turns took %v, less than %v each", k, dialogue, far)
	}
	if pipeline < far || pipeline > dialogue/2 {
		t.Errorf("a pipeline of %d took %v, a dialogue %v; the pipeline pays once", k, pipeline, dialogue)
	}
}

func TestEachDirectionTakesHalf(t *testing.T) {
	t.Parallel()
	arrived := make(chan time.Time, 1)
	c := dial(t, netdelay.Options{RTT: far}, func(c net.Conn) {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			arrived <- time.Now()
		}
		_, _ = c.Write([]byte("x"))
	})
	start := time.Now()
	exchange(t, c, []byte("x"))
	there, back := (<-arrived).Sub(start), time.Since(start)
	if there < far/2 || back-there < far/2 {
		t.Errorf("%v there and %v back, want at least %v each", there, back-there, far/2)
	}
}

func TestChunksKeepTheirDistance(t *testing.T) {
	t.Parallel()
	const gap = 50 * time.Millisecond
	c := dial(t, netdelay.Options{RTT: far}, func(c net.Conn) {
		for range 4 {
			_, _ = c.Write([]byte("x"))
			time.Sleep(gap)
		}
	})
	start := time.Now()
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	// Accumulating, it would be four halves and three gaps.
	if took := time.Since(start); took > 4*far/2 {
		t.Errorf("four chunks took %v: delays add up", took)
	}
}

func TestDialCostsARoundTrip(t *testing.T) {
	t.Parallel()
	if took := elapsed(func() { dial(t, netdelay.Options{RTT: far}, echo) }); took < far {
		t.Errorf("dialling took %v, want %v", took, far)
	}
	base := func(context.Context, string, string) (net.Conn, error) { c, _ := net.Pipe(); return c, nil }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := netdelay.Dialer(base, netdelay.Options{RTT: time.Hour})(ctx, "tcp", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v from a cancelled dial", err)
	}
	refused := errors.New("refused")
	fails := func(context.Context, string, string) (net.Conn, error) { return nil, refused }
	if _, err := netdelay.Dialer(fails, netdelay.Options{RTT: time.Hour})(t.Context(), "tcp", ""); !errors.Is(err, refused) {
		t.Errorf("got %v from a dialer that refuses", err)
	}
}

func TestBandwidth(t *testing.T) {
	t.Parallel()
	c := dial(t, netdelay.Options{BytesPerSecond: 1 << 20}, echo)
	took := elapsed(func() {
		go func() { _, _ = c.Write(make([]byte, 256<<10)) }()
		if _, err := io.ReadFull(c, make([]byte, 256<<10)); err != nil {
			t.Error(err)
		}
	})
	if took < 250*time.Millisecond {
		t.Errorf("256 KiB at 1 MiB/s took %v", took)
	}
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	c := dial(t, netdelay.Options{RTT: far}, echo)
	timesOut := func(when string) {
		t.Helper()
		var timeout net.Error
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Fatalf("%s: got %v, want a timeout", when, err)
		}
	}
	set := func(set func(time.Time) error, at time.Time) {
		t.Helper()
		if err := set(at); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Unix(1, 0)
	set(c.SetReadDeadline, past)
	timesOut("in the past")
	set(c.SetReadDeadline, time.Now().Add(20*time.Millisecond))
	timesOut("nothing under way")
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	set(c.SetReadDeadline, time.Now().Add(20*time.Millisecond))
	timesOut("before the chunk is due")
	set(c.SetDeadline, time.Time{})
	time.AfterFunc(20*time.Millisecond, func() { _ = c.SetDeadline(past) }) // as pgx does when a context ends
	timesOut("set while reading")
	if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write after the deadline: %v", err)
	}
	set(c.SetDeadline, time.Time{})
	set(c.SetWriteDeadline, time.Now().Add(time.Hour))
	if n, err := c.Read(make([]byte, 9)); n != 1 || err != nil {
		t.Errorf("after the timeouts: read %d, %v; want the byte that was under way", n, err)
	}
	exchange(t, c, []byte("still in step"))
}

// TestFullLine writes more than may be under way to a server that does not read.
func TestFullLine(t *testing.T) {
	t.Parallel()
	for name, unblock := range map[string]func(net.Conn){
		"deadline": func(c net.Conn) { _ = c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)) },
		"close":    func(c net.Conn) { _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stop := make(chan struct{})
			c := dial(t, netdelay.Options{RTT: time.Millisecond}, func(net.Conn) { <-stop })
			defer close(stop)
			time.AfterFunc(50*time.Millisecond, func() { unblock(c) })
			n, err := c.Write(make([]byte, 256<<20))
			if err == nil || n == 256<<20 {
				t.Errorf("wrote %d, %v; want to be stopped", n, err)
			}
		})
	}
}

func TestEndOfFileComesLast(t *testing.T) {
	t.Parallel()
	c := dial(t, netdelay.Options{RTT: 20 * time.Millisecond}, func(c net.Conn) { _, _ = c.Write([]byte("bye")) })
	b, err := io.ReadAll(c)
	if err != nil || string(b) != "bye" {
		t.Errorf("read %q, %v", b, err)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("then %v, want EOF again", err)
	}
}

func TestCloseUnblocks(t *testing.T) {
	t.Parallel()
	c := dial(t, netdelay.Options{RTT: time.Hour / 1e4}, echo)
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { _ = c.Close() })
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write: %v", err)
	}
	if err := c.SetDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Errorf("deadline: %v", err)
	}
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
}

func TestUnderTLS(t *testing.T) {
	t.Parallel()
	config := selfSigned(t)
	c := dial(t, netdelay.Options{RTT: 10 * time.Millisecond}, func(c net.Conn) { echo(tls.Server(c, config)) })
	s := tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	exchange(t, s, []byte("shake hands first"))
	before := c.Wire()
	for range 3 {
		exchange(t, s, make([]byte, 40_000)) // several records
	}
	if trips := c.Wire().Sub(before).RoundTrips; trips < 3 {
		t.Errorf("counted %d round trips, want 3", trips)
	}
	before = c.Wire()
	for range 3 {
		exchange(t, s, []byte("one record"))
	}
	if trips := c.Wire().Sub(before).RoundTrips; trips != 3 {
		t.Errorf("counted %d round trips, want 3", trips)
	}
}

// TestNothingIsLeft is not parallel: it looks at the goroutines and files of the process.
func TestNothingIsLeft(t *testing.T) {
	for range 50 {
		near, distant := net.Pipe()
		base := func(context.Context, string, string) (net.Conn, error) { return near, nil }
		c, err := netdelay.Dialer(base, netdelay.Options{RTT: time.Microsecond})(t.Context(), "tcp", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("nobody reads this")); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		_ = distant
	}
	left := func() int {
		stacks := make([]byte, 1<<20)
		return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "netdelay.(*delayed)")
	}
	for tries := 0; left() > 0; tries++ {
		if tries == 500 {
			t.Fatalf("%d goroutines are left", left())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestMeasureOvershoot(t *testing.T) {
	t.Parallel()
	if p50, p99 := netdelay.MeasureOvershoot(100*time.Microsecond, 50); p50 < 0 || p99 < p50 {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	if p50, p99 := netdelay.MeasureOvershoot(time.Hour, 0); p50 != 0 || p99 != 0 {
		t.Errorf("of nothing: %v and %v", p50, p99)
	}
}
