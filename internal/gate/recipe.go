package gate

import "time"

// Recipe is how the runs of a baseline were made, for making those of a build in the same way. The package itself does
// not use it.
type Recipe struct {
	Strategies []string        `json:"strategies"`   // the base first
	Workloads  []string        `json:"workloads"`    // of the timed run
	AddedRTT   []time.Duration `json:"added_rtt_ns"` // of the timed run
	Rounds     int             `json:"rounds"`       // of the timed run, each of length Round
	Round      time.Duration   `json:"round_ns"`
	Units      int             `json:"units"` // of the counter run
	Seed       uint64          `json:"seed"`  // of the counter run
}
