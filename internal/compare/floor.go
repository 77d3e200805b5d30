package compare

import (
	"fmt"
	"math"
	"time"

	"pgbench-provider/internal/result"
)

// key names a measured quantity within a cell.
type key struct {
	operation string
	outcome   result.Outcome
	metric    Metric
}

// floor is what a control arm shows although nothing differs, on the log scale; the zero value stands for no control.
// No change is claimed that is not surely beyond both: the half-width of the control's interval, below which this run could
// not have seen anything, and its estimate, by which equal arms do differ here. The end of the interval would be both
// added up: docs/method.md has what that costs.
type floor struct {
	bias, half float64
	known      bool
}

func (f floor) value() float64 { return max(f.bias, f.half) }

// changes gives the floor as shares, downwards and upwards, NaN for none.
func (f floor) changes() (down, up Number) {
	if !f.known {
		return None, None
	}
	return Number(math.Expm1(-f.value())), Number(math.Expm1(f.value()))
}

// String is as in "−7 % to +8 %".
func (f floor) String() string {
	return fmt.Sprintf("−%s to +%s", percent(-math.Expm1(-f.value())), percent(math.Expm1(f.value())))
}

// floorSet is the noise floor by quantity.
type floorSet map[key]floor

func (s floorSet) widen(t floorSet) {
	for k, v := range t {
		s[k] = floor{max(s[k].bias, v.bias), max(s[k].half, v.half), true}
	}
}

// floors compares the control arms of a workload and distance with the arms whose twins they are.
func floors(o Options, f *result.File, workload string, rtt time.Duration) floorSet {
	set := floorSet{}
	for i := range f.Cells {
		control := &f.Cells[i]
		if !control.Control || control.Workload != workload || control.AddedRTT != rtt {
			continue
		}
		for j := range f.Cells {
			twin := &f.Cells[j]
			if !twin.Control && twin.Strategy == control.Strategy && twin.Workload == workload && twin.AddedRTT == rtt {
				set.widen(o.differ(twin, control))
			}
		}
	}
	return set
}

// differ measures two arms of the same strategy.
func (o Options) differ(twin, control *result.Cell) floorSet {
	set := floorSet{}
	for _, m := range measures(twin, control) {
		if m.metric == RoundTrips {
			continue
		}
		var c Comparison
		m.estimate(o, &c, twin, control, true)
		if c.Verdict != NotEnoughData {
			set[m.key] = floor{math.Abs(c.est.point), (c.est.high - c.est.low) / 2, true}
		}
	}
	return set
}
