// Package resulttest makes result files out of a small model of a benchmark, the same for the same seed. Tests of
// comparisons and reports use them, and the recorded files in testdata/results were written from [Recorded].
package resulttest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/internal/result"
)

// Op is one operation of the model: latency is Server + Trips x RTT, spread log-normally.
type Op struct {
	Name    string
	Outcome result.Outcome
	Calls   float64 // for each orchestration
	Server  time.Duration
	Trips   float64
}

// Arm is one cell to be made.
type Arm struct {
	Strategy string
	Workload string
	Control  bool
	Added    time.Duration
	Ops      []Op
	Queries  []Op
	Idle     bool // the workload runs no orchestrations
}

// Spec is a file to be made. Zero values are replaced by those of a small quiet machine.
type Spec struct {
	Kind       result.Kind
	Seed       uint64
	Rounds     int
	PerRound   int           // orchestrations of an arm of average speed in a round
	RTT        time.Duration // without what an arm adds
	RoundNoise float64       // standard deviation, log scale, that all arms of a round share
	ArmNoise   float64       // standard deviation, log scale, that each arm has for itself
	Arms       []Arm
}

var started = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// Make gives the file of spec. It panics when a histogram cannot be made, which is a mistake of the spec.
func Make(s Spec) *result.File {
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	f := &result.File{
		Format: result.Format, Kind: s.Kind, StartedAt: started,
		Tool: result.Tool{Name: "pgbench-provider", Version: "0.1.0", Commit: "0000000", Go: "go1.26.0"},
		Environment: result.Environment{
			Server: result.Server{
				Version: "17.2", VersionNum: 170002, Location: "container", Address: "localhost:5432", Network: "tcp",
				Settings: map[string]string{"fsync": "on", "shared_buffers": "128MB", "synchronous_commit": "on"},
			},
			Client: result.Client{OS: "linux", Arch: "amd64", CPU: "Example CPU", Cores: 4, GOMAXPROCS: 4},
		},
		Config: map[string]any{"seed": 42, "clients": 1, "rounds": s.Rounds, "command": "pgbench-provider " + string(s.Kind)},
	}
	clock := started
	for _, a := range s.Arms {
		f.Cells = append(f.Cells, result.Cell{
			Strategy: a.Strategy, Workload: a.Workload, Control: a.Control, AddedRTT: a.Added,
			Parameters: map[string]any{"clients": 1},
		})
	}
	for r := 1; r <= s.Rounds; r++ {
		shared := map[string]float64{}
		for i, a := range s.Arms {
			if _, ok := shared[a.Workload]; !ok {
				shared[a.Workload] = s.RoundNoise * rng.NormFloat64()
			}
			factor := math.Exp(shared[a.Workload] + s.ArmNoise*rng.NormFloat64())
			f.Cells[i].Rounds = append(f.Cells[i].Rounds, s.round(rng, a, r, i, factor, clock))
			clock = clock.Add(1200 * time.Millisecond)
		}
	}
	for i := range f.Cells {
		must(f.Cells[i].Summarize())
		f.Checks = append(f.Checks, result.Check{
			Name: "answers", Strategy: s.Arms[i].Strategy, Workload: s.Arms[i].Workload, OK: true,
		})
	}
	f.FinishedAt = clock
	return f
}

func (s Spec) round(rng *rand.Rand, a Arm, number, i int, factor float64, clock time.Time) result.Round {
	rtt := s.RTT + a.Added
	r := result.Round{
		Round: number, Position: 1 + (i+number)%len(s.Arms), StartedAt: clock, Duration: time.Second,
		MeasuredRTT: time.Duration(float64(rtt) * math.Exp(0.01*rng.NormFloat64())),
	}
	per := 0.0 // latency of one orchestration, the sum of its calls
	for _, op := range a.Ops {
		per += op.Calls * op.latency(rtt)
	}
	n := max(1, int(float64(s.PerRound)*2e6/(per*factor)))
	for _, op := range a.Ops {
		l := sample(rng, int(float64(n)*op.Calls), op.latency(rtt)*factor)
		r.Operations = append(r.Operations, result.Operation{
			Name: op.Name, Outcome: op.Outcome, Latency: l, RoundTripsPerOp: op.Trips,
			BytesOutPerOp: 120 + 60*op.Trips, BytesInPerOp: 90 + 30*op.Trips,
		})
	}
	for _, q := range a.Queries {
		r.Queries = append(r.Queries, result.Query{
			Name: q.Name, Latency: sample(rng, int(float64(n)*q.Calls), q.latency(rtt)*factor),
		})
	}
	if !a.Idle {
		l := sample(rng, n, per*factor)
		r.Orchestrations = &result.Orchestrations{
			Completed: l.Count, PerSecond: float64(l.Count), Mean: l.Mean, P50: l.P50, P90: l.P90, P99: l.P99, Max: l.Max,
			Histogram: l.Histogram,
		}
	}
	return r
}

func (o Op) latency(rtt time.Duration) float64 { return float64(o.Server) + o.Trips*float64(rtt) }

// sample draws n calls around the median, one in fifty of them three times as slow. Two digits keep the files small.
func sample(rng *rand.Rand, n int, median float64) result.Latency {
	h := hdrhistogram.New(1000, int64(time.Minute), 2)
	for range n {
		v := median * math.Exp(0.12*rng.NormFloat64())
		if rng.IntN(50) == 0 {
			v *= 3
		}
		must(h.RecordValue(int64(v)))
	}
	l, err := result.NewLatency(h, 0)
	must(err)
	return l
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("resulttest: %v", err))
	}
}
