package reports

import (
	"cmp"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/seed"
)

func (r *reproduction) publishedLine(o seed.Operation) reproducedLine {
	l := reproducedLine{Operation: o.Operation, Source: published, RoundTrips: nothing}
	for i, c := range o.Stages() {
		l.Latency[i], l.Calls[i] = compare.Number(1e6*printedOr(c)), int64(len(c.MS))
		t := r.published.RoundTrips.Find(o.Operation, string(outcomeOf(o.Operation)))
		switch {
		case t == nil:
		case c.Form == "procedure":
			l.RoundTrips[i] = compare.Number(t.Procedure)
		default:
			l.RoundTrips[i] = compare.Number(t.Mean())
		}
	}
	return l
}

// printedOr gives the average as printed, or that of the calls.
func printedOr(c seed.Calls) float64 {
	if c.PrintedAverage != nil {
		return *c.PrintedAverage
	}
	return c.Average()
}

// outcomeOf is that of a call with work.
func outcomeOf(operation string) result.Outcome {
	if strings.HasPrefix(operation, "fetch_") {
		return result.Loaded
	}
	return result.OK
}

func measuredLine(operation, source string, cells [3]*result.Cell) reproducedLine {
	l := reproducedLine{Operation: operation, Source: source, Latency: nothing, RoundTrips: nothing}
	for i, c := range cells {
		for _, o := range calls(c, source) {
			if o.Name == operation && o.Outcome == outcomeOf(operation) && o.Count > 0 {
				l.Latency[i], l.RoundTrips[i], l.Calls[i] = compare.Number(o.Mean), compare.Number(o.RoundTripsPerOp), o.Count
			}
		}
	}
	return l
}

func calls(c *result.Cell, source string) []result.Operation {
	switch {
	case c == nil || source == coldUse && c.Cold == nil:
		return nil
	case source == coldUse:
		return c.Cold.Operations
	}
	return c.Summary.Operations
}

func wholeLine(source string, cells [3]*result.Cell) reproducedLine {
	l := reproducedLine{Operation: compare.Orchestration, Source: source, Latency: nothing, RoundTrips: nothing}
	for i, c := range cells {
		var o *result.Orchestrations
		switch {
		case c == nil || source == coldUse && c.Cold == nil:
		case source == coldUse:
			o = c.Cold.Orchestrations
		default:
			o = c.Summary.Orchestrations
		}
		if o == nil {
			continue
		}
		if took := cmp.Or(o.Mean, o.P50); took > 0 {
			l.Latency[i], l.Calls[i] = compare.Number(took), o.Completed
		}
	}
	return l
}
