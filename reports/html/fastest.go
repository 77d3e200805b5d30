package html

import (
	"fmt"
	"slices"
	"time"

	"pgbench-provider/internal/compare"
)

// fastest says who leads at both ends of what was measured.
func (p Page) fastest(views []view, k subject, metric compare.Metric) string {
	near, far := views[0], views[len(views)-1]
	first, last := p.leaders(near, k, metric), p.leaders(far, k, metric)
	switch {
	case first == nil || last == nil:
		return fmt.Sprintf("Latency of %s from %s to %s; too few rounds to say which is fastest", k, trip(near.measured), trip(far.measured))
	case slices.Equal(first, last):
		return fmt.Sprintf("%s both at %s and at %s", are(first), trip(near.measured), trip(far.measured))
	}
	return fmt.Sprintf("At %s %s, at %s %s", trip(near.measured), are(first), trip(far.measured), are(last))
}

// leaders gives the fastest strategy and those that the paired rounds do not tell from it, in the order of v; nil where
// there are too few rounds.
func (p Page) leaders(v view, k subject, metric compare.Metric) (names []string) {
	if p.Compared == nil || p.Base != p.Head {
		return nil
	}
	for _, a := range v.arms {
		names = append(names, a.name)
	}
	s := p.Compared.Standing(compare.Quantity{Workload: v.workload, AddedRTT: v.added, Operation: k.operation, Outcome: k.outcome, Metric: metric}, names)
	if len(names) > 1 && !s.Known {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(s.Behind, name) })
}

// at is a place in a title.
func at(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return " at " + trip(d)
}
