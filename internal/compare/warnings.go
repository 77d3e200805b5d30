package compare

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/result"
)

// warn collects the doubts about the whole analysis. Each is one sentence that says what to do, or what it means.
func (a *Analysis) warn(o Options, family int) {
	add := func(format string, args ...any) {
		if s := fmt.Sprintf(format, args...); !slices.Contains(a.Warnings, s) {
			a.Warnings = append(a.Warnings, s)
		}
	}
	if !a.Paired {
		add("The two files are separate runs: a change of the machine between them counts as an effect. " +
			"One run with both sides interleaved is more trustworthy.")
		a.warnEnvironment(add)
	}
	a.warnRounds(o, family, add)
	files := []*result.File{a.Base}
	if a.Head != a.Base {
		files = append(files, a.Head)
	}
	for _, f := range files {
		effect := o.slots(f)
		effect.warn(add)
		if a.Paired {
			a.SlotEffect = effect
		}
		for _, w := range Disturbed(f, a.Paired) {
			add("%s", w)
		}
		warnFile(f, add)
		for _, w := range f.Warnings {
			add("%s", w)
		}
	}
}

type adder func(format string, args ...any)

func (a *Analysis) warnRounds(o Options, family int, add adder) {
	rounds, weak := math.MaxInt, false
	var correlations []float64
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		if c.Metric != P50 || c.Verdict == NotEnoughData {
			continue
		}
		n := c.Rounds
		if !a.Paired {
			n = min(n, c.HeadRounds)
		}
		rounds = min(rounds, n)
		weak = weak || !o.attainable(c.est.pMin, family)
		if c.Lag1.Valid() {
			correlations = append(correlations, float64(c.Lag1))
		}
	}
	if rounds == math.MaxInt {
		add("Nothing has the %d rounds that an estimate needs: run more rounds.", MinRounds)
		return
	}
	if rounds < fewRounds {
		add("Only %d rounds: intervals are wide and tests weak below %d.", rounds, fewRounds)
	}
	if weak {
		add("Too few rounds to pass the correction for %d comparisons: verdicts rest on rounds that all agree.", family)
	}
	if s := a.FewCalls(); s != "" {
		add("As few as %s: below %d the p50 of a round is itself uncertain; use longer rounds.", s, callsARound)
	}
	// Operations share their rounds: what all of them show is judged once, beyond what independent rounds show in one of
	// forty cases.
	if len(correlations) > 0 && median(correlations) > 2/math.Sqrt(float64(rounds)) {
		add("Rounds next to each other are alike (lag-1 correlation %.2f), so intervals are too narrow; use longer rounds.",
			median(correlations))
	}
}

// cells finds the two arms of c.
func (a *Analysis) cells(c *Comparison) (base, head *result.Cell) {
	return cellOf(a.Base, c, c.Base), cellOf(a.Head, c, c.Head)
}

func cellOf(f *result.File, c *Comparison, strategy string) *result.Cell {
	i := slices.IndexFunc(f.Cells, func(x result.Cell) bool {
		return !x.Control && x.Strategy == strategy && x.Workload == c.Workload && x.AddedRTT == c.AddedRTT
	})
	return &f.Cells[i]
}

// FewCalls says where a round has the fewest calls that found work, "" when that is enough for its p50.
func (a *Analysis) FewCalls() string {
	fewest, where := int64(callsARound), ""
	look := func(c *result.Cell) {
		for _, r := range c.Rounds {
			for _, op := range r.Operations {
				if (op.Outcome == result.OK || op.Outcome == result.Loaded) && op.Count > 0 && op.Count < fewest {
					calls := map[bool]string{true: "1 call", false: fmt.Sprintf("%d calls", op.Count)}[op.Count == 1]
					fewest, where = op.Count, fmt.Sprintf("%s in a round (%s %s)", calls, c.Name(), op.Name)
				}
			}
		}
	}
	for i := range a.Comparisons {
		if c := &a.Comparisons[i]; c.Metric == P50 {
			base, head := a.cells(c)
			look(base)
			look(head)
		}
	}
	return where
}

// Busy says that other work kept the client's machine busy before the run, "" when it did not or nobody knows.
func Busy(f *result.File) string {
	c, load := f.Environment.Client, 0.
	if _, err := fmt.Sscan(c.Facts["load_average_before"], &load); err != nil || c.Cores == 0 || load <= float64(c.Cores) {
		return ""
	}
	return fmt.Sprintf("load average %.4g on %d cores before the run", load, c.Cores)
}

// lag1 is the correlation of neighbours in d, 0 when d is constant.
func lag1(d []float64) float64 {
	mean := 0.0
	for _, x := range d {
		mean += x / float64(len(d))
	}
	var num, den float64
	for i, x := range d {
		den += (x - mean) * (x - mean)
		if i > 0 {
			num += (x - mean) * (d[i-1] - mean)
		}
	}
	if den == 0 {
		return 0
	}
	return num / den
}

// warnFile looks at what the run itself recorded.
func warnFile(f *result.File, add adder) {
	if s := Busy(f); s != "" {
		add("The machine was busy (%s): other work may have slowed rounds down; repeat it on a quiet one.", s)
	}
	for _, c := range f.Checks {
		if !c.OK {
			add("Check %q failed%s: figures of wrong answers mean nothing.", c.Name, detail(c))
		}
	}
	checkpoints := map[int]bool{}
	for i := range f.Cells {
		c := &f.Cells[i]
		for _, r := range c.Rounds {
			if r.Checkpoints > 0 {
				checkpoints[r.Round] = true
			}
		}
		for _, op := range c.Summary.Operations {
			if op.Errors > 0 && op.Outcome != result.Failed {
				add("%s: %d calls of %s failed; they are not in its figures.", c.Name(), op.Errors, op.Name)
			}
		}
		if o := c.Summary.Orchestrations; o != nil && o.Failed > 0 {
			add("%s: %d orchestrations failed.", c.Name(), o.Failed)
		}
		if d := drift(c); math.Abs(d) > 0.2 {
			add("%s drifted: its operations were %s %s in the last third of the rounds than in the first.",
				c.Name(), percent(math.Abs(math.Expm1(d))), map[bool]string{true: "slower", false: "faster"}[d > 0])
		}
	}
	if n := len(checkpoints); n > 0 {
		add("Checkpoints fell into %s; they lengthen the tail.", map[bool]string{true: "1 round", false: fmt.Sprintf("%d rounds", n)}[n == 1])
	}
}

func detail(c result.Check) string {
	if c.Detail == "" {
		return ""
	}
	return " (" + c.Detail + ")"
}

// drift is the median log change of the operations' p50 between the first and the last third of the rounds, 0 with too
// few rounds to tell.
func drift(c *result.Cell) float64 {
	var changes []float64
	for _, op := range c.Summary.Operations {
		s := measure{key{op.Name, op.Outcome, P50}}.series(c)
		third := len(s.logs) / 3
		if third < 3 || op.Outcome == result.Failed {
			continue
		}
		changes = append(changes, median(s.logs[len(s.logs)-third:])-median(s.logs[:third]))
	}
	if len(changes) == 0 {
		return 0
	}
	return median(changes)
}

func median(x []float64) float64 { return quantile(slices.Sorted(slices.Values(x)), 0.5) }
