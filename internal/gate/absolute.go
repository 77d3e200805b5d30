package gate

import (
	"fmt"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// absolute is the part of tier 3 that never fails: the machine is in these figures as much as the build.
func (c *checker) absolute(f *result.File) {
	now := map[string]Absolute{}
	for _, a := range absolute(f) {
		now[a.name()] = a
	}
	for _, a := range c.baseline.Absolute {
		n, ok := now[a.name()]
		if !ok {
			continue // tiers 1 and 2 tell
		}
		c.add(a.compared(P50, "ns", float64(a.P50), float64(n.P50)))
		c.add(a.compared(P99, "ns", float64(a.P99), float64(n.P99)))
		if a.PerSecond > 0 {
			c.add(a.compared(Throughput, "1/s", a.PerSecond, n.PerSecond))
		}
	}
}

func (a Absolute) compared(m Metric, unit string, was, is float64) Case {
	x := newCase(Budgets, absoluteName(a, m), m, unit)
	x.Workload, x.Strategy, x.Operation, x.Outcome, x.AddedRTT = a.Workload, a.Strategy, a.Operation, a.Outcome, a.AddedRTT
	x.Baseline, x.Now, x.Change, x.Status = compare.Number(was), compare.Number(is), change(was, is), NotGated
	return x
}

// budgets is the part of tier 3 that the caller asks for. A budget holds at the least added distance of each workload and
// strategy it names; one that nothing has is an error, for it would pass whatever the build does.
func (c *checker) budgets(f *result.File) error {
	if len(c.Budgets) > 0 && f == nil {
		c.note("No timed run was given: budgets are not checked.")
		return nil
	}
	for _, b := range c.Budgets {
		met := false
		for _, cell := range nearest(f) {
			if (b.Strategy == "" || b.Strategy == cell.Strategy) && (b.Workload == "" || b.Workload == cell.Workload) {
				x, found := c.budget(b, cell)
				if found || b.Workload != "" { // not every workload has every operation
					met = true
					c.add(x)
				}
			}
		}
		if !met && !c.Partial {
			return fmt.Errorf("budget %s: the timed run has no such operation: check the names of strategy, workload and operation", b)
		}
	}
	return nil
}

func (c *checker) budget(b Budget, cell *result.Cell) (x Case, found bool) {
	v, calls, o := b.figure(cell.Summary)
	x = newCase(Budgets, budgetName(b, cell.Workload, cell.Strategy), b.Metric, "ns")
	if b.Metric == Throughput {
		x.Unit = "1/s"
	}
	x.Workload, x.Strategy, x.Operation, x.Outcome, x.AddedRTT = cell.Workload, cell.Strategy, b.Operation, o, cell.AddedRTT
	x.Limit = compare.Number(b.Limit)
	if calls == 0 {
		x.Status, x.Note = Inconclusive, "missing operation: it was never called"
		if c.Strict {
			x.Status = Fail
		}
		return x, false
	}
	x.Now = compare.Number(v)
	x.Over = !(v < b.Limit)
	if b.Metric == Throughput {
		x.Over = !(v > b.Limit)
	}
	switch {
	case !x.Over:
		x.Status = Pass
	case c.Strict:
		x.Status = Fail
	default:
		x.Status, x.Note = NotGated, "over the budget; only strict gating fails for it"
	}
	return x, true
}
