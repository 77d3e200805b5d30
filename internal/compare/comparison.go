package compare

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"pgbench-provider/internal/result"
)

// Verdict is what may be claimed about one metric.
type Verdict string

// The verdicts. Noisy metrics have the first five; a metric that is counted has the last three or NotEnoughData.
const (
	Faster        Verdict = "faster"       // the whole interval is beyond the margin and the noise floor, on the good side
	Slower        Verdict = "slower"       // the same on the bad side
	Equivalent    Verdict = "equivalent"   // the whole interval is within the margin, and so is the noise floor
	Inconclusive  Verdict = "inconclusive" // anything else
	NotEnoughData Verdict = "not_enough_data"
	Fewer         Verdict = "fewer"
	More          Verdict = "more"
	Same          Verdict = "same"
)

// Metric is what was compared.
type Metric string

// The metrics. P50 is the primary one, over which the correction for multiple comparisons is made.
const (
	P50        Metric = "p50"
	P90        Metric = "p90"
	P99        Metric = "p99"
	Mean       Metric = "mean"
	Throughput Metric = "throughput"
	RoundTrips Metric = "round_trips"
)

// Orchestration is the name of the operation that stands for an orchestration from start to completion. Its round trips
// are those of all operations that found work, for each completed orchestration.
const Orchestration = "orchestration"

// Comparison is one metric of one operation, head against base.
type Comparison struct {
	Workload    string         `json:"workload"`
	AddedRTT    time.Duration  `json:"added_rtt_ns"`
	MeasuredRTT time.Duration  `json:"measured_rtt_ns"` // of the base
	Metric      Metric         `json:"metric"`
	Operation   string         `json:"operation"`
	Outcome     result.Outcome `json:"outcome"`    // "" for the whole orchestration
	Unit        string         `json:"unit"`       // of the values: "ns", "1/s", "round_trips"
	Base        string         `json:"base"`       // strategy
	Head        string         `json:"head"`       // strategy
	BaseValue   Number         `json:"base_value"` // all rounds merged
	HeadValue   Number         `json:"head_value"`

	// Ratio is head over base as estimated from the rounds, which is not exactly HeadValue/BaseValue. It and its interval
	// are NaN when there is no estimate, and equal when the metric is counted.
	Ratio  Number `json:"ratio"`
	CILow  Number `json:"ci_low"`
	CIHigh Number `json:"ci_high"`

	Verdict Verdict `json:"verdict"`
	// Detected says that there is a change at all, however small: the interval excludes no change and, for P50, the adjusted
	// p-value passes. A verdict of faster or slower asks for more. Of a counted metric it says that the counts differ.
	Detected     bool   `json:"detected"`
	PValue       Number `json:"p_value"`                 // NaN where no test is made
	PAdjusted    Number `json:"p_adjusted"`              // after Holm; NaN but for P50
	Lag1         Number `json:"lag1_correlation"`        // of the changes of neighbouring rounds; NaN when unpaired, for P99 and counts
	Rounds       int    `json:"rounds"`                  // pairs used, or rounds of the base when unpaired
	HeadRounds   int    `json:"head_rounds,omitempty"`   // unpaired only
	RoundsNeeded int    `json:"rounds_needed,omitempty"` // estimate, when inconclusive for want of rounds

	// NoiseFloor and NoiseFloorDown are the two ends of what equal arms were seen to differ by: 0.08 and -0.074 when factors
	// from 1/1.08 to 1.08 are noise. NaN without a control arm.
	NoiseFloor     Number `json:"noise_floor"`
	NoiseFloorDown Number `json:"noise_floor_down"`

	Note string `json:"note,omitempty"` // why the verdict is what it is, when that is not plain

	est   estimate
	floor floor
}

// Number is a float that JSON shows as null when it is not a number.
type Number float64

// None is the number that is not there.
var None = Number(math.NaN())

// Valid reports whether n is a finite number.
func (n Number) Valid() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON gives null for NaN and infinities, else 9 significant digits: the last digits of a float64 differ between
// processors and mean nothing here.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Valid() {
		return []byte("null"), nil
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(float64(n), 'e', 8, 64), 64)
	if err != nil {
		return nil, err
	}
	return json.Marshal(short)
}

// UnmarshalJSON takes null for NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = None
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// Analysis is everything that was compared, and the doubts about it. Its JSON is what compare --json prints.
type Analysis struct {
	Format      int          `json:"format"`
	Paired      bool         `json:"paired"`
	Margin      float64      `json:"margin"`
	Confidence  float64      `json:"confidence"`
	BaseSource  string       `json:"base_source,omitempty"` // two files: what to call them
	HeadSource  string       `json:"head_source,omitempty"`
	Comparisons []Comparison `json:"comparisons"`
	Warnings    []string     `json:"warnings"`
	SlotEffect  *SlotEffect  `json:"slot_effect,omitempty"` // nil for two files and where it cannot be told

	// Base and Head are the files that were compared; they are the same one when strategies of one run were.
	Base *result.File `json:"-"`
	Head *result.File `json:"-"`

	options Options
}

// Find gives the comparison of one metric, or nil.
func (a *Analysis) Find(workload string, addedRTT time.Duration, head, operation string, o result.Outcome, m Metric) *Comparison {
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		if c.Workload == workload && c.AddedRTT == addedRTT && c.Head == head && c.Operation == operation &&
			c.Outcome == o && c.Metric == m {
			return c
		}
	}
	return nil
}
