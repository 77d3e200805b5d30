package latency

import (
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range and precision of every histogram. A duration below Min is recorded as Min; one above Max is recorded as Max
// and counted as an overflow besides.
const (
	Min    = time.Microsecond
	Max    = 60 * time.Second
	Digits = 3 // significant decimal digits
)

// NewHistogram gives an empty histogram of nanoseconds in the geometry of this package; all of them can be merged.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(Min), int64(Max), Digits)
}

// The geometry that hdrhistogram.New(1000, 60e9, 3) arrives at: 2048 linear buckets of 512 ns, then 1024 for each further
// power of two. A test holds these figures against the library.
const (
	unitBits   = 9
	halfBits   = 10
	half       = 1 << halfBits
	mask       = (2*half - 1) << unitBits
	indexes    = 18 * half
	pageBits   = 8
	pageLength = 1 << pageBits
)

// sparse counts durations in the buckets of an HdrHistogram, of which it holds only the pages that were hit: latencies
// of one statement lie close together, and a dense histogram for each statement of each connection would take 147 kB
// where two pages take 4. The library's PackedHistogram is smaller still, but inserts into a sorted list: 62 ns against 5.
type sparse struct {
	pages    [indexes / pageLength]*[pageLength]uint64
	count    uint64
	overflow uint64 // of count, those above Max
}

func (s *sparse) record(d time.Duration) {
	switch {
	case d < Min:
		d = Min
	case d > Max:
		d = Max
		s.overflow++
	}
	i := indexOf(uint64(d))
	page := s.pages[i>>pageBits]
	if page == nil {
		page = new([pageLength]uint64)
		s.pages[i>>pageBits] = page
	}
	page[i&(pageLength-1)]++
	s.count++
}

// clear empties s and keeps its pages, since what was hit will be hit again.
func (s *sparse) clear() {
	if s.count == 0 {
		return
	}
	for _, page := range s.pages {
		if page != nil {
			clear(page[:])
		}
	}
	s.count, s.overflow = 0, 0
}

func (s *sparse) addTo(h *hdrhistogram.Histogram) {
	if s.count == 0 {
		return
	}
	for p, page := range s.pages {
		if page == nil {
			continue
		}
		for i, n := range page {
			if n > 0 {
				// Values of the same geometry are in range: it cannot fail.
				_ = h.RecordValues(int64(valueOf(p<<pageBits|i)), int64(n))
			}
		}
	}
}

func indexOf(v uint64) int {
	bucket := bits.Len64(v|mask) - unitBits - halfBits - 1
	return bucket<<halfBits + int(v>>(bucket+unitBits))
}

// valueOf gives the lowest value that is counted at index i.
func valueOf(i int) uint64 {
	bucket := max(i>>halfBits-1, 0)
	return uint64(i-bucket<<halfBits) << (bucket + unitBits)
}
