package result

import (
	"time"
)

// Format is the version of the file that this program writes, and the newest that it reads.
const Format = 1

// Kind says what a file was recorded for. It decides which report is shown first, not what is in the file.
type Kind string

// The kinds. A run measures strategies for their own sake; a compare runs them in interleaved rounds that pair; a sweep
// does so at several distances, for the line that latency is of distance.
const (
	KindRun     Kind = "run"
	KindCompare Kind = "compare"
	KindSweep   Kind = "sweep"
)

// File is one benchmark run.
type File struct {
	Format      int            `json:"format"` // set by [Write]
	Kind        Kind           `json:"kind"`
	Tool        Tool           `json:"tool"`
	StartedAt   time.Time      `json:"started_at"`
	FinishedAt  time.Time      `json:"finished_at"`
	Environment Environment    `json:"environment"`
	Config      map[string]any `json:"config"` // run settings: seed, command line, ...; numbers are read as json.Number
	Cells       []Cell         `json:"cells"`  // at least one, in the order they were asked for
	Checks      []Check        `json:"checks"`
	Warnings    []string       `json:"warnings"` // doubts of the run itself, one sentence each
}

// Tool identifies the program that wrote the file.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"` // the toolchain, as runtime.Version gives it
}

// Cell is one strategy under one workload at one network distance.
type Cell struct {
	Strategy    string         `json:"strategy"`
	Workload    string         `json:"workload"`
	AddedRTT    time.Duration  `json:"added_rtt_ns"`         // injected by the tool; 0 for none
	MeasuredRTT time.Duration  `json:"measured_rtt_ns"`      // p50 of the null query over all rounds; 0 if not measured
	Control     bool           `json:"control,omitempty"`    // the strategy ran a second time, to tell noise from effect
	Parameters  map[string]any `json:"parameters,omitempty"` // of the workload and its load; cells compare only if equal
	Rounds      []Round        `json:"rounds"`
	// Disturbed are the rounds during which the server went away. They are in no figure; others were measured in their place
	// where the run went on.
	Disturbed []Disturbed `json:"disturbed,omitempty"`
	// Cold is the first unit on new connections, on each of which a statement's first use prepares it. It is in no other
	// figure; nil if none was measured.
	Cold    *Cold   `json:"cold,omitempty"`
	Summary Summary `json:"summary"`
}

// Cold is a round of one unit whose connections have prepared nothing.
type Cold struct {
	Round
	Traces []Trace `json:"traces,omitempty"`
}

// Round is one timed block of one cell. Rounds of different cells with the same number ran next to each other.
type Round struct {
	Round          int             `json:"round"`    // from 1
	Position       int             `json:"position"` // of this cell in the order of the round, from 1
	StartedAt      time.Time       `json:"started_at"`
	Duration       time.Duration   `json:"duration_ns"`     // the timed part only
	MeasuredRTT    time.Duration   `json:"measured_rtt_ns"` // p50 of the null query in this round; 0 if not measured
	Checkpoints    int             `json:"checkpoints,omitempty"`
	Operations     []Operation     `json:"operations"`
	Queries        []Query         `json:"queries,omitempty"`
	Orchestrations *Orchestrations `json:"orchestrations"`    // nil if the workload runs none
	Waiting        *Latency        `json:"waiting,omitempty"` // polls of a process whose dispatchers sleep, in no operation; nil if none
}

// Disturbed is a round that an outage voided, with the rest of the arms' round of that number: what ran before has no pair,
// and what was to run after did not.
type Disturbed struct {
	Round     int           `json:"round"`    // from 1; in none of the cell's Rounds
	Position  int           `json:"position"` // as of a Round
	StartedAt time.Time     `json:"started_at"`
	Outage    time.Duration `json:"outage_ns"` // until the server answered again; short where only connections were lost
	Reason    string        `json:"reason"`    // "connection", "timeout", or the SQLSTATE that was seen first
}

// Summary is all rounds of a cell merged: histograms are added, so its quantiles are those of all calls.
type Summary struct {
	Operations     []Operation     `json:"operations"`
	Queries        []Query         `json:"queries"`
	Orchestrations *Orchestrations `json:"orchestrations"`    // nil if the workload runs none
	Waiting        *Latency        `json:"waiting,omitempty"` // as of a Round
	Traces         []Trace         `json:"traces,omitempty"`
}

// Operation is the calls of one provider operation that ended with one outcome.
type Operation struct {
	Name    string  `json:"name"` // as in "fetch_orchestration_item"
	Outcome Outcome `json:"outcome"`
	Latency
	RoundTripsPerOp float64 `json:"round_trips_per_op"` // mean over the calls, counted on the connection
	BytesOutPerOp   float64 `json:"bytes_out_per_op,omitempty"`
	BytesInPerOp    float64 `json:"bytes_in_per_op,omitempty"`
	Retries         int64   `json:"retries,omitempty"` // attempts beyond the first, all calls together
	// Failures are the attempts that failed, by SQLSTATE, or by "connection" or "timeout"; nil for none.
	Failures map[string]int64 `json:"failures,omitempty"`
	// Server is the work of the operation's statements, whatever the outcome of the calls: it stands on the loaded or ok
	// row. Nil where the server does not tell.
	Server *ServerWork `json:"server,omitempty"`
}

// ServerWork is what pg_stat_statements counted (PostgreSQL documentation, F.32), all calls together. What a function
// does is in the statement that calls it. A commit's wait for the disk is in none of it.
type ServerWork struct {
	Calls         int64         `json:"calls"` // of statements
	Exec          time.Duration `json:"exec_ns"`
	Rows          int64         `json:"rows"`
	SharedHit     int64         `json:"shared_hit"` // buffers found in shared memory
	SharedRead    int64         `json:"shared_read"`
	SharedDirtied int64         `json:"shared_dirtied"`
	WALRecords    int64         `json:"wal_records"`
	WALPageImages int64         `json:"wal_page_images"` // whole pages, as are written after a checkpoint
	WALBytes      int64         `json:"wal_bytes"`
}

// Trace is the statements of one real call: that whose duration lies nearest to the median of its kind.
type Trace struct {
	Operation string        `json:"operation"`
	Outcome   Outcome       `json:"outcome"`
	Cold      bool          `json:"cold,omitempty"` // a statement was prepared within it
	Calls     int64         `json:"calls"`          // of this kind that it was chosen from
	Duration  time.Duration `json:"duration_ns"`    // of the call
	Wait      time.Duration `json:"wait_ns"`        // of Duration, for a pooled connection
	Steps     []Step        `json:"steps"`          // in order
}

// Step is one statement of a call. A batch's statements follow each other: the first bears the round trip.
type Step struct {
	Name  string        `json:"name"`           // as of a Query
	Start time.Duration `json:"start_ns"`       // since the call began
	End   time.Duration `json:"end_ns"`         // since the call began: the client has the whole answer
	Cold  bool          `json:"cold,omitempty"` // prepared first: a round trip more, and a plan
}

// Query is one named statement of a strategy. Statements differ between strategies by nature: they break an operation
// down and are not compared.
type Query struct {
	Name string `json:"name"` // as in "inline.ack_orchestration_item.append_history"
	Latency
	Server *ServerWork `json:"server,omitempty"` // nil where the server does not tell
}

// Orchestrations is what the workload got done as a whole. Latency is from start to completion of an orchestration; in an
// open loop, from the time at which it was to start.
type Orchestrations struct {
	Completed int64         `json:"completed"`
	Failed    int64         `json:"failed"`
	PerSecond float64       `json:"per_second"` // completed by second of timed duration
	Mean      time.Duration `json:"mean_ns,omitempty"`
	P50       time.Duration `json:"p50_ns"`
	P90       time.Duration `json:"p90_ns,omitempty"`
	P99       time.Duration `json:"p99_ns"`
	Max       time.Duration `json:"max_ns,omitempty"`
	Histogram Histogram     `json:"histogram,omitempty"`
	Offered   *Offered      `json:"offered,omitempty"` // nil for a closed loop
}

// Offered is the account of an open loop. Lag is how long orchestrations began after their time, because others filled the
// limit in flight or the client was late; service is the rest of their latency.
type Offered struct {
	PerSecond    float64       `json:"per_second"` // mean of the Poisson process
	Arrived      int64         `json:"arrived"`    // orchestrations whose time fell into what is measured
	Late         int64         `json:"late"`       // of Arrived, those that took longer than LatencyLimit
	LatencyLimit time.Duration `json:"latency_limit_ns,omitempty"`
	Lag          Latency       `json:"lag"`
	Service      Latency       `json:"service"`
}

// Outcome says how calls ended; the strings are those of provider.Outcome.
type Outcome string

// The outcomes. Fetches end loaded, empty or error; every other operation ok or error.
const (
	Loaded Outcome = "loaded"
	Empty  Outcome = "empty"
	OK     Outcome = "ok"
	Failed Outcome = "error"
)

// Latency is a set of timed calls. All durations are 0 when Count is 0.
type Latency struct {
	Count int64 `json:"count"` // calls that the durations describe
	// Errors is how many calls of the same name failed meanwhile. It stands on the ok or loaded row; a row of outcome
	// error holds the durations of those calls, and there Errors equals Count.
	Errors    int64         `json:"errors"`
	Mean      time.Duration `json:"mean_ns"`
	P50       time.Duration `json:"p50_ns"`
	P90       time.Duration `json:"p90_ns"`
	P99       time.Duration `json:"p99_ns"`
	Max       time.Duration `json:"max_ns"`
	Histogram Histogram     `json:"histogram,omitempty"`
}

// Check is a statement about the run that was verified, such as the answer of a workload or the equality of strategies.
type Check struct {
	Name     string `json:"name"`
	Strategy string `json:"strategy,omitempty"`
	Workload string `json:"workload,omitempty"`
	OK       bool   `json:"ok"`
	Detail   string `json:"detail,omitempty"` // what was wrong, or how much was looked at
}
