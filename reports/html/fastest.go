package html

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pgbench-provider/internal/distance"
)

// fastest says who leads at both ends, ties named together.
func (p Page) fastest(workload string, k subject, legs []distance.Distance) string {
	near, far := legs[0].Measured, legs[len(legs)-1].Measured
	first, last := p.leaders(workload, k, near), p.leaders(workload, k, far)
	if first == nil || last == nil {
		return fmt.Sprintf("Latency of %s from %s to %s; too few rounds to say which is fastest", k, trip(near), trip(far))
	}
	if slices.Equal(first, last) {
		return fmt.Sprintf("%s fastest both at %s and at %s", are(first), trip(near), trip(far))
	}
	return fmt.Sprintf("At %s %s fastest, at %s %s", trip(near), are(first), trip(far), are(last))
}

// leaders gives the strategy with the lowest line at a distance and those that its interval does not tell from it; nil
// where there are too few rounds for an interval.
func (p Page) leaders(workload string, k subject, at time.Duration) (names []string) {
	best, lowest := "", math.Inf(1)
	var all []string
	for _, f := range p.Distance.Fits {
		if f.Workload != workload || f.Operation != k.operation || f.Outcome != k.outcome {
			continue
		}
		all = append(all, f.Strategy)
		if e, ok := p.Distance.Predict(workload, k.operation, k.outcome, f.Strategy, at); ok && float64(e.Value) < lowest {
			best, lowest = f.Strategy, float64(e.Value)
		}
	}
	for _, name := range all {
		if name == best {
			names = append(names, name)
			continue
		}
		c, ok := p.Distance.Change(workload, k.operation, k.outcome, best, name, at)
		if !ok || !c.CILow.Valid() {
			return nil
		}
		if c.CILow <= 1 {
			names = append(names, name)
		}
	}
	return names
}
