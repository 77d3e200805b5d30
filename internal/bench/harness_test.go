package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/pgtest"
)

func openHarness(tb testing.TB, clients int) *bench.Harness {
	tb.Helper()
	h, err := bench.OpenHarness(context.Background(), pgtest.Server(tb), "", clients)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return h
}

func TestHarness(t *testing.T) {
	t.Parallel()
	h := openHarness(t, 3)
	for _, loop := range bench.Loops() {
		f, err := h.Run(t.Context(), loop, 50*time.Millisecond)
		if err != nil {
			t.Fatalf("%s: %v", loop, err)
		}
		if f.Count < 1 || f.PerSecond <= 0 || f.CPU <= 0 {
			t.Errorf("%s: %+v", loop, f)
		}
	}
}

// Whatever a run adds to the driver, nothing of it is on the heap. Not parallel: allocations are counted for the whole
// process.
func TestTimedPathAllocatesNoMoreThanTheDriver(t *testing.T) {
	h := openHarness(t, 1)
	allocs := map[string]float64{}
	for _, loop := range bench.Loops() {
		const calls = 200
		call := func() {
			if err := h.Calls(t.Context(), loop, calls); err != nil {
				t.Fatal(err)
			}
		}
		call() // pages of histograms
		allocs[loop] = testing.AllocsPerRun(10, call) / calls
	}
	// Calls itself, and a pool of objects that the collector empties, are far below one a call.
	if run, driver := allocs[bench.LoopRun], allocs[bench.LoopPgx]; run > driver+0.5 {
		t.Errorf("a call of a run allocates %v times, of the driver alone %v times", run, driver)
	}
}

// A call is one write, and at most two reads: one that finds nothing yet and one that finds the answer. One of ours in each
// call would make it two or three; Go's scheduler, which wakes its poller by a write, makes a few in between. Not parallel:
// system calls are counted for the whole process.
func TestTimedPathMakesNoSystemCallsOfItsOwn(t *testing.T) {
	if _, err := os.Stat("/proc/self/io"); err != nil {
		t.Log("this system does not count system calls: not checked")
		return
	}
	h := openHarness(t, 1)
	const calls = 2000
	for _, loop := range bench.Loops() {
		if err := h.Calls(t.Context(), loop, 10); err != nil { // the statement is prepared
			t.Fatal(err)
		}
		readsBefore, writesBefore := systemCalls(t)
		if err := h.Calls(t.Context(), loop, calls); err != nil {
			t.Fatal(err)
		}
		reads, writes := systemCalls(t)
		if r, w := reads-readsBefore, writes-writesBefore; w < calls || w > 1.6*calls || r > 2.7*calls {
			t.Errorf("%s: %d calls took %d writes and %d reads", loop, calls, w, r)
		}
	}
}

// systemCalls are those of this process so far that read and write.
func systemCalls(t *testing.T) (reads, writes int) {
	t.Helper()
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(b, []byte("syscr"))
	if _, err := fmt.Sscanf(string(b[max(i, 0):]), "syscr: %d\nsyscw: %d", &reads, &writes); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return reads, writes
}

func BenchmarkHarness(b *testing.B) {
	h := openHarness(b, 1)
	for _, loop := range bench.Loops() {
		b.Run("loop="+loop, func(b *testing.B) {
			b.ReportAllocs()
			if err := h.Calls(b.Context(), loop, b.N); err != nil {
				b.Fatal(err)
			}
		})
	}
}
