package resulttest

import (
	"time"

	"pgbench-provider/internal/result"
)

const (
	us = time.Microsecond
	ms = time.Millisecond
)

// HelloWorld is an orchestration of three turns and two activities under the strategy named, whose operations make the
// round trips that the project's inline, pipeline and sp strategies make.
func HelloWorld(strategy string) Arm {
	a := Arm{Strategy: strategy, Workload: "hello-world", Ops: []Op{
		{"enqueue_orchestrator_item", result.OK, 1, 110 * us, 1},
		{"fetch_orchestration_item", result.Loaded, 3, 212 * us, 7},
		{"fetch_orchestration_item", result.Empty, 0.4, 60 * us, 3},
		{"ack_orchestration_item", result.OK, 3, 260 * us, 26. / 3},
		{"fetch_work_item", result.Loaded, 2, 90 * us, 4},
		{"ack_work_item", result.OK, 2, 80 * us, 4},
	}, Queries: []Op{
		{"inline.fetch_orchestration_item.lock", "", 3, 40 * us, 1},
		{"inline.ack_orchestration_item.append_history", "", 3, 60 * us, 1},
	}}
	switch strategy {
	case "sp":
		a.oneTrip(6 * us)
		a.Queries = []Op{
			{"sp.fetch_orchestration_item", "", 3, 218 * us, 1},
			{"sp.ack_orchestration_item", "", 3, 266 * us, 1},
		}
	case "pipeline":
		a.oneTrip(25 * us)
		a.Queries = nil
	}
	return a
}

// FanOut is an orchestration of two turns and eight activities.
func FanOut(strategy string) Arm {
	a := HelloWorld(strategy)
	a.Workload = "fan-out"
	a.Queries = nil
	calls := []float64{1, 2, 0.8, 2, 8, 8}
	for i := range a.Ops {
		a.Ops[i].Calls = calls[i]
	}
	if strategy == "inline" {
		a.Ops[3].Trips = 17
	}
	return a
}

// Operations calls single operations and runs no orchestrations.
func Operations(strategy string) Arm {
	a := HelloWorld(strategy)
	a.Workload, a.Idle, a.Queries = "operations", true, nil
	return a
}

func (a *Arm) oneTrip(extra time.Duration) {
	for i := range a.Ops {
		if a.Ops[i].Trips > 1 {
			a.Ops[i].Trips, a.Ops[i].Server = 1, a.Ops[i].Server+extra
		}
	}
}

func control(a Arm) Arm { a.Control = true; return a }

func added(a Arm, d time.Duration) Arm { a.Added = d; return a }

// Recorded gives the files of testdata/results by name: a comparison with a control arm, one of three strategies at two
// distances, a plain run, and the same run before and after a change that slowed one operation.
func Recorded() map[string]*result.File {
	base := Spec{Kind: result.KindCompare, Seed: 1, Rounds: 20, PerRound: 400, RTT: 100 * us, RoundNoise: 0.08, ArmNoise: 0.015}
	compare := base
	compare.Arms = []Arm{
		HelloWorld("inline"), HelloWorld("sp"), control(HelloWorld("inline")),
		FanOut("inline"), FanOut("sp"), control(FanOut("inline")),
	}
	three := base
	three.Seed, three.Rounds, three.PerRound = 2, 12, 100
	for _, d := range []time.Duration{0, ms} {
		for _, s := range []string{"inline", "pipeline", "sp"} {
			three.Arms = append(three.Arms, added(HelloWorld(s), d))
		}
	}
	run := base
	run.Kind, run.Seed, run.Rounds, run.PerRound = result.KindRun, 3, 6, 200
	run.Arms = []Arm{HelloWorld("inline"), Operations("inline")}
	before := run
	before.Rounds, before.Arms = 12, []Arm{HelloWorld("sp")}
	after := before
	after.Seed, after.Arms = 4, []Arm{HelloWorld("sp")}
	after.Arms[0].Ops[3].Server += 90 * us
	after.Arms[0].Ops[3].Trips = 2
	return map[string]*result.File{
		"compare": Make(compare), "three": Make(three), "run": Make(run), "before": Make(before), "after": Make(after),
	}
}
