package compare

import (
	"fmt"
	"math"
)

// Options steer an analysis. The zero value is what the tool does by default.
type Options struct {
	Base       string  // strategy to compare with; "" is the first in the file
	Margin     float64 // smallest change that matters; 0 is 0.05, for 5 %
	Confidence float64 // of the intervals, between 0.5 and 1; 0 is 0.95
	Resamples  int     // of the bootstrap; 0 is 2000
	Flips      int     // of the sign-flip test above 16 rounds; 0 is 9999
	Seed       uint64  // of the analysis; the same rounds and seed give the same figures

	BaseSource, HeadSource string // what to call two files in reports, such as their paths
}

// Limits below which nothing is claimed, and below which a warning is given.
const (
	MinRounds    = 5      // pairs for any estimate
	MinCalls     = 50     // calls of each side for p50 and mean: fewer is an anecdote
	MinCallsP90  = 500    // 50 calls beyond the quantile
	MinCallsP99  = 10_000 // 100 calls beyond the quantile
	MinRoundsP99 = 20     // clusters for its bootstrap
	MinTurns     = 20     // completed orchestrations of each side

	fewRounds   = 12  // below it intervals are wide and tests weak
	callsARound = 200 // below it the p50 of a round is itself uncertain
)

func (o Options) withDefaults() (Options, error) {
	if o.Margin == 0 {
		o.Margin = 0.05
	}
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	if o.Resamples == 0 {
		o.Resamples = 2000
	}
	if o.Flips == 0 {
		o.Flips = 9999
	}
	switch {
	case o.Margin < 0 || math.IsNaN(o.Margin) || math.IsInf(o.Margin, 0):
		return o, fmt.Errorf("margin %v: it must be above 0, as 0.05 for 5 %%", o.Margin)
	case !(o.Confidence > 0.5 && o.Confidence < 1):
		return o, fmt.Errorf("confidence %v: it must be between 0.5 and 1, as 0.95", o.Confidence)
	case o.Resamples < 100 || o.Flips < 99:
		return o, fmt.Errorf("%d resamples and %d flips: at least 100 and 99 are needed", o.Resamples, o.Flips)
	}
	return o, nil
}

// delta is the margin on the log scale, where it is the same in both directions: 1.05 times, or 1/1.05 times.
func (o Options) delta() float64 { return math.Log1p(o.Margin) }
