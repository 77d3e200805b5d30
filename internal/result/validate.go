package result

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
)

// problem says what the format forbids about f, or "". It guards both ends: what Write refuses, Read would refuse.
func (f *File) problem() string {
	if !slices.Contains([]Kind{KindRun, KindCompare, KindSweep}, f.Kind) {
		return fmt.Sprintf("the kind is %.40q, not run, compare or sweep", f.Kind)
	}
	if len(f.Cells) == 0 {
		return "there are no cells: nothing was measured"
	}
	seen := map[string]bool{}
	for i := range f.Cells {
		c := &f.Cells[i]
		if c.Strategy == "" || c.Workload == "" {
			return fmt.Sprintf("cell %d has no strategy or no workload", i+1)
		}
		if p := cmp.Or(nameProblem(c.Strategy), nameProblem(c.Workload)); p != "" {
			return fmt.Sprintf("cell %d: %s", i+1, p)
		}
		if seen[c.Name()] {
			return fmt.Sprintf("the cell %s is there twice", c.Name())
		}
		seen[c.Name()] = true
		if p := c.problem(); p != "" {
			return fmt.Sprintf("cell %s: %s", c.Name(), p)
		}
	}
	return ""
}

// maxName is far above any name of ours, in bytes.
const maxName = 200

// nameProblem refuses names that would take over the terminal they are shown on.
func nameProblem(name string) string {
	switch {
	case len(name) > maxName:
		return fmt.Sprintf("the name %.20q... is longer than %d bytes", name, maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Sprintf("the name %q holds what cannot be printed", name)
	}
	return ""
}

// Name gives "strategy workload +added", with "(control)" for a control arm; it is unique in a file.
func (c *Cell) Name() string {
	s := c.Strategy + " " + c.Workload
	if c.AddedRTT != 0 {
		s += " +" + c.AddedRTT.String()
	}
	if c.Control {
		s += " (control)"
	}
	return s
}

func (c *Cell) problem() string {
	if c.AddedRTT < 0 || c.MeasuredRTT < 0 {
		return "a round-trip time is negative"
	}
	rounds := map[int]bool{}
	for _, r := range c.Rounds {
		if r.Round < 1 || rounds[r.Round] {
			return fmt.Sprintf("round %d is numbered below 1 or is there twice", r.Round)
		}
		rounds[r.Round] = true
		if p := cmp.Or(problems(r.Operations, r.Queries, r.Orchestrations), r.Waiting.waitingProblem()); p != "" {
			return fmt.Sprintf("round %d: %s", r.Round, p)
		}
	}
	for _, d := range c.Disturbed {
		if d.Round < 1 || rounds[d.Round] {
			return fmt.Sprintf("disturbed round %d is numbered below 1 or is there twice", d.Round)
		}
		rounds[d.Round] = true
		if d.Outage < 0 || d.Position < 0 {
			return fmt.Sprintf("disturbed round %d: a figure is negative", d.Round)
		}
		if p := nameProblem(d.Reason); p != "" {
			return fmt.Sprintf("disturbed round %d: %s", d.Round, p)
		}
	}
	if c.Cold != nil {
		if p := cmp.Or(problems(c.Cold.Operations, c.Cold.Queries, c.Cold.Orchestrations), traceProblem(c.Cold.Traces)); p != "" {
			return "cold: " + p
		}
	}
	return cmp.Or(problems(c.Summary.Operations, c.Summary.Queries, c.Summary.Orchestrations), c.Summary.Waiting.waitingProblem(), traceProblem(c.Summary.Traces))
}

func traceProblem(traces []Trace) string {
	for _, t := range traces {
		if p := nameProblem(t.Operation); p != "" {
			return "traces: " + p
		}
		if min(t.Calls, int64(t.Duration), int64(t.Wait)) < 0 {
			return fmt.Sprintf("trace %s: a figure is negative", t.Operation)
		}
		for _, s := range t.Steps {
			if p := nameProblem(s.Name); p != "" {
				return fmt.Sprintf("trace %s: %s", t.Operation, p)
			}
			if s.Start < 0 || s.End < s.Start {
				return fmt.Sprintf("trace %s: step %s ends before it begins", t.Operation, s.Name)
			}
		}
	}
	return ""
}

func problems(ops []Operation, queries []Query, orch *Orchestrations) string {
	for _, o := range ops {
		if p := nameProblem(o.Name); p != "" {
			return "operations: " + p
		}
		if !slices.Contains([]Outcome{Loaded, Empty, OK, Failed}, o.Outcome) {
			return fmt.Sprintf("operation %s: the outcome is %.40q, not loaded, empty, ok or error", o.Name, o.Outcome)
		}
		if !finite(o.RoundTripsPerOp, o.BytesOutPerOp, o.BytesInPerOp) {
			return fmt.Sprintf("operation %s: a figure for each call is negative or not a number", o.Name)
		}
		if p := cmp.Or(o.Latency.problem(), o.Server.problem()); p != "" {
			return fmt.Sprintf("operation %s: %s", o.Name, p)
		}
	}
	for _, q := range queries {
		if p := nameProblem(q.Name); p != "" {
			return "queries: " + p
		}
		if p := cmp.Or(q.Latency.problem(), q.Server.problem()); p != "" {
			return fmt.Sprintf("query %s: %s", q.Name, p)
		}
	}
	if orch != nil {
		if !finite(orch.PerSecond) {
			return "orchestrations: the rate is negative or not a number"
		}
		if p := orch.latency().problem(); p != "" {
			return "orchestrations: " + p
		}
		if f := orch.Offered; f != nil {
			if p := cmp.Or(f.Lag.problem(), f.Service.problem()); p != "" || !finite(f.PerSecond) || min(f.Arrived, f.Late) < 0 {
				return "orchestrations: the account of the open loop holds a negative figure"
			}
		}
	}
	return ""
}

func (l Latency) problem() string {
	if l.Count < 0 || l.Errors < 0 {
		return "a count is negative"
	}
	if min(l.Mean, l.P50, l.P90, l.P99, l.Max) < 0 {
		return "a duration is negative"
	}
	return ""
}

func (l *Latency) waitingProblem() string {
	if l == nil || l.problem() == "" {
		return ""
	}
	return "waiting: " + l.problem()
}

func finite(vs ...float64) bool {
	return !slices.ContainsFunc(vs, func(v float64) bool { return v < 0 || math.IsNaN(v) || math.IsInf(v, 0) })
}
