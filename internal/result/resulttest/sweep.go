package resulttest

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"pgbench-provider/internal/result"
)

// SweepSpec is a sweep to be made. Unlike in [Spec], noise of the machine is of the server's part of a latency alone, as
// it is where the distance is a delay: far latencies are relatively quiet.
type SweepSpec struct {
	Seed     uint64
	Rounds   int
	RTT      time.Duration // without what is added
	Added    []time.Duration
	Shared   float64 // standard deviation, log scale, of the server's part, that all cells of a round share
	Own      float64 // the same, that each cell has for itself
	Distance float64 // the same of the distance's part
	Null     float64 // the same of the null query's p50
	Arms     []Arm   // Added and Control are ignored
}

// Distances are the usual ones, from none to the other side of the world.
func Distances() []time.Duration {
	return []time.Duration{0, ms / 2, ms, 5 * ms, 25 * ms, 70 * ms, 150 * ms}
}

// SweepArms are inline, pipeline, cte and sp under a workload of [HelloWorld] or its kin. sp does most work for a call
// and makes the fewest round trips; pipeline needs a second one for a fetch; cte lies between.
func SweepArms(workload func(string) Arm) []Arm {
	inline, pipeline, cte, sp := workload("inline"), workload("pipeline"), workload("inline"), workload("sp")
	cte.Strategy = "cte"
	for i := range inline.Ops {
		pipeline.Ops[i].Trips += math.Min(1, float64(i&1)) // the fetch of a turn, the ack of one
		sp.Ops[i].Server += 104 * us
		cte.Ops[i].Trips = math.Ceil(inline.Ops[i].Trips / 4)
		cte.Ops[i].Server += 45 * us
	}
	return []Arm{inline, pipeline, cte, sp}
}

// Sweep is the sweep of the golden reports: four strategies at seven distances, orchestrations and single operations.
func Sweep() *result.File {
	return MakeSweep(SweepSpec{
		Seed: 5, Rounds: 12, RTT: 100 * us, Added: Distances(), Shared: 0.05, Own: 0.02, Distance: 0.001, Null: 0.01,
		Arms: slices.Concat(SweepArms(HelloWorld), SweepArms(Operations)),
	})
}

// MakeSweep gives the file of spec. It has no histograms: the quantiles of its summaries are medians over rounds.
func MakeSweep(s SweepSpec) *result.File {
	f := Make(Spec{Kind: result.KindSweep, Seed: s.Seed}) // for its environment
	f.Config["rounds"] = s.Rounds
	rng := rand.New(rand.NewPCG(s.Seed, 2))
	var arms []Arm
	for _, a := range s.Arms {
		for _, d := range s.Added {
			arms = append(arms, added(a, d))
			f.Cells = append(f.Cells, result.Cell{Strategy: a.Strategy, Workload: a.Workload, AddedRTT: d})
		}
	}
	for r := 1; r <= s.Rounds; r++ {
		shared := s.Shared * rng.NormFloat64()
		for i, a := range arms {
			work := math.Exp(shared + s.Own*rng.NormFloat64())
			rtt := float64(s.RTT + a.Added)
			f.Cells[i].Rounds = append(f.Cells[i].Rounds, a.swept(r, i+1, work, rtt*math.Exp(s.Distance*rng.NormFloat64()),
				time.Duration(rtt*math.Exp(s.Null*rng.NormFloat64()))))
		}
	}
	for i := range f.Cells {
		must(f.Cells[i].Summarize())
		medians(&f.Cells[i])
	}
	f.FinishedAt = started.Add(time.Duration(s.Rounds*len(arms)) * time.Second)
	return f
}

// swept is one round at round-trip time rtt, which the null query saw as seen.
func (a Arm) swept(number, position int, work, rtt float64, seen time.Duration) result.Round {
	const orchestrations = 8
	r := result.Round{Round: number, Position: position, StartedAt: started, Duration: time.Second, MeasuredRTT: seen}
	var whole float64
	for _, op := range a.Ops {
		p50 := time.Duration(float64(op.Server)*work + math.Floor(op.Trips)*rtt) // of most calls; some make a trip more
		mean := time.Duration(float64(op.Server)*work + op.Trips*rtt)
		whole += op.Calls * float64(mean)
		r.Operations = append(r.Operations, result.Operation{
			Name: op.Name, Outcome: op.Outcome, RoundTripsPerOp: op.Trips,
			Latency: result.Latency{
				Count: int64(orchestrations*op.Calls) + 1, Mean: mean, P50: p50, P90: p50 * 5 / 4, P99: p50 * 2, Max: p50 * 3,
			},
		})
	}
	if !a.Idle {
		d := time.Duration(whole)
		r.Orchestrations = &result.Orchestrations{
			Completed: orchestrations, PerSecond: orchestrations, Mean: d, P50: d, P90: d * 5 / 4, P99: d * 2, Max: d * 3,
		}
	}
	return r
}

// medians sets the p50 of a cell's summary.
func medians(c *result.Cell) {
	median := func(of func(result.Round) time.Duration) time.Duration {
		var v []time.Duration
		for _, r := range c.Rounds {
			v = append(v, of(r))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	for i := range c.Summary.Operations {
		c.Summary.Operations[i].P50 = median(func(r result.Round) time.Duration { return r.Operations[i].P50 })
	}
	if o := c.Summary.Orchestrations; o != nil {
		o.P50 = median(func(r result.Round) time.Duration { return r.Orchestrations.P50 })
	}
}
