package netdelay

import (
	"slices"
	"time"
)

// MeasureOvershoot waits n times for d, one after the other, in the way that delayed connections do, and tells how much
// longer it took than asked: the median and the 99th percentile. A delayed round trip overshoots about twice as much.
// Zero is given for n < 1 and where the system refuses a timer.
func MeasureOvershoot(d time.Duration, n int) (p50, p99 time.Duration) {
	if n < 1 {
		return 0, 0
	}
	l, err := newLine(Options{RTT: 2 * d}, 0)
	if err != nil {
		return 0, 0
	}
	defer l.close()
	over := make([]time.Duration, n)
	var b [1]byte
	for i := range over {
		start := time.Now()
		if _, err := l.put(b[:]); err != nil {
			return 0, 0
		}
		if _, err := l.take(b[:]); err != nil {
			return 0, 0
		}
		over[i] = time.Since(start) - d
	}
	slices.Sort(over)
	return over[n/2], over[n*99/100]
}
