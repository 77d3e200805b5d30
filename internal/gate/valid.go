package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// problem names the first field that breaks a rule, or is "". It guards both ends: what Write refuses, Read would refuse.
func (b *Baseline) problem() string {
	switch {
	case b.Identity.ResultFormat < 1:
		return fmt.Sprintf("identity.result_format is %d, not a version number", b.Identity.ResultFormat)
	case b.Identity.Counters == nil && len(b.Counters) > 0:
		return "identity.counters is not there, but counters are"
	case b.Identity.Timed == nil && len(b.Ratios)+len(b.Lines) > 0:
		return "identity.timed is not there, but ratios or lines are"
	case len(b.Counters)+len(b.Ratios)+len(b.Lines)+len(b.Absolute) == 0:
		return "counters, ratios, lines and absolute are empty: nothing would be gated"
	case slices.Contains([]bool{b.Counters == nil, b.Ratios == nil, b.Lines == nil, b.Absolute == nil, b.Floors == nil, b.NotGated == nil}, true):
		return "counters, ratios, lines, absolute, floors or not_gated is null: write [] for none"
	}
	return cmp.Or(
		b.Identity.Counters.problem("identity.counters"), b.Identity.Timed.problem("identity.timed"),
		each("counters", b.Counters, Counters.problem, func(c Counters) string { return c.name(RoundTrips) }),
		each("ratios", b.Ratios, Ratio.problem, Ratio.name),
		each("lines", b.Lines, Line.problem, Line.name),
		each("absolute", b.Absolute, Absolute.problem, Absolute.name),
		each("floors", b.Floors, Floor.problem, func(f Floor) string { return f.Case }),
	)
}

// each finds the first bad element, and the first that is there twice.
func each[T any](list string, items []T, problem, name func(T) string) string {
	seen := map[string]bool{}
	for i, x := range items {
		if p := problem(x); p != "" {
			return fmt.Sprintf("%s[%d].%s", list, i, p)
		}
		if n := name(x); seen[n] {
			return fmt.Sprintf("%s[%d]: %s is there twice", list, i, n)
		}
		seen[name(x)] = true
	}
	return ""
}

// named checks what every element has. The whole orchestration has no outcome.
func named(workload, operation string, o result.Outcome, strategies ...string) string {
	switch {
	case workload == "":
		return "workload is empty"
	case operation == "":
		return "operation is empty"
	case slices.Contains(strategies, ""):
		return "strategy, base or head is empty"
	case !slices.Contains([]result.Outcome{result.Loaded, result.Empty, result.OK}, o) && !(o == "" && operation == compare.Orchestration):
		return fmt.Sprintf("outcome is %q, not loaded, empty or ok", o)
	}
	return ""
}

func (r *Run) problem(path string) string {
	if r == nil {
		return ""
	}
	for i, c := range r.Cells {
		if c.Workload == "" || c.Strategy == "" || c.AddedRTT < 0 {
			return fmt.Sprintf("%s.cells[%d]: workload or strategy is empty, or added_rtt_ns below 0", path, i)
		}
	}
	return ""
}

type figure struct {
	field string
	value float64
	above bool // it must be above 0, else not below
}

func figures(list ...figure) string {
	for _, f := range list {
		switch {
		case math.IsNaN(f.value) || math.IsInf(f.value, 0):
			return fmt.Sprintf("%s is %v", f.field, f.value)
		case f.value < 0 || f.above && f.value == 0:
			return fmt.Sprintf("%s is %v, which is too small", f.field, f.value)
		}
	}
	return ""
}

func (c Counters) problem() string {
	p := cmp.Or(named(c.Workload, c.Operation, c.Outcome, c.Strategy), figures(
		figure{"calls", float64(c.Calls), true}, figure{"round_trips", c.RoundTrips, true}, figure{"bytes_out", c.BytesOut, true},
		figure{"bytes_in", c.BytesIn, true}, figure{"errors", c.Errors, false}, figure{"empty", c.Empty, false}))
	if s := c.Server; p == "" && s != nil {
		p = figures(figure{"server.statements", s.Statements, true}, figure{"server.rows", s.Rows, false}, figure{"server.buffers", s.Buffers, false},
			figure{"server.wal_records", s.WALRecords, false}, figure{"server.wal_page_images", s.WALPageImages, false},
			figure{"server.wal_bytes", s.WALBytes, false})
	}
	return p
}

func (r Ratio) problem() string {
	p := cmp.Or(named(r.Workload, r.Operation, r.Outcome, r.Base, r.Head), figures(figure{"added_rtt_ns", float64(r.AddedRTT), false},
		figure{"rtt_ns", float64(r.RTT), r.Lines}, figure{"rounds", float64(r.Rounds), false}))
	switch {
	case p != "":
	case math.IsInf(float64(r.Value), 0) || r.Value <= 0:
		p = fmt.Sprintf("value is %v, and must be above 0 or null", r.Value)
	case r.Low.Valid() != r.High.Valid():
		p = "low and high must both be there, or both be null"
	case r.Low.Valid() && !(r.Value.Valid() && 0 < r.Low && r.Low <= r.Value*(1+1e-9) && r.Value <= r.High*(1+1e-9)):
		p = fmt.Sprintf("low is %v and high %v, which do not hold the value %v between them", r.Low, r.High, r.Value)
	case r.NoiseFloor < 0 || math.IsInf(float64(r.NoiseFloor), 0):
		p = fmt.Sprintf("noise_floor is %v", r.NoiseFloor)
	}
	return p
}

func (l Line) problem() string {
	p := cmp.Or(named(l.Workload, l.Operation, l.Outcome, l.Strategy), figures(figure{"points", float64(l.Points), true}))
	switch {
	case p != "":
	case l.Statistic != compare.P50 && l.Statistic != compare.Mean:
		p = fmt.Sprintf("statistic is %q, not p50 or mean", l.Statistic)
	case !l.S.Valid() || !l.R.Valid():
		p = "s_ns or r is not a number"
	case l.RLow.Valid() != l.RHigh.Valid():
		p = "r_low and r_high must both be there, or both be null"
	case l.RLow > l.RHigh:
		p = fmt.Sprintf("r_low is %v, above r_high, which is %v", l.RLow, l.RHigh)
	}
	return p
}

func (a Absolute) problem() string {
	return cmp.Or(named(a.Workload, a.Operation, a.Outcome, a.Strategy), figures(figure{"added_rtt_ns", float64(a.AddedRTT), false},
		figure{"p50_ns", float64(a.P50), false}, figure{"p99_ns", float64(a.P99), false}, figure{"per_second", a.PerSecond, false}))
}

func (f Floor) problem() string {
	if f.Case == "" {
		return "case is empty"
	}
	return figures(figure{"value", f.Value, false}, figure{"runs", float64(f.Runs), true})
}
