package ceiling

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/aclements/go-moremath/stats"
)

// A Point is what an uncontended run held the lock for at one distance.
type Point struct {
	RTT  time.Duration `json:"rtt_ns"`  // measured, not what was added
	Held time.Duration `json:"held_ns"` // above 0
}

// A Line is held = S + R x RTT.
type Line struct {
	S      time.Duration `json:"s_held_ns"`
	R      float64       `json:"r_held"` // round trips
	Points int           `json:"points"` // it was fitted to

	sum, mean, square float64 // of the weights, and of the weighted RTT
	spread            float64 // relative, of the points about the line; 0 for two points
}

// Span is how many times as far as the nearest point the farthest must be.
const Span = 2

// ErrSpan is returned when the points do not reach far enough for a line.
var ErrSpan = errors.New("the distances are too close together for a line")

// Fit gives the line of least squares of the relative errors, as package distance fits latencies, and for its reasons:
// noise grows with the time held. It needs points at two distances, the farther at least [Span] times the nearer, else
// it fails with [ErrSpan]; three points or more for an interval. It fails on a point that is not above 0.
func Fit(points []Point) (Line, error) {
	near, far := time.Duration(math.MaxInt64), time.Duration(0)
	for i, p := range points {
		if p.RTT <= 0 || p.Held <= 0 {
			return Line{}, fmt.Errorf("point %d: RTT %v, held %v: both must be above 0", i+1, p.RTT, p.Held)
		}
		near, far = min(near, p.RTT), max(far, p.RTT)
	}
	if len(points) < 2 || far < Span*near {
		return Line{}, fmt.Errorf("%w: measure one at %d times the RTT of the nearest", ErrSpan, Span)
	}
	l := Line{Points: len(points)}
	var y float64
	for _, p := range points {
		w := p.weight()
		l.sum, l.mean, y = l.sum+w, l.mean+w*float64(p.RTT), y+w*float64(p.Held)
	}
	l.mean, y = l.mean/l.sum, y/l.sum
	for _, p := range points {
		x := float64(p.RTT) - l.mean
		l.square += p.weight() * x * x
		l.R += p.weight() * x * (float64(p.Held) - y)
	}
	l.R /= l.square
	l.S = time.Duration(math.Round(y - l.R*l.mean))
	if len(points) > 2 {
		var e float64
		for _, p := range points {
			off := float64(p.Held) - l.at(float64(p.RTT))
			e += p.weight() * off * off
		}
		l.spread = math.Sqrt(e / float64(len(points)-2))
	}
	return l, nil
}

func (p Point) weight() float64 { return 1 / (float64(p.Held) * float64(p.Held)) }

func (l Line) at(rtt float64) float64 { return float64(l.S) + l.R*rtt }

// margin is half the width of the confidence interval of the line at rtt: Student's t times the standard error of the
// fitted value (Draper and Smith, "Applied Regression Analysis", 1998, sections 1.4 and 9.2). It is NaN without one.
func (l Line) margin(rtt, confidence float64) float64 {
	if l.Points < 3 || !(l.square > 0) {
		return math.NaN()
	}
	t := stats.InvCDF(stats.TDist{V: float64(l.Points - 2)})((1 + confidence) / 2)
	return t * l.spread * math.Sqrt(1/l.sum+(rtt-l.mean)*(rtt-l.mean)/l.square)
}
