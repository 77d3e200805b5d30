package distance

import (
	"math"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Analysis is what the distances of a file say. Times are nanoseconds; figures that are not there are null. Intervals
// are null below [compare.MinRounds] rounds.
type Analysis struct {
	Fits        []Fit         `json:"fits"`
	BreakEven   []BreakEven   `json:"break_even"`
	Predictions []Prediction  `json:"predictions"`
	Attribution []Attribution `json:"attribution"`
	Warnings    []string      `json:"warnings"` // one sentence each

	subjects []*subject
	options  Options
}

// Fit is the line of one operation under one strategy.
type Fit struct {
	Workload  string         `json:"workload"`
	Strategy  string         `json:"strategy"`
	Operation string         `json:"operation"` // [compare.Orchestration] for the whole
	Outcome   result.Outcome `json:"outcome"`   // "" for the whole
	S         compare.Number `json:"s_ns"`      // where the line meets zero distance; noise can make it negative
	SLow      compare.Number `json:"s_low_ns"`
	SHigh     compare.Number `json:"s_high_ns"`
	R         compare.Number `json:"r"` // round trips that Statistic waits for
	RLow      compare.Number `json:"r_low"`
	RHigh     compare.Number `json:"r_high"`
	RMean     compare.Number `json:"r_mean"` // the same of the mean latency

	// RoundTrips is the count on the connection, the median over the distances. Of the whole it is that of all its
	// operations, and null unless the whole waits for each: one was in flight, and R agrees.
	RoundTrips compare.Number `json:"round_trips_per_op"`
	// Statistic is what the line is of: the p50, or the mean where calls differ in their round trips.
	Statistic compare.Metric `json:"statistic"`
	Points    int            `json:"points"` // rounds x distances
	Distances int            `json:"distances"`
}

// Prediction is the latency of two strategies at one distance according to their lines.
type Prediction struct {
	Workload     string         `json:"workload"`
	Operation    string         `json:"operation"`
	Outcome      result.Outcome `json:"outcome"`
	Base         string         `json:"base"`
	Head         string         `json:"head"`
	At           time.Duration  `json:"at_ns"` // round-trip time
	BaseValue    compare.Number `json:"base_ns"`
	HeadValue    compare.Number `json:"head_ns"`
	Ratio        compare.Number `json:"ratio"` // head over base
	CILow        compare.Number `json:"ci_low"`
	CIHigh       compare.Number `json:"ci_high"`
	Extrapolated bool           `json:"extrapolated"` // At lies outside what was measured
}

// Attribution says what the saving of head against base is owed to. The parts add up to the saving to the nanosecond.
type Attribution struct {
	Workload   string         `json:"workload"`
	Operation  string         `json:"operation"`
	Outcome    result.Outcome `json:"outcome"`
	Base       string         `json:"base"`
	Head       string         `json:"head"`
	AddedRTT   time.Duration  `json:"added_rtt_ns"`
	At         time.Duration  `json:"at_ns"`          // measured round trip at that distance
	BaseValue  compare.Number `json:"base_ns"`        // of the line
	Saving     compare.Number `json:"saving_ns"`      // of the lines; negative when head is slower
	RoundTrips compare.Number `json:"round_trips_ns"` // round trips that head does not make, at that distance
	Server     compare.Number `json:"server_ns"`      // work that the server does not do; null where it is not known
	Rest       compare.Number `json:"rest_ns"`        // client, bytes, protocol, and the server where it is not known
}

// Estimate is a value in nanoseconds with its interval.
type Estimate struct{ Value, Low, High compare.Number }

// Fit gives the line of an operation under a strategy, or nil.
func (a *Analysis) Fit(workload, operation string, outcome result.Outcome, strategy string) *Fit {
	for i := range a.Fits {
		f := &a.Fits[i]
		if f.Workload == workload && f.Operation == operation && f.Outcome == outcome && f.Strategy == strategy {
			return f
		}
	}
	return nil
}

// Pair gives the break-even of two strategies, in the order in which the file has them, or nil.
func (a *Analysis) Pair(workload, operation string, outcome result.Outcome, base, head string) *BreakEven {
	for i := range a.BreakEven {
		b := &a.BreakEven[i]
		if b.Workload == workload && b.Operation == operation && b.Outcome == outcome && b.Base == base && b.Head == head {
			return b
		}
	}
	return nil
}

// wholeNS rounds to nanoseconds, which is finer than any clock here.
func wholeNS(v float64) compare.Number {
	if math.IsNaN(v) {
		return compare.None
	}
	return compare.Number(math.Round(v) + 0) // no negative zero
}
