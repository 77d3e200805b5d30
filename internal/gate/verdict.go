package gate

import (
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Tier says what a case rests on.
type Tier string

// The tiers.
const (
	Exact   Tier = "1"
	Ratios  Tier = "2"
	Slopes  Tier = "2b"
	Budgets Tier = "3"
)

// Status is what became of a case.
type Status string

// The statuses. Only Fail fails a build.
const (
	Pass         Status = "pass"
	Fail         Status = "fail"
	Suspected    Status = "suspected" // tiers 2 and 2b: it failed once, see [Confirm]
	Better       Status = "better"    // beyond the tolerance on the good side: the baseline should be updated
	Inconclusive Status = "inconclusive"
	NotGated     Status = "not_gated" // for information
)

// Case is one gated figure.
type Case struct {
	Name      string         `json:"name"` // unique in a verdict, and the same in every build
	Tier      Tier           `json:"tier"`
	Workload  string         `json:"workload"`
	Strategy  string         `json:"strategy"`
	Base      string         `json:"base,omitempty"` // tier 2: the strategy that Strategy is measured against
	Operation string         `json:"operation"`
	Outcome   result.Outcome `json:"outcome"`
	AddedRTT  time.Duration  `json:"added_rtt_ns"`
	RTT       time.Duration  `json:"rtt_ns,omitempty"` // tier 2: of the build's figure
	Metric    Metric         `json:"metric"`
	Unit      string         `json:"unit"`     // of Baseline, Now and Limit: "1/call", "ratio", "round_trips", "ns", "1/s"
	Baseline  compare.Number `json:"baseline"` // null where there is none, as are the following
	Now       compare.Number `json:"now"`
	// Change is Now/Baseline, for slopes Now - Baseline. Low and High are its 95 % interval, with the baseline's own
	// uncertainty; for counts what it may be where page images or empty fetches differ.
	Change    compare.Number `json:"change"`
	Low       compare.Number `json:"low"`
	High      compare.Number `json:"high"`
	Tolerance compare.Number `json:"tolerance"` // share that Now may be above Baseline; round trips for slopes
	Limit     compare.Number `json:"limit"`     // greatest Now that passes; the least for throughput
	Rounds    int            `json:"rounds,omitempty"`
	Status    Status         `json:"status"`
	Over      bool           `json:"over,omitempty"` // tier 3: the budget is exceeded, whatever the status
	Note      string         `json:"note,omitempty"`
}

// Verdict is everything that was checked.
type Verdict struct {
	Format int      `json:"format"`
	Cases  []Case   `json:"cases"`
	Counts Counts   `json:"counts"`
	Notes  []string `json:"notes"` // one sentence each
}

// Counts is how many cases have each status.
type Counts struct {
	Pass         int `json:"pass"`
	Fail         int `json:"fail"`
	Suspected    int `json:"suspected"`
	Better       int `json:"better"`
	Inconclusive int `json:"inconclusive"`
	NotGated     int `json:"not_gated"`
}

// Find gives the case of that name, or nil.
func (v *Verdict) Find(name string) *Case {
	for i := range v.Cases {
		if v.Cases[i].Name == name {
			return &v.Cases[i]
		}
	}
	return nil
}

func (v *Verdict) count() {
	v.Counts = Counts{}
	for _, c := range v.Cases {
		switch c.Status {
		case Pass:
			v.Counts.Pass++
		case Fail:
			v.Counts.Fail++
		case Suspected:
			v.Counts.Suspected++
		case Better:
			v.Counts.Better++
		case Inconclusive:
			v.Counts.Inconclusive++
		case NotGated:
			v.Counts.NotGated++
		}
	}
}
