package cli

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/pgtest"
)

// BenchmarkLiveView measures what the live view costs: in one run it is drawn before some rounds, by chance, and not before
// the others. It reports the orchestrations a second of the former as a share of the latter's, medians, with the 95 % interval of
// the bootstrap. A terminal is wanted behind standard error: script -qec "go test ..." /dev/null.
func BenchmarkLiveView(b *testing.B) {
	if b.N > 1 {
		return
	}
	p := &progress{w: os.Stderr, terminal: true}
	drawn := map[string]bool{}
	key := func(s bench.Progress) string { return s.Strategy + where(bench.Progress{Round: s.Round}) }
	var with, without []float64
	_, err := bench.Run(b.Context(), pgtest.Server(b), bench.Config{Strategies: []string{"sp"}, Workloads: []string{"hello-world"},
		Dispatchers: []bench.Dispatchers{{Orchestration: 1, Worker: 1}}, InFlight: 1, Rounds: 600, Round: 100 * time.Millisecond, Seed: 1},
		func(s bench.Progress) {
			switch {
			case s.Phase == "measure" && s.Strategy == "sp":
				if drawn[key(s)] = rand.N(2) == 0; drawn[key(s)] {
					p.show(s)
				}
			case s.Phase == "measured" && s.Strategy == "sp":
				p.show(s)
				if rate := s.Measured.Orchestrations.PerSecond; drawn[key(s)] {
					with = append(with, rate)
				} else {
					without = append(without, rate)
				}
			}
		})
	if err != nil {
		b.Fatal(err)
	}
	again := func(v []float64) []float64 {
		out := make([]float64, len(v))
		for i := range out {
			out[i] = v[rand.N(len(v))]
		}
		return out
	}
	var ratios []float64
	for range 2000 {
		ratios = append(ratios, middle(again(with))/middle(again(without)))
	}
	slices.Sort(ratios)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(middle(with)/middle(without), "ratio")
	b.ReportMetric(ratios[50], "low")
	b.ReportMetric(ratios[1949], "high")
}
