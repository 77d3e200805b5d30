package ceiling

import (
	"fmt"
	"math"
	"time"
)

// A Prediction is the ceiling at a distance.
type Prediction struct {
	RTT   time.Duration `json:"rtt_ns"`
	Held  time.Duration `json:"held_ns"`          // by the line
	Turns float64       `json:"turns_per_second"` // at most
	// Low and High bound Turns with the confidence [Confidence]. Low is 0 where the line has no interval there: fewer
	// than three points, or one read from JSON. High is 0 where it has none, or where there is no upper bound.
	Low  float64 `json:"ci_low,omitempty"`
	High float64 `json:"ci_high,omitempty"`
}

// Confidence is that of the interval of a prediction.
const Confidence = 0.95

// At gives the ceiling at a measured round-trip time. It fails when rtt is negative, and where the line is not above 0:
// to the left of its points, as a line with a negative S may be.
func (l Line) At(rtt time.Duration) (Prediction, error) {
	held := l.at(float64(rtt))
	switch {
	case rtt < 0:
		return Prediction{}, fmt.Errorf("RTT %v is negative", rtt)
	case !(held > 0):
		return Prediction{}, fmt.Errorf("the line %v + %.3g x RTT holds for %v at an RTT of %v: predict nearer to its points",
			l.S, l.R, time.Duration(held), rtt)
	}
	p := Prediction{RTT: rtt, Held: time.Duration(math.Round(held)), Turns: float64(time.Second) / held}
	if m := l.margin(float64(rtt), Confidence); !math.IsNaN(m) {
		p.Low = float64(time.Second) / (held + m)
		if held > m {
			p.High = float64(time.Second) / (held - m)
		}
	}
	return p, nil
}

// A Contest is a contended run beside its ceiling.
type Contest struct {
	Prediction
	Measured float64 `json:"measured_turns_per_second"`
	Share    float64 `json:"share"` // Measured / Turns
	// Free is what a turn took beyond Held: the lock lay free, or was held for longer than without contention. It is below
	// 0 where more than the ceiling was measured, and 0 where nothing was. Notice is the part of it that [Notice] expects.
	Free   time.Duration `json:"free_ns"`
	Notice time.Duration `json:"notice_ns"`
}

// Compare sets the turns per second of a contended run, at rtt, beside the ceiling there. notice is from [Notice], or 0.
// It fails where [Line.At] does, and on a rate or a notice below 0.
func (l Line) Compare(rtt time.Duration, measured float64, notice time.Duration) (Contest, error) {
	p, err := l.At(rtt)
	switch {
	case err != nil:
		return Contest{}, err
	case !(measured >= 0) || math.IsInf(measured, 0):
		return Contest{}, fmt.Errorf("measured %v turns per second: it must be 0 or above", measured)
	case notice < 0:
		return Contest{}, fmt.Errorf("notice %v is negative", notice)
	}
	c := Contest{Prediction: p, Measured: measured, Share: measured / p.Turns, Notice: notice}
	if measured > 0 {
		c.Free = time.Duration(math.Round(float64(time.Second)/measured)) - p.Held
	}
	return c, nil
}

// Notice is the mean time until one of pollers looks at a lock that became free: empty / (pollers + 1). empty is how long
// an empty fetch takes, R_empty x RTT and the server's part; the pollers are those who want the lock and do not hold it,
// one less than are in flight. Each looks again at once. If they do so independently of each other and of the release,
// the times until their next looks are spread evenly over empty, and the least of n such times is on average at 1/(n+1).
//
// They need not be independent: where the time held is nearly a whole number of round trips, as at great distances, former
// holders come back in step, in a few groups, and one such group at a time may be as long in coming as if it were one
// poller. The notice is then longer, and never much over empty while there is a poller. With none the lock waits for its
// last holder to come back, which this is no estimate of. It fails on values below 0.
func Notice(empty time.Duration, pollers int) (time.Duration, error) {
	if empty < 0 || pollers < 0 {
		return 0, fmt.Errorf("empty fetch of %v, %d pollers: both must be 0 or above", empty, pollers)
	}
	return time.Duration(math.Round(float64(empty) / float64(pollers+1))), nil
}
