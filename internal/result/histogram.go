package result

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histogram is an HdrHistogram of nanoseconds in its V2 compressed form, base64 as every HdrHistogram tool reads it.
// The empty string is no histogram.
type Histogram string

// EncodeHistogram gives h in its stored form, "" for nil or an empty one.
func EncodeHistogram(h *hdrhistogram.Histogram) (Histogram, error) {
	if h == nil || h.TotalCount() == 0 {
		return "", nil
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return Histogram(b), err
}

// Decode gives the populated buckets of the histogram, nil for "". It stays in the packed
// form: a file holds one for each operation, round and cell.
func (h Histogram) Decode() (*hdrhistogram.PackedHistogram, error) {
	if h == "" {
		return nil, nil //nolint:nilnil // no histogram is a legal value of the file and not an error
	}
	p, err := hdrhistogram.DecodePacked([]byte(h))
	if err != nil {
		return nil, fmt.Errorf("the histogram cannot be decoded: %w", err)
	}
	return p, nil
}

// NewLatency summarises h, which holds nanoseconds; errors is told apart because failed calls are not in h. A nil or
// empty h gives zero durations.
func NewLatency(h *hdrhistogram.Histogram, errors int64) (Latency, error) {
	if h == nil || h.TotalCount() == 0 {
		return Latency{Errors: errors}, nil
	}
	enc, err := EncodeHistogram(h)
	if err != nil {
		return Latency{}, err
	}
	q := h.ValueAtPercentilesSlice([]float64{50, 90, 99})
	return Latency{
		Count: h.TotalCount(), Errors: errors,
		Mean: time.Duration(h.Mean()), Max: time.Duration(h.Max()),
		P50: time.Duration(q[0]), P90: time.Duration(q[1]), P99: time.Duration(q[2]),
		Histogram: enc,
	}, nil
}

// NewOrchestrations summarises h, the nanoseconds from start to completion, over a timed duration. The result is never
// nil; with nothing completed its durations are 0.
func NewOrchestrations(h *hdrhistogram.Histogram, failed int64, duration time.Duration) (*Orchestrations, error) {
	l, err := NewLatency(h, failed)
	if err != nil {
		return nil, err
	}
	return l.orchestrations(duration), nil
}

// orchestrations says the same of orchestrations over a timed duration.
func (l Latency) orchestrations(duration time.Duration) *Orchestrations {
	o := &Orchestrations{
		Completed: l.Count, Failed: l.Errors, Mean: l.Mean, P50: l.P50, P90: l.P90, P99: l.P99, Max: l.Max,
		Histogram: l.Histogram,
	}
	if duration > 0 {
		o.PerSecond = float64(l.Count) / duration.Seconds()
	}
	return o
}
