package html

import (
	"cmp"
	"slices"
	"time"

	"pgbench-provider/internal/result"
)

// view is what is shown side by side: the strategies of one workload at one distance, or one strategy of two files.
type view struct {
	workload        string
	added, measured time.Duration
	arms            []arm // the base first
}

type arm struct {
	name    string
	style   int // the same for a strategy in all charts
	cell    *result.Cell
	control *result.Cell // nil if there was none
}

func (p Page) workloads() (names []string) {
	for _, c := range p.Head.Cells {
		if !slices.Contains(names, c.Workload) {
			names = append(names, c.Workload)
		}
	}
	return names
}

// base is the strategy that others are compared with.
func (p Page) base() string {
	if p.Compared != nil && len(p.Compared.Comparisons) > 0 {
		return p.Compared.Comparisons[0].Base
	}
	return p.Base.Cells[0].Strategy
}

// style numbers the strategies in the order of the file.
func (p Page) style(strategy string) int {
	var names []string
	for _, c := range p.Base.Cells {
		if !slices.Contains(names, c.Strategy) {
			names = append(names, c.Strategy)
		}
	}
	return max(slices.Index(names, strategy), 0)
}

// views gives those of a workload, near to far.
func (p Page) views(workload string) []view {
	var out []view
	if p.Base == p.Head {
		out = p.strategies(workload)
	} else {
		out = p.sides(workload)
	}
	slices.SortStableFunc(out, func(a, b view) int { return cmp.Compare(a.added, b.added) })
	return out
}

func (p Page) strategies(workload string) (out []view) {
	for i := range p.Base.Cells {
		c := &p.Base.Cells[i]
		if c.Workload != workload || c.Control {
			continue
		}
		j := slices.IndexFunc(out, func(v view) bool { return v.added == c.AddedRTT })
		if j < 0 {
			j = len(out)
			out = append(out, view{workload: workload, added: c.AddedRTT, measured: c.MeasuredRTT})
		}
		a := arm{name: c.Strategy, style: p.style(c.Strategy), cell: c, control: find(p.Base, c, true)}
		if c.Strategy == p.base() {
			out[j].arms = slices.Insert(out[j].arms, 0, a)
		} else {
			out[j].arms = append(out[j].arms, a)
		}
	}
	for i := range out {
		out[i].measured = p.measuredAt(out[i])
	}
	return out
}

// measuredAt is the round trip of a view: that of its base, and in a sweep the middle one of all its strategies.
func (p Page) measuredAt(v view) time.Duration {
	if p.Distance != nil {
		k := v.main()
		for _, d := range p.Distance.Distances(v.workload, k.operation, k.outcome) {
			if d.Added == v.added {
				return d.Measured
			}
		}
	}
	return v.measured
}

// sides gives a view for each cell that both files have.
func (p Page) sides(workload string) (out []view) {
	for i := range p.Base.Cells {
		base := &p.Base.Cells[i]
		if base.Workload != workload || base.Control {
			continue
		}
		if head := find(p.Head, base, false); head != nil {
			out = append(out, view{workload, base.AddedRTT, base.MeasuredRTT, []arm{
				{name: "base", cell: base}, {name: "head", style: 1, cell: head},
			}})
		}
	}
	return out
}

// find gives the cell of f that is like c, or its control.
func find(f *result.File, c *result.Cell, control bool) *result.Cell {
	for i := range f.Cells {
		x := &f.Cells[i]
		if x.Strategy == c.Strategy && x.Workload == c.Workload && x.AddedRTT == c.AddedRTT && x.Control == control {
			return x
		}
	}
	return nil
}

// few leaves out the far ones of many distances: there the distance drowns what such charts are about.
func (p Page) few(views []view) []view {
	if p.Distance == nil {
		return views
	}
	return slices.DeleteFunc(slices.Clone(views), func(v view) bool { return v.added != views[0].added })
}

// suffix tells the charts of one distance from those of another.
func (v view) suffix() string {
	if v.added == 0 {
		return ""
	}
	return "-" + v.added.String()
}

// title names a view where it is one of several.
func (v view) title() string {
	s := v.workload
	if v.measured > 0 {
		s += ", round trip " + trip(v.measured)
	}
	if v.arms[0].name == "base" {
		s += ", " + v.arms[0].cell.Strategy
	}
	return s
}
