package reports

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// recordedCalls is the histogram of one kind of call under one strategy.
type recordedCalls struct {
	tag   string // as in "hello-world/sp/0s/ack_orchestration_item"
	stamp time.Time
	took  time.Duration
	result.Histogram
}

func tag(side string, c *result.Cell, s subject) string {
	parts := []string{token(c.Workload), token(arm(c)), c.AddedRTT.String(), token(s.name())}
	if side != "" {
		parts = slices.Insert(parts, 0, token(side))
	}
	return strings.Join(parts, "/")
}

func histograms(side string, c *result.Cell, ops []result.Operation, o *result.Orchestrations) []recordedCalls {
	var out []recordedCalls
	add := func(s subject, h result.Histogram) {
		if h != "" {
			out = append(out, recordedCalls{tag: tag(side, c, s), Histogram: h})
		}
	}
	for _, op := range ops {
		add(subject{op.Name, op.Outcome}, op.Histogram)
	}
	if o != nil {
		add(subject{compare.Orchestration, ""}, o.Histogram)
	}
	return out
}

// Percentiles is the distribution of one kind of call in HdrHistogram's percentile text, in ms.
type Percentiles struct {
	Name string // workload/strategy/distance/operation; unique in a file unless cells repeat
	Text []byte // what a .hgrm file holds
}

// PercentilesOf gives the distributions of all rounds merged, one for each workload, strategy, distance and operation that
// was called: each is a file that HdrHistogram's plotter reads. Their maximum may lie a bucket below the result's. It returns an error for a histogram that cannot be decoded.
func PercentilesOf(f *result.File) ([]Percentiles, error) { return percentilesOf("", f) }

func percentilesOf(side string, f *result.File) ([]Percentiles, error) {
	var out []Percentiles
	for i := range f.Cells {
		c := &f.Cells[i]
		for _, r := range histograms(side, c, c.Summary.Operations, c.Summary.Orchestrations) {
			h, err := hdrhistogram.Decode([]byte(r.Histogram))
			if err != nil {
				return nil, fmt.Errorf("%s: the histogram cannot be decoded: %w", r.tag, err)
			}
			if h.TotalCount() == 0 {
				continue
			}
			var b bytes.Buffer
			if _, err := h.PercentilesPrint(&b, 5, 1e6); err != nil {
				return nil, err
			}
			out = append(out, Percentiles{Name: r.tag, Text: b.Bytes()})
		}
	}
	return out, nil
}

// runHGRM writes all of [PercentilesOf], each below a comment with its name.
func runHGRM(w io.Writer, f *result.File, _ Options) error { return hgrm(w, []side{{"", f}}) }

func comparisonHGRM(w io.Writer, a *compare.Analysis, _ Options) error {
	sides, err := sidesOf(a)
	if err != nil {
		return err
	}
	return hgrm(w, sides)
}

func hgrm(w io.Writer, sides []side) error {
	var b bytes.Buffer
	for _, s := range sides {
		all, err := percentilesOf(s.name, s.file)
		if err != nil {
			return err
		}
		for _, p := range all {
			fmt.Fprintf(&b, "#[%s, ms]\n%s\n", p.Name, p.Text)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
