package reports

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

var roundColumns = []string{
	"workload", "added_rtt_ns", "strategy", "control", "round", "position", "operation", "outcome", "metric", "value",
}

// runCSV writes a row for each round, strategy, workload, operation and metric. The null query and the whole
// orchestration stand as operations of their own, with no outcome.
func runCSV(w io.Writer, f *result.File, _ Options) error {
	cw := csv.NewWriter(w)
	if err := cw.Write(roundColumns); err != nil {
		return err
	}
	for _, c := range f.Cells {
		for _, r := range c.Rounds {
			row := func(operation string, outcome result.Outcome, metric, value string) {
				cw.Write([]string{ //nolint:errcheck // the writer keeps the error for Error below
					c.Workload, ns(c.AddedRTT), c.Strategy, strconv.FormatBool(c.Control),
					strconv.Itoa(r.Round), strconv.Itoa(r.Position), operation, string(outcome), metric, value,
				})
			}
			roundRows(r, row)
		}
	}
	cw.Flush()
	return cw.Error()
}

func roundRows(r result.Round, row func(operation string, outcome result.Outcome, metric, value string)) {
	if r.MeasuredRTT > 0 {
		row("null_query", "", "p50_ns", ns(r.MeasuredRTT))
	}
	for _, op := range r.Operations {
		row(op.Name, op.Outcome, "count", count(op.Count))
		row(op.Name, op.Outcome, "errors", count(op.Errors))
		row(op.Name, op.Outcome, "mean_ns", ns(op.Mean))
		row(op.Name, op.Outcome, "p50_ns", ns(op.P50))
		row(op.Name, op.Outcome, "p90_ns", ns(op.P90))
		row(op.Name, op.Outcome, "p99_ns", ns(op.P99))
		row(op.Name, op.Outcome, "max_ns", ns(op.Max))
		row(op.Name, op.Outcome, "round_trips_per_op", optional(compare.Number(op.RoundTripsPerOp)))
	}
	if o := r.Orchestrations; o != nil {
		row(compare.Orchestration, "", "completed", count(o.Completed))
		row(compare.Orchestration, "", "failed", count(o.Failed))
		row(compare.Orchestration, "", "per_second", optional(compare.Number(o.PerSecond)))
		row(compare.Orchestration, "", "p50_ns", ns(o.P50))
		row(compare.Orchestration, "", "p99_ns", ns(o.P99))
	}
}

var comparisonColumns = []string{
	"workload", "added_rtt_ns", "operation", "outcome", "metric", "unit", "base", "head", "base_value", "head_value",
	"ratio", "ci_low", "ci_high", "verdict", "p_value", "p_adjusted", "detected", "rounds",
	"noise_floor_down", "noise_floor", "lag1_correlation", "note",
}

// comparisonCSV writes a row for each comparison, its keys those of the JSON; a figure that is not there is empty.
func comparisonCSV(w io.Writer, a *compare.Analysis, _ Options) error {
	cw := csv.NewWriter(w)
	if err := cw.Write(comparisonColumns); err != nil {
		return err
	}
	for _, c := range a.Comparisons {
		cw.Write([]string{ //nolint:errcheck // the writer keeps the error for Error below
			c.Workload, ns(c.AddedRTT), c.Operation, string(c.Outcome), string(c.Metric), c.Unit, c.Base, c.Head,
			optional(c.BaseValue), optional(c.HeadValue), optional(c.Ratio), optional(c.CILow), optional(c.CIHigh),
			string(c.Verdict), optional(c.PValue), optional(c.PAdjusted), strconv.FormatBool(c.Detected), strconv.Itoa(c.Rounds),
			optional(c.NoiseFloorDown), optional(c.NoiseFloor), optional(c.Lag1), c.Note,
		})
	}
	cw.Flush()
	return cw.Error()
}

func ns(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }

func count(n int64) string { return strconv.FormatInt(n, 10) }

func number(v float64) string { return strconv.FormatFloat(v, 'g', 9, 64) }

func optional(n compare.Number) string {
	if !n.Valid() {
		return ""
	}
	return number(float64(n))
}
