package reports

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// tracked is an entry of github-action-benchmark's customSmallerIsBetter.
type tracked struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"` // "± x", half the interval
	Extra string  `json:"extra,omitempty"`
}

// runSmaller writes the median and the round trips of each operation. The medians are only of use where builds run on the
// same machine; a comparison gives ratios, which travel.
func runSmaller(w io.Writer, f *result.File, _ Options) error {
	all := []tracked{}
	for i := range f.Cells {
		c := &f.Cells[i]
		add := func(s subject, p50, p99 time.Duration, trips float64, calls int64) {
			name := caseName(c.Workload, c.AddedRTT, arm(c), s.name())
			if calls > 0 && p50 > 0 {
				all = append(all, tracked{Name: name + " p50", Unit: "ns", Value: float64(p50),
					Extra: fmt.Sprintf("p99 %d ns, %s", p99, plural(int(calls), "call", "calls"))})
			}
			if n := compare.Number(trips); calls > 0 && trips > 0 && n.Valid() {
				all = append(all, tracked{Name: name + " round trips", Unit: "round trips/call", Value: trips})
			}
		}
		for _, op := range c.Summary.Operations {
			add(subject{op.Name, op.Outcome}, op.P50, op.P99, op.RoundTripsPerOp, op.Count)
		}
		if o := c.Summary.Orchestrations; o != nil {
			add(subject{compare.Orchestration, ""}, o.P50, o.P99, 0, o.Completed)
		}
	}
	return writeTracked(w, all)
}

// comparisonSmaller writes the ratio of head to base for each p50, and the round trips of head.
func comparisonSmaller(w io.Writer, a *compare.Analysis, _ Options) error {
	all := []tracked{}
	for _, c := range a.Comparisons {
		name := comparisonName(&c)
		switch {
		case c.Metric == compare.P50 && c.Ratio.Valid():
			t := tracked{Name: name + " p50", Unit: "ratio", Value: float64(c.Ratio), Extra: verdict(c.Verdict)}
			if c.CILow.Valid() && c.CIHigh.Valid() {
				t.Range = "± " + strconv.FormatFloat(float64(c.CIHigh-c.CILow)/2, 'g', 3, 64)
			}
			all = append(all, t)
		case c.Metric == compare.RoundTrips && c.HeadValue.Valid():
			all = append(all, tracked{Name: name + " round trips", Unit: "round trips/call", Value: float64(c.HeadValue)})
		}
	}
	return writeTracked(w, all)
}

func writeTracked(w io.Writer, all []tracked) error {
	for i := range all { // the last digits of a float64 differ between processors
		v, err := strconv.ParseFloat(number(all[i].Value), 64)
		if err != nil {
			return err
		}
		all[i].Name, all[i].Value = cmp.Or(clean(all[i].Name), "unnamed"), v
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(all)
}

// caseName holds no figure but the distance, so that it is the same in every build.
func caseName(workload string, added time.Duration, who, operation string) string {
	name := workload + "/" + who
	if added > 0 {
		name += "/+" + added.String()
	}
	return name + "/" + operation
}

func comparisonName(c *compare.Comparison) string {
	who := c.Head
	if c.Base != c.Head { // else two builds of one strategy
		who += " to " + c.Base
	}
	return caseName(c.Workload, c.AddedRTT, who, subject{c.Operation, c.Outcome}.name())
}
