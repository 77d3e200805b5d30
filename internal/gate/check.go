package gate

import (
	"errors"
	"fmt"
	"math"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Check compares a build with b. counters and timed are runs like those that b was made from; one may be nil, and then its
// tiers are not gated, which Notes say. It returns an [*IncomparableError] when something other than the build differs:
// PostgreSQL's major version, the hashes of schema and routines, parameters of a workload, the cells measured, the seed
// and size of the counter run, the format of results. Other errors are about o.
func Check(b *Baseline, counters, timed *result.File, o Options) (*Verdict, error) {
	if p := b.problem(); p != "" {
		return nil, fmt.Errorf("the baseline is not usable: %s", p)
	}
	if err := o.check(b); err != nil {
		return nil, err
	}
	now, err := identify(counters, timed)
	if err != nil {
		return nil, err
	}
	if d := b.Identity.against(now, o); len(d) > 0 {
		return nil, &IncomparableError{Differences: d}
	}
	c := &checker{Options: o, baseline: b, floors: map[string]float64{}, seen: map[string]bool{},
		out: &Verdict{Format: Format, Cases: []Case{}, Notes: []string{}}}
	for _, f := range b.Floors {
		c.floors[f.Case] = f.Value
	}
	if err := c.run(now, counters, timed); err != nil {
		return nil, err
	}
	return c.out, nil
}

// checker is a check under way.
type checker struct {
	Options
	baseline *Baseline
	floors   map[string]float64
	seen     map[string]bool
	out      *Verdict
}

func (c *checker) run(now Identity, counters, timed *result.File) error {
	b := c.baseline
	c.out.Notes = append(c.out.Notes, b.NotGated...)
	if b.Identity.Tool != now.Tool {
		c.note("The tool is %s in the baseline and %s now.", b.Identity.Tool, now.Tool)
	}
	if timed != nil {
		c.out.Notes = append(c.out.Notes, compare.Disturbed(timed, true)...)
	}
	if c.ChangedSQL && len(b.Identity.differences(now, inBaseline, inBuild, false)) > 0 {
		c.note("The schema or the routines differ from those of the baseline, as was said.")
	}
	switch {
	case counters != nil && b.Identity.Counters != nil:
		c.exact(counters)
	case b.Identity.Counters != nil:
		c.note("No counter run was given: tier 1 is not gated.")
	}
	switch {
	case timed == nil && b.Identity.Timed != nil:
		c.note("No timed run was given: ratios and slopes are not gated.")
	case timed != nil && b.Identity.Timed != nil:
		if err := c.timed(timed); err != nil {
			return err
		}
	}
	if err := c.budgets(timed); err != nil {
		return err
	}
	c.out.count()
	if n := c.out.Counts.Better; n > 0 {
		c.note("Cases better than the baseline: %d. Update it, or the next build may lose what this one gained.", n)
	}
	return nil
}

func (c *checker) timed(f *result.File) error {
	base := ""
	if len(c.baseline.Ratios) > 0 {
		base = c.baseline.Ratios[0].Base
	}
	t, err := timingsOf(f, base, c.Resamples)
	if errors.Is(err, compare.ErrNothingToCompare) {
		return fmt.Errorf("timed run: %w: the baseline has ratios to %s", err, base)
	}
	if err != nil {
		return fmt.Errorf("timed run: %w", err)
	}
	c.ratios(t)
	c.slopes(t)
	c.absolute(f)
	return nil
}

func (c *checker) note(format string, args ...any) {
	c.out.Notes = append(c.out.Notes, fmt.Sprintf(format, args...))
}

func (c *checker) add(x Case) {
	if !c.seen[x.Name] { // a budget can be given twice
		c.seen[x.Name] = true
		c.out.Cases = append(c.out.Cases, x)
	}
}

// newCase has no figure yet.
func newCase(t Tier, name string, m Metric, unit string) Case {
	return Case{
		Name: name, Tier: t, Metric: m, Unit: unit, Baseline: compare.None, Now: compare.None, Change: compare.None,
		Low: compare.None, High: compare.None, Tolerance: compare.None, Limit: compare.None,
	}
}

// has says whether f measured an operation: at distance added, or at any if that is negative.
func has(f *result.File, workload, strategy, operation string, o result.Outcome, added time.Duration) (cell, op bool) {
	for _, c := range f.Cells {
		if c.Control || c.Workload != workload || c.Strategy != strategy || added >= 0 && c.AddedRTT != added {
			continue
		}
		cell = true
		if w := c.Summary.Orchestrations; operation == compare.Orchestration && w != nil && w.Completed > 0 {
			op = true
		}
		for _, x := range c.Summary.Operations {
			op = op || x.Name == operation && x.Outcome == o && x.Count > 0
		}
	}
	return cell, op
}

// noise is the rounding of sums of counts that were divided and multiplied again.
const noise = 1e-9

func equal(a, b float64) bool { return math.Abs(a-b) <= noise*max(math.Abs(a), math.Abs(b)) }

// above says that v is beyond limit by more than rounding.
func above(v, limit float64) bool { return v > limit+noise*math.Abs(limit) }
