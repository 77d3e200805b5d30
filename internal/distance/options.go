package distance

import (
	"errors"
	"fmt"
	"time"
)

// Limits of the analysis.
const (
	MinDistances  = 3    // for a line that could be seen to be none
	TripTolerance = 0.15 // round trips by which R may differ from the count
	SameTrips     = 0.05 // round trips by which two R may differ and be called the same, or SameShare of the greater
	SameShare     = 0.005
	wholeTrips    = 0.02 // by which a mean count may differ from a whole number and be that of calls that are all alike
	OffLine       = 0.15 // share by which a distance may be off the line
	waitedShare   = 0.05 // by which R of the whole may differ from the round trips counted when it waits for each
)

// ErrTooFewDistances is returned when no workload was measured at [MinDistances] distances with their round trips.
var ErrTooFewDistances = errors.New("too few distances for a line")

// Options steer an analysis. The zero value is what the tool does by default.
type Options struct {
	Base       string          // strategy that attributions and predictions compare with; "" is the first in the file
	Confidence float64         // of the intervals, between 0.5 and 1; 0 is 0.95
	Resamples  int             // of the bootstrap, at least 100; 0 is 2000
	Seed       uint64          // of the analysis
	At         []time.Duration // distances to predict besides the nearest measured one; nil is 1, 10, 50 and 100 ms
}

func (o Options) withDefaults() (Options, error) {
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	if o.Resamples == 0 {
		o.Resamples = 2000
	}
	if o.At == nil {
		o.At = []time.Duration{time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond}
	}
	switch {
	case !(o.Confidence > 0.5 && o.Confidence < 1):
		return o, fmt.Errorf("confidence %v: it must be between 0.5 and 1, as 0.95", o.Confidence)
	case o.Resamples < 100:
		return o, fmt.Errorf("%d resamples: at least 100 are needed", o.Resamples)
	}
	for _, at := range o.At {
		if at < 0 {
			return o, fmt.Errorf("distance %v: it must not be negative", at)
		}
	}
	return o, nil
}
