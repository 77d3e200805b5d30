package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgbench-provider/internal/result"
)

// ErrNothingToCompare is returned when the input has only one side.
var ErrNothingToCompare = errors.New("nothing to compare")

// IncomparableError says why two sides must not be compared: their figures would differ for reasons of their own.
type IncomparableError struct {
	Differences []string // at least one, each a sentence without full stop
}

// Error lists the differences.
func (e *IncomparableError) Error() string {
	return "incomparable: " + strings.Join(e.Differences, "; ")
}

// Strategies compares the strategies of one file with its base, workload by workload and distance by distance. Rounds are
// paired by number. It returns [ErrNothingToCompare] when there is no second strategy or no base of that name, and an
// [*IncomparableError] when the cells of a workload had different parameters.
func Strategies(f *result.File, o Options) (*Analysis, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	names := strategies(f)
	if o.Base == "" {
		o.Base = names[0]
	}
	if !slices.Contains(names, o.Base) {
		return nil, fmt.Errorf("%w: there is no strategy %q in the file, which has %s",
			ErrNothingToCompare, o.Base, strings.Join(names, ", "))
	}
	a := o.analysis(f, f, true)
	var differences []string
	for i := range f.Cells {
		base := &f.Cells[i]
		if base.Control || base.Strategy != o.Base {
			continue
		}
		for j := range f.Cells {
			head := &f.Cells[j]
			if head.Control || head.Strategy == o.Base || head.Workload != base.Workload || head.AddedRTT != base.AddedRTT {
				continue
			}
			differences = append(differences, parameterDifferences(base, head)...)
			a.compare(o, base, head, floors(o, f, base.Workload, base.AddedRTT))
		}
	}
	if len(differences) > 0 {
		return nil, &IncomparableError{slices.Compact(differences)}
	}
	if len(a.Comparisons) == 0 {
		return nil, fmt.Errorf("%w: the only strategy is %s; run a second one, or give a second file",
			ErrNothingToCompare, strings.Join(names, ", "))
	}
	a.conclude(o)
	return a, nil
}

// Files compares each strategy of head with the same strategy of base. Files of one strategy each are compared even when
// the strategies differ. Rounds of different files do not pair, so intervals are wider than those of an interleaved run
// and a change of the machine between the runs counts as an effect: a warning says so. It returns an
// [*IncomparableError] with what [Incomparable] finds.
func Files(base, head *result.File, o Options) (*Analysis, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if differences := Incomparable(base, head); len(differences) > 0 {
		return nil, &IncomparableError{differences}
	}
	a := o.analysis(base, head, false)
	for _, p := range cellPairs(base, head) {
		fl := floors(o, base, p.base.Workload, p.base.AddedRTT)
		fl.widen(floors(o, head, p.base.Workload, p.base.AddedRTT))
		a.compare(o, p.base, p.head, fl)
	}
	if len(a.Comparisons) == 0 {
		return nil, fmt.Errorf("%w: the files have no operation in common", ErrNothingToCompare)
	}
	a.conclude(o)
	return a, nil
}

func (o Options) analysis(base, head *result.File, paired bool) *Analysis {
	return &Analysis{
		Format: result.Format, Paired: paired, Margin: o.Margin, Confidence: o.Confidence,
		BaseSource: o.BaseSource, HeadSource: o.HeadSource,
		Comparisons: []Comparison{}, Warnings: []string{}, Base: base, Head: head, options: o,
	}
}

// strategies lists the strategies of f in order of appearance.
func strategies(f *result.File) []string {
	var names []string
	for _, c := range f.Cells {
		if !slices.Contains(names, c.Strategy) {
			names = append(names, c.Strategy)
		}
	}
	return names
}

type cellPair struct{ base, head *result.Cell }

// cellPairs matches the cells of two files, control arms left out.
func cellPairs(base, head *result.File) []cellPair {
	b, h := strategies(base), strategies(head)
	cross := len(b) == 1 && len(h) == 1
	var pairs []cellPair
	for i := range base.Cells {
		for j := range head.Cells {
			x, y := &base.Cells[i], &head.Cells[j]
			if !x.Control && !y.Control && x.Workload == y.Workload && x.AddedRTT == y.AddedRTT &&
				(cross || x.Strategy == y.Strategy) {
				pairs = append(pairs, cellPair{x, y})
			}
		}
	}
	return pairs
}

// compare adds all metrics of one pair of cells, verdicts still to be given.
func (a *Analysis) compare(o Options, base, head *result.Cell, fl floorSet) {
	for _, m := range measures(base, head) {
		c := Comparison{
			Workload: base.Workload, AddedRTT: base.AddedRTT, MeasuredRTT: base.MeasuredRTT,
			Metric: m.metric, Operation: m.operation, Outcome: m.outcome, Unit: m.unit(),
			Base: base.Strategy, Head: head.Strategy,
			BaseValue: Number(m.total(base)), HeadValue: Number(m.total(head)),
			Ratio: None, CILow: None, CIHigh: None, PValue: None, PAdjusted: None, Lag1: None,
		}
		c.floor = fl[m.key]
		c.NoiseFloorDown, c.NoiseFloor = c.floor.changes()
		if m.metric == RoundTrips {
			m.count(&c, base, head)
		} else {
			m.estimate(o, &c, base, head, a.Paired)
		}
		a.Comparisons = append(a.Comparisons, c)
	}
}
