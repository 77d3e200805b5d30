// Package bench runs strategies against workloads in interleaved rounds and gives the result file of what it measured.
package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
	"pgbench-provider/workloads"
)

// Config says what to measure. [Config.Validate] fills in what is left zero.
type Config struct {
	Strategies []string         `json:"strategies"`
	Control    bool             `json:"control"`   // run the first strategy a second time, to tell noise from effect
	Workloads  []string         `json:"workloads"` //
	Params     workloads.Params `json:"params"`    // zero fields are the workload's defaults
	// Depths, Histories and Payloads, where they name any, go through these instead of what Params says; more than one make a
	// workload of each.
	Depths    []int `json:"depths,omitempty"`
	Histories []int `json:"histories,omitempty"`
	Payloads  []int `json:"payloads,omitempty"`
	// Dispatchers are the configurations to measure; several make a workload of each.
	Dispatchers []Dispatchers `json:"dispatchers"`
	InFlight    int           `json:"in_flight"` // units that run at once: a closed loop, or the limit of an open one
	// Rate, when above 0, makes the loop an open one: that many units a second begin, at times of a Poisson process, and
	// their latency counts from those times. Ramp is how long the rate takes to get there, unrecorded; 0 is a tenth of Round.
	Rate float64       `json:"rate_per_second,omitempty"`
	Ramp time.Duration `json:"ramp_ns,omitempty"`
	// LatencyLimit is what a unit of an open loop should not take; those that do are counted as late. 0 is no limit.
	LatencyLimit time.Duration `json:"latency_limit_ns,omitempty"`
	Rounds       int           `json:"rounds"` // of every cell
	// A round lasts Round, and longer where fewer units than InFlight would end in it. Its first tenth, and at least until
	// InFlight units have ended, is not measured.
	Round time.Duration `json:"round_ns"`
	// Orchestrations, when above zero, ends a round after that many units instead; nothing of it is left out.
	Orchestrations int             `json:"orchestrations,omitempty"`
	AddedRTT       []time.Duration `json:"added_rtt_ns"`
	Jitter         time.Duration   `json:"jitter_ns,omitempty"`
	// HistoryCache is how many MiB of histories each cell's provider may keep between turns; 0 keeps none, and every turn
	// reads the whole of its history.
	HistoryCache int `json:"history_cache_mib,omitempty"`
	// LookBack lets each cell's fetches begin that long before what the last one found; 0 is the exact order.
	LookBack time.Duration `json:"look_back_ns,omitempty"`
	// WorkBatch is how many activities one fetch may lock; 0 is 1, and a call of fetch_work_item each.
	WorkBatch int `json:"work_batch,omitempty"`
	// TurnBatch is how many turns one fetch may lock; 0 is 1, and a call of fetch_orchestration_item each.
	TurnBatch int `json:"turn_batch,omitempty"`
	// Cold are those of AddedRTT at which the first unit on new connections is measured too, before all rounds.
	Cold      []time.Duration `json:"cold_rtt_ns,omitempty"`
	Faults    []Fault         `json:"faults,omitempty"`    // for trying gates
	Reproduce string          `json:"reproduce,omitempty"` // the published experiment that this run repeats
	// Exact runs are for counting: the clock is not the time but a count of its readings, so that what is written depends
	// on nothing but the seed. They have one dispatcher of each kind and one unit in flight.
	Exact  bool   `json:"exact,omitempty"`
	Seed   uint64 `json:"seed"`
	Verify bool   `json:"verify"`
	Keep   bool   `json:"keep,omitempty"` // the schemas, at the end
	// Schema is that of the server, which all cells use in turn; "" gives each one of its own. It is set by [Run].
	Schema string `json:"schema,omitempty"`
	// MaxConnections is how many the run may hold. 0 is all that a server of ours has, and of any other three quarters of
	// what it gives to those who are no superusers.
	MaxConnections int `json:"max_connections,omitempty"`
	// MaxOutage is for how long the server may be away at a time before the run fails; 0 fails at once. Rounds that an outage
	// falls into are in no figure, and others are measured in their place.
	MaxOutage time.Duration `json:"max_outage_ns,omitempty"`
	// Enough, when not nil, is asked after every few rounds, with what was measured so far, whether the run may end before
	// Rounds.
	Enough  func(*result.File) bool `json:"-"`
	Command string                  `json:"command"` // as typed, without secrets
}

// ErrConfig is what every error of [Config.Validate] is: the caller's input is at fault.
var ErrConfig = errors.New("bad configuration")

// Validate checks c and fills in the defaults: two dispatchers of each kind, 20 units in flight, one round of 10 s, no
// added round-trip time.
func (c *Config) Validate() error {
	if c.Exact {
		c.Dispatchers, c.InFlight = []Dispatchers{{1, 1}}, 1
	}
	if len(c.Dispatchers) == 0 {
		c.Dispatchers = []Dispatchers{{2, 2}}
	}
	inFlight := 20
	if c.Rate > 0 {
		inFlight = 200
	}
	defaultTo(&c.InFlight, inFlight)
	defaultTo(&c.Rounds, 1)
	defaultTo(&c.Round, 10*time.Second)
	if len(c.AddedRTT) == 0 {
		c.AddedRTT = []time.Duration{0}
	}
	for _, check := range []struct {
		bad  bool
		text string
	}{
		{len(c.Strategies) == 0, "--strategies is empty: name at least one, see list"},
		{len(c.Workloads) == 0, "--workload is empty: name at least one, see list"},
		{c.InFlight < 1, fmt.Sprintf("--in-flight %d: give at least 1", c.InFlight)},
		{c.Rounds < 1, fmt.Sprintf("--rounds %d: give at least 1", c.Rounds)},
		{c.Round <= 0, fmt.Sprintf("the duration %v is not positive: give for example 10s", c.Round)},
		{c.Orchestrations < 0, fmt.Sprintf("--orchestrations %d: give a number above 0", c.Orchestrations)},
		{c.Rate > 0 && c.Rate < minRate, fmt.Sprintf("--rate %v/s: give at least %v/s", c.Rate, minRate)},
		{c.Rate < 0 || math.IsNaN(c.Rate) || c.Rate > maxRate, fmt.Sprintf("--rate %v/s: give a rate between 0 and %d/s", c.Rate, maxRate)},
		{c.Rate > 0 && c.Orchestrations > 0, "--rate needs a duration: leave out --orchestrations"},
		{c.Rate > 0 && c.Exact, "--rate does not go with --exact, which has one unit in flight"},
		{c.Rate == 0 && c.Ramp != 0, "--ramp applies to an open loop: add --rate, for example 200/s"},
		{c.Rate == 0 && c.LatencyLimit != 0, "--latency-limit applies to an open loop: add --rate, for example 200/s"},
		{c.Ramp < 0, fmt.Sprintf("--ramp %v is negative", c.Ramp)},
		{c.LatencyLimit < 0, fmt.Sprintf("--latency-limit %v is negative", c.LatencyLimit)},
		{c.HistoryCache < 0 || c.HistoryCache > 1<<16, fmt.Sprintf("--history-cache %d: give a number of MiB from 0 to 65536", c.HistoryCache)},
		{c.LookBack != 0 && (c.LookBack < time.Millisecond || c.LookBack > time.Hour), fmt.Sprintf("--look-back %v: give a time from 1ms to 1h, such as 1s, or 0 for the exact order", c.LookBack)},
		{c.WorkBatch < 0 || c.WorkBatch > 1000, fmt.Sprintf("--work-batch %d: give a number from 1 to 1000", c.WorkBatch)},
		{c.TurnBatch < 0 || c.TurnBatch > 1000, fmt.Sprintf("--turn-batch %d: give a number from 1 to 1000", c.TurnBatch)},
		{c.MaxOutage < 0, fmt.Sprintf("--max-outage %v is negative: give 0s to fail at once", c.MaxOutage)},
		{c.Jitter < 0, fmt.Sprintf("--jitter %v is negative", c.Jitter)},
	} {
		if check.bad {
			return fmt.Errorf("%w: %s", ErrConfig, check.text)
		}
	}
	for i, d := range c.Dispatchers {
		switch {
		case d.Orchestration < 1 || d.Worker < 1:
			return fmt.Errorf("%w: --dispatchers %s: give at least 1:1", ErrConfig, d)
		case slices.Contains(c.Dispatchers[:i], d):
			return fmt.Errorf("%w: --dispatchers: %s is there twice", ErrConfig, d)
		}
	}
	if err := c.checkGrid(); err != nil {
		return err
	}
	for i, rtt := range c.AddedRTT {
		if rtt < 0 {
			return fmt.Errorf("%w: --rtt %v is negative", ErrConfig, rtt)
		}
		if slices.Contains(c.AddedRTT[:i], rtt) {
			return fmt.Errorf("%w: --rtt: %v is there twice", ErrConfig, rtt)
		}
	}
	for _, rtt := range c.Cold {
		if !slices.Contains(c.AddedRTT, rtt) {
			return fmt.Errorf("%w: --cold %v is not a distance of this run: choose from --rtt", ErrConfig, rtt)
		}
	}
	for _, f := range c.Faults {
		if err := f.validate(c); err != nil {
			return err
		}
	}
	return c.lookups()
}

func (c *Config) lookups() error {
	for i, name := range c.Strategies {
		if slices.Contains(c.Strategies[:i], name) {
			return fmt.Errorf("%w: --strategies: %s is named twice", ErrConfig, name)
		}
		if _, err := strategies.Lookup(name); err != nil {
			return fmt.Errorf("%w: --strategies: %v", ErrConfig, err)
		}
	}
	for i, name := range c.Workloads {
		if slices.Contains(c.Workloads[:i], name) {
			return fmt.Errorf("%w: --workload: %s is named twice", ErrConfig, name)
		}
		w, err := workloads.Lookup(name)
		if err != nil {
			return fmt.Errorf("%w: --workload: %v", ErrConfig, err)
		}
		if c.Rate > 0 && !w.Orchestrates() {
			return fmt.Errorf("%w: --rate: the units of workload %s are no orchestrations: choose another", ErrConfig, name)
		}
		for _, p := range c.grid() {
			if _, err := w.Defaults().Or(p); err != nil {
				return fmt.Errorf("%w: workload %s: %v", ErrConfig, name, err)
			}
		}
	}
	return nil
}

func defaultTo[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Dispatchers serve the orchestrator and the worker queue.
type Dispatchers struct{ Orchestration, Worker int }

// String gives "2:2", as in --dispatchers.
func (d Dispatchers) String() string { return fmt.Sprintf("%d:%d", d.Orchestration, d.Worker) }

// MarshalText gives the same.
func (d Dispatchers) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// maxRate is below what a wait between arrivals can be exact for.
const maxRate = 20_000

// minRate is a unit in three hours.
const minRate = 0.0001

// inFlight is how many units of a workload run at once.
func (c *Config) inFlight(w workloads.Workload, d Dispatchers) int {
	if _, ok := w.(workloads.Contended); ok {
		return d.Orchestration
	}
	return c.InFlight
}

// poolSize is how many connections a cell has: one for each dispatcher and some for the clients that start units, or one
// for each unit where units call the provider themselves; and one for the null query. An exact run has a single one: what a
// backend reads depends on what it has read before.
func (c *Config) poolSize(w workloads.Workload, d Dispatchers) int {
	if c.Exact {
		return 1
	}
	if !w.Orchestrates() {
		return c.inFlight(w, d) + 1
	}
	return d.Orchestration + d.Worker + min(c.InFlight, 8)
}

// An arm is one strategy of a comparison; the control is the first one again.
type arm struct {
	name     string // in the result
	strategy provider.Strategy
	control  bool
	fault    *Fault
}

func (c *Config) arms() (arms []arm) {
	for _, name := range c.Strategies {
		s, _ := strategies.Lookup(name) // validated
		arms = append(arms, arm{name: name, strategy: s})
	}
	if c.Control {
		arms = append(arms, arm{name: arms[0].name, strategy: arms[0].strategy, control: true})
	}
	for i := range c.Faults {
		f := &c.Faults[i]
		at := slices.IndexFunc(arms, func(a arm) bool { return a.name == f.Strategy && !a.control })
		if f.As != "" {
			arms = append(arms, arm{name: f.As, strategy: arms[at].strategy})
			at = len(arms) - 1
		}
		arms[at].fault = f
		if f.Statement {
			arms[at].strategy = wordy{arms[at].strategy}
		}
	}
	return arms
}
