package netdelay_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgbench-provider/internal/netdelay"
)

// BenchmarkRoundTrip prints how exact the added round-trip times are: an echo over loopback, less what the same echo
// takes undelayed. Run it on an idle machine:
//
//	go test -run '^$' -bench RoundTrip ./internal/netdelay
func BenchmarkRoundTrip(b *testing.B) {
	base := roundTrips(b, netdelay.Options{}, 2000)
	for _, rtt := range []time.Duration{500 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond,
		70 * time.Millisecond, 150 * time.Millisecond} {
		b.Run(fmt.Sprint(rtt), func(b *testing.B) {
			n := min(max(int(2*time.Second/rtt), 30), 1000)
			var all []time.Duration
			for b.Loop() {
				all = roundTrips(b, netdelay.Options{RTT: rtt}, n)
			}
			over := func(d time.Duration) float64 { return float64(d-rtt-base[len(base)/2]) / 1e3 }
			b.ReportMetric(over(all[len(all)/2]), "p50-error-µs")
			b.ReportMetric(over(all[len(all)*99/100]), "p99-error-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// roundTrips gives the sorted times of n echoes.
func roundTrips(tb testing.TB, o netdelay.Options, n int) []time.Duration {
	c := dial(tb, o, echo)
	all := make([]time.Duration, n)
	b := make([]byte, 100)
	for i := range all {
		start := time.Now()
		exchange(tb, c, b)
		all[i] = time.Since(start)
	}
	slices.Sort(all)
	return all
}

func BenchmarkOvershoot(b *testing.B) {
	for b.Loop() {
		p50, p99 := netdelay.MeasureOvershoot(time.Millisecond, 500)
		b.ReportMetric(float64(p50)/1e3, "p50-µs")
		b.ReportMetric(float64(p99)/1e3, "p99-µs")
	}
}
