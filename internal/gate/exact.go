package gate

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// exact is tier 1.
func (c *checker) exact(f *result.File) {
	now := countersOf(f)
	find := func(list []Counters, x Counters) *Counters {
		i := slices.IndexFunc(list, func(y Counters) bool { return x.name(RoundTrips) == y.name(RoundTrips) })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	untold := false
	for i := range c.baseline.Counters {
		base := &c.baseline.Counters[i]
		found := find(now, *base)
		if found == nil {
			c.lost(base, f)
			continue
		}
		for _, m := range exactMetrics {
			if _, known := base.value(m); known {
				c.add(c.counted(base, found, m))
			} else if _, known := found.value(m); known {
				untold = true
			}
		}
	}
	for i := range now {
		if find(c.baseline.Counters, now[i]) == nil {
			x := now[i].newCase(RoundTrips)
			x.Now, x.Status, x.Note = compare.Number(now[i].RoundTrips), NotGated, "not in the baseline: update it"
			c.add(x)
		}
	}
	if untold {
		c.note("The server's work is known now but not in the baseline: update it to gate statements, rows, buffers and WAL.")
	}
}

func (c Counters) newCase(m Metric) Case {
	x := newCase(Exact, c.name(m), m, "1/call")
	x.Workload, x.Strategy, x.Operation, x.Outcome = c.Workload, c.Strategy, c.Operation, c.Outcome
	return x
}

// lost is an operation that the build did not call. Whether a fetch finds nothing is up to the moment.
func (c *checker) lost(base *Counters, f *result.File) {
	x := base.newCase(RoundTrips)
	x.Baseline = compare.Number(base.RoundTrips)
	cell, _ := has(f, base.Workload, base.Strategy, base.Operation, base.Outcome, -1)
	switch {
	case !cell: // only where the run is partial
		x.Status, x.Note = NotGated, "not measured this time"
	case base.Outcome == result.Empty:
		x.Status, x.Note = Inconclusive, "no fetch was empty this time"
	default:
		x.Status, x.Note = Fail, fmt.Sprintf("missing operation: %s never ended %s", base.Operation, base.Outcome)
	}
	c.add(x)
}

// counted compares one count.
func (c *checker) counted(base, now *Counters, m Metric) Case {
	x := base.newCase(m)
	b, _ := base.value(m)
	n, known := now.value(m)
	tolerance := c.tolerance(m, c.floors[x.Name])
	x.Baseline, x.Tolerance, x.Limit = compare.Number(b), compare.Number(tolerance), compare.Number(b*(1+tolerance))
	if !known {
		x.Status, x.Note = Inconclusive, "the server did not tell its work this time"
		return x
	}
	x.Now, x.Change = compare.Number(n), change(b, n)
	uncounted := n == 0 && slices.Contains([]Metric{RoundTrips, BytesOut, BytesIn}, m)
	if uncounted || !(n >= 0) || math.IsInf(n, 0) {
		x.Status, x.Note = Fail, fmt.Sprintf("missing operation: %s is %v, which no call makes", m, n)
		return x
	}
	was, is, exact := spans(base, now, m)
	if !exact {
		x.Low, x.High = change(was.high, is.low), change(was.low, is.high)
		x.Note = occasion(base, now)
	}
	switch {
	case above(is.low, was.high*(1+tolerance)):
		x.Status = Fail
	case above(was.low*(1-tolerance), is.high):
		x.Status = Better
	case !above(is.high, was.low*(1+tolerance)):
		x.Status = Pass
	default:
		x.Status = Inconclusive
	}
	return x
}

func occasion(base, now *Counters) string {
	s := ""
	if !equal(base.Empty, now.Empty) {
		s = fmt.Sprintf("for each fetch that found work %.3g were empty in the baseline and %.3g now; ", base.Empty, now.Empty)
	}
	if a, b := base.Server.WALPageImages, now.Server.WALPageImages; !equal(a, b) {
		s += fmt.Sprintf("whole pages in the WAL for each call: %.3g in the baseline and %.3g now; ", a, b)
	}
	return s + "the build's own part lies in an interval"
}

// change is now/base; of nothing to nothing it is 1.
func change(base, now float64) compare.Number {
	if base == 0 && now == 0 {
		return 1
	}
	if base == 0 {
		return compare.None
	}
	return compare.Number(now / base)
}
