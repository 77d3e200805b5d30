package latency

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSparseIsTheHistogram holds the bucket arithmetic, and the figures it is built on, against the library.
func TestSparseIsTheHistogram(t *testing.T) {
	t.Parallel()
	durations := rapid.SliceOf(rapid.OneOf(
		rapid.Int64Range(int64(Min), int64(Max)), rapid.Int64Range(int64(Min), int64(2*time.Millisecond)),
		rapid.SampledFrom([]int64{int64(Min), int64(Max), 2048<<unitBits - 1, 2048 << unitBits, 4096 << unitBits}),
	))
	rapid.Check(t, func(t *rapid.T) {
		var s sparse
		want := NewHistogram()
		for _, d := range durations.Draw(t, "durations") {
			s.record(time.Duration(d))
			if err := want.RecordValue(d); err != nil {
				t.Fatal(err)
			}
		}
		got := NewHistogram()
		s.addTo(got)
		if !got.Equals(want) {
			t.Fatalf("got mean %v of %d, want %v of %d", got.Mean(), got.TotalCount(), want.Mean(), want.TotalCount())
		}
		s.clear()
		s.record(Min) // so that addTo looks at the pages
		again := NewHistogram()
		if s.addTo(again); again.TotalCount() != 1 {
			t.Fatalf("clear left %d behind", again.TotalCount()-1)
		}
	})
}

func TestOutOfRange(t *testing.T) {
	t.Parallel()
	var s sparse
	for _, d := range []time.Duration{-time.Second, 0, Min - 1, Max + 1, time.Hour} {
		s.record(d)
	}
	if s.count != 5 || s.overflow != 2 {
		t.Errorf("count %d, overflow %d; want 5 and 2", s.count, s.overflow)
	}
	h := NewHistogram()
	s.addTo(h)
	if low := time.Duration(h.ValueAtPercentile(60)); !h.ValuesAreEquivalent(int64(low), int64(Min)) {
		t.Errorf("what is too short counts as %v, want Min", low)
	}
	if high := h.Max(); !h.ValuesAreEquivalent(high, int64(Max)) {
		t.Errorf("what is too long counts as %v, want Max", time.Duration(high))
	}
}

func BenchmarkSparse(b *testing.B) {
	var s sparse
	d := Min
	for b.Loop() {
		s.record(d)
		d = (d*5 + 7) % (2 * time.Millisecond)
	}
}
