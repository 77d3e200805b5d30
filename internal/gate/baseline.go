package gate

import (
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Format is the version of the baseline file that this program writes and reads.
const Format = 1

// Baseline is what a good build measured, to be kept beside the code.
type Baseline struct {
	Format   int        `json:"format"`           // set by [Write]
	Recipe   *Recipe    `json:"recipe,omitempty"` // nil where the runs were made by hand
	Identity Identity   `json:"identity"`
	Counters []Counters `json:"counters"` // tier 1
	Ratios   []Ratio    `json:"ratios"`   // tier 2
	Lines    []Line     `json:"lines"`    // tier 2b
	Absolute []Absolute `json:"absolute"` // tier 3, for information
	Floors   []Floor    `json:"floors"`   // of [ApplyFloors]; empty when not calibrated
	NotGated []string   `json:"not_gated"`
}

// Counters is tier 1 of one operation under one strategy: means over its calls.
type Counters struct {
	Workload   string         `json:"workload"`
	Strategy   string         `json:"strategy"`
	Operation  string         `json:"operation"`
	Outcome    result.Outcome `json:"outcome"` // loaded, empty or ok
	Calls      int64          `json:"calls"`
	RoundTrips float64        `json:"round_trips"`
	BytesOut   float64        `json:"bytes_out"`
	BytesIn    float64        `json:"bytes_in"`
	Errors     float64        `json:"errors"`           // failed calls for each that did not
	Empty      float64        `json:"empty,omitempty"`  // empty fetches for each that found work
	Server     *PerCall       `json:"server,omitempty"` // nil where the server did not tell
}

// PerCall is the server's work for one call.
type PerCall struct {
	Statements    float64 `json:"statements"`
	Rows          float64 `json:"rows"`
	Buffers       float64 `json:"buffers"` // shared ones: hits and reads
	WALRecords    float64 `json:"wal_records"`
	WALPageImages float64 `json:"wal_page_images"`
	WALBytes      float64 `json:"wal_bytes"`
}

// Ratio is the p50 of head over that of base, both of one run.
type Ratio struct {
	Workload  string         `json:"workload"`
	Base      string         `json:"base"`
	Head      string         `json:"head"`
	Operation string         `json:"operation"` // [compare.Orchestration] for the whole
	Outcome   result.Outcome `json:"outcome"`   // "" for the whole
	// Lines says that the ratio is that of two lines of a sweep at round trip RTT; else it was measured at AddedRTT.
	Lines      bool           `json:"lines,omitempty"`
	AddedRTT   time.Duration  `json:"added_rtt_ns"`
	RTT        time.Duration  `json:"rtt_ns"`      // measured, 0 if it was not; stated where Lines is set
	Value      compare.Number `json:"value"`       // null when there were too few rounds or calls
	Low        compare.Number `json:"low"`         // 95 % interval; null without Value or with too few rounds
	High       compare.Number `json:"high"`        //
	NoiseFloor compare.Number `json:"noise_floor"` // of the run's control arm, as 0.02; null without one
	Rounds     int            `json:"rounds"`      // rounds that paired, or points of the lines
	Note       string         `json:"note,omitempty"`
}

// Line is latency = S + R x of one operation under one strategy.
type Line struct {
	Workload  string         `json:"workload"`
	Strategy  string         `json:"strategy"`
	Operation string         `json:"operation"`
	Outcome   result.Outcome `json:"outcome"`
	Statistic compare.Metric `json:"statistic"` // p50, or mean where calls differ in their round trips
	S         compare.Number `json:"s_ns"`
	R         compare.Number `json:"r"`
	RLow      compare.Number `json:"r_low"` // 95 % interval; null with too few rounds
	RHigh     compare.Number `json:"r_high"`
	Points    int            `json:"points"` // rounds x distances
}

// Absolute is what one operation took at the least distance of a run.
type Absolute struct {
	Workload  string         `json:"workload"`
	Strategy  string         `json:"strategy"`
	Operation string         `json:"operation"`
	Outcome   result.Outcome `json:"outcome"`
	AddedRTT  time.Duration  `json:"added_rtt_ns"`
	P50       time.Duration  `json:"p50_ns"`
	P99       time.Duration  `json:"p99_ns"`
	PerSecond float64        `json:"per_second,omitempty"` // of orchestrations only
}

// Floor is half the change that a case shows although nothing changed; the gate never allows less than twice it.
type Floor struct {
	Case   string  `json:"case"`
	Metric Metric  `json:"metric"`
	Value  float64 `json:"value"` // share, as 0.03 for 3 %; round trips for slopes
	Runs   int     `json:"runs"`
}
