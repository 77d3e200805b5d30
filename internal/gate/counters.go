package gate

import (
	"slices"

	"pgbench-provider/internal/result"
)

// countersOf gives what each operation cost, in the order of the file. Of a workload and strategy measured at several
// distances the nearest counts; calls that failed do not.
func countersOf(f *result.File) []Counters {
	out := []Counters{}
	for _, c := range nearest(f) {
		for _, o := range c.Summary.Operations {
			if o.Outcome != result.Failed && o.Count > 0 {
				out = append(out, perCall(c, o))
			}
		}
	}
	return out
}

// nearest gives of each workload and strategy the cell with the least added distance, control arms left out.
func nearest(f *result.File) (out []*result.Cell) {
	for i := range f.Cells {
		c := &f.Cells[i]
		if c.Control {
			continue
		}
		j := slices.IndexFunc(out, func(x *result.Cell) bool { return x.Workload == c.Workload && x.Strategy == c.Strategy })
		switch {
		case j < 0:
			out = append(out, c)
		case c.AddedRTT < out[j].AddedRTT:
			out[j] = c
		}
	}
	return out
}

func perCall(cell *result.Cell, o result.Operation) Counters {
	n := float64(o.Count)
	c := Counters{
		Workload: cell.Workload, Strategy: cell.Strategy, Operation: o.Name, Outcome: o.Outcome, Calls: o.Count,
		RoundTrips: o.RoundTripsPerOp, BytesOut: o.BytesOutPerOp, BytesIn: o.BytesInPerOp, Errors: float64(o.Errors) / n,
	}
	if o.Outcome == result.Loaded {
		for _, e := range cell.Summary.Operations {
			if e.Name == o.Name && e.Outcome == result.Empty {
				c.Empty = float64(e.Count) / n
			}
		}
	}
	if w := o.Server; w != nil {
		c.Server = &PerCall{
			Statements: float64(w.Calls) / n, Rows: float64(w.Rows) / n, Buffers: float64(w.SharedHit+w.SharedRead) / n,
			WALRecords: float64(w.WALRecords) / n, WALPageImages: float64(w.WALPageImages) / n, WALBytes: float64(w.WALBytes) / n,
		}
	}
	return c
}

// value gives the figure of a metric of tier 1, false where the server did not tell.
func (c *Counters) value(m Metric) (float64, bool) {
	switch m {
	case RoundTrips:
		return c.RoundTrips, true
	case BytesOut:
		return c.BytesOut, true
	case BytesIn:
		return c.BytesIn, true
	case Errors:
		return c.Errors, true
	}
	if c.Server == nil {
		return 0, false
	}
	return c.Server.value(m), true
}

func (p *PerCall) value(m Metric) float64 {
	switch m {
	case Statements:
		return p.Statements
	case Rows:
		return p.Rows
	case Buffers:
		return p.Buffers
	case WALRecords:
		return p.WALRecords
	default:
		return p.WALBytes
	}
}

// A page image is at most a page and its headers.
const imageBytes = 8192 + 64

// span is what a figure may be. It is a point but for what depends on the occasion: pages in the WAL, empty fetches.
type span struct{ low, high float64 }

// spans gives the figures of a metric that base and now both have, true when they are the points themselves. Had the
// build changed nothing, a span of now would have a figure of base in it.
func spans(base, now *Counters, m Metric) (was, is span, exact bool) {
	was, is, exact = base.span(m, 0), now.span(m, 0), true
	if slices.Contains([]Metric{RoundTrips, BytesOut, BytesIn, Errors, Statements}, m) {
		return was, is, exact // counted by call
	}
	image := map[Metric]float64{WALRecords: 1, WALBytes: imageBytes}[m]
	if image > 0 && !equal(base.Server.WALPageImages, now.Server.WALPageImages) {
		was, is, exact = base.span(m, image), now.span(m, image), false
	}
	if !equal(base.Empty, now.Empty) {
		// The mean over all fetches is w (1 + k e) / (1 + e), with w the work of one that finds work, k w that of an empty one
		// and 0 <= k <= 1. With w and k the same, only e moves it: least for k = 1, most for k = 0.
		f := (1 + now.Empty) / (1 + base.Empty)
		round := rounding(base) + rounding(now)
		is, exact = span{is.low*min(1, f) - round, is.high*max(1, f) + round}, false
	}
	return was, is, exact
}

// span takes out all that images may have added.
func (c *Counters) span(m Metric, image float64) span {
	v, _ := c.value(m)
	if image == 0 {
		return span{v, v}
	}
	return span{max(0, v-image*c.Server.WALPageImages), v}
}

// rounding is by how much a mean may be off because the share of fetches that found work was rounded, by statement.
func rounding(c *Counters) float64 { return 0.5 * c.Server.Statements / float64(c.Calls) }
