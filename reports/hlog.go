package reports

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// runHLog writes a HdrHistogram log (version 1.3): an interval for each round and operation, in the order of time, its tag
// the workload, strategy, distance and operation. Values are nanoseconds. The stored histograms go into it as they are.
func runHLog(w io.Writer, f *result.File, _ Options) error { return hlog(w, []side{{"", f}}) }

func comparisonHLog(w io.Writer, a *compare.Analysis, _ Options) error {
	sides, err := sidesOf(a)
	if err != nil {
		return err
	}
	return hlog(w, sides)
}

func hlog(w io.Writer, sides []side) error {
	var all []recordedCalls
	for _, s := range sides {
		for i := range s.file.Cells {
			c := &s.file.Cells[i]
			for _, r := range c.Rounds {
				for _, h := range histograms(s.name, c, r.Operations, r.Orchestrations) {
					h.stamp, h.took = r.StartedAt, r.Duration
					all = append(all, h)
				}
			}
		}
	}
	// A reader stops at the first interval beyond the time it was asked for.
	slices.SortStableFunc(all, func(x, y recordedCalls) int { return x.stamp.Compare(y.stamp) })
	var start int64
	if len(all) > 0 {
		start = max(0, all[0].stamp.UnixMilli())
	}
	var b bytes.Buffer
	lw := hdrhistogram.NewHistogramLogWriter(&b)
	if err := cmp.Or(lw.OutputComment("[Latencies in nanoseconds, an interval for each round]"), lw.OutputLogFormatVersion(),
		lw.OutputStartTime(start), lw.OutputLegend()); err != nil {
		return err
	}
	for _, h := range all {
		if err := h.interval(&b); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// interval writes one line: times in seconds since 1970, 0 for one that is not known, and the maximum in ms. The
// library's writer would compress anew, and not to the same bytes with every version of Go.
func (h recordedCalls) interval(b *bytes.Buffer) error {
	p, err := h.Decode()
	if err != nil {
		return fmt.Errorf("%s: %w", h.tag, err)
	}
	stamp := 0.
	if ms := h.stamp.UnixMilli(); ms > 0 {
		stamp = float64(ms) / 1e3
	}
	fmt.Fprintf(b, "Tag=%s,%.3f,%.3f,%.3f,%s\n", h.tag, stamp, max(0, h.took.Seconds()), float64(p.Max())/1e6, h.Histogram)
	return nil
}
