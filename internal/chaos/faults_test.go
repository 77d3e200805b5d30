package chaos

import (
	"slices"
	"testing"
	"time"
)

// A proof counts what only its fault brings about in the world that it is tried in.
type proof struct {
	fault string
	count func(*world) int
}

// Each fault is injected into a world under load until what it is for has been seen. The worlds share no evidence: where
// "timeout" or "connection" is one, nothing earlier in that world leaves any behind.
var proofs = map[string][]proof{
	"sp": {
		{"terminate", failed("57P01")}, {"statement-timeout", failed("57014")}, {"deadlock", failed("40P01")},
		{"disk-full", failed("53100")}, {"half-open", failed("timeout")}, {"lost-reply", lostReplies}, {"stop-fast", restarted("stop-fast")},
	},
	"inline": {
		{"cut", failed("connection")}, {"lost-reply", lostReplies}, {"lock-timeout", failed("55P03")},
		{"repeatable-read", failed("40001")}, {"pool-empty", failed("timeout")}, {"stop-immediate", restarted("stop-immediate")},
	},
	"pipeline": {
		{"read-only", failed("25006")}, {"lost-reply", lostReplies}, {"serializable", failed("40001")},
		{"paused-backend", failed("timeout")}, {"paused-dispatcher", locksLost}, {"paused-process", siblingLost}, {"kill", restarted("kill")},
	},
}

func failed(state string) func(*world) int {
	return func(w *world) int { return w.record.counts()[state] }
}

func restarted(name string) func(*world) int {
	return func(w *world) int { return len(w.result.Recoveries[name]) }
}

func lostReplies(w *world) int { return int(w.network.lost.Load()) }

func locksLost(w *world) (n int) {
	for _, p := range w.processes {
		n += int(p.runtime.Stats().LocksLost)
	}
	return n
}

func siblingLost(w *world) int { return int(w.sibling.lost.Load()) }

func TestEachFaultHappens(t *testing.T) {
	t.Parallel()
	var tried []string
	for strategy, list := range proofs {
		for _, p := range list {
			tried = append(tried, p.fault)
		}
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			happen(t, strategy, list)
		})
	}
	for _, name := range Faults() {
		if !slices.Contains(tried, name) {
			t.Errorf("%s is never tried", name)
		}
	}
}

// happen injects faults until each has had its effect, and holds the world to its promises afterwards.
func happen(t *testing.T, strategy string, list []proof) {
	w := opened(t, Config{Seed: 5, Strategy: strategy})
	drained := w.drive(t.Context())
	r := w.rand(0)
	for _, p := range list {
		bag, err := choose([]string{p.fault})
		if err != nil {
			t.Fatal(err)
		}
		tries, before := 0, p.count(w)
		for end := time.Now().Add(drainTime); p.count(w) == before && time.Now().Before(end); tries++ {
			if err := bag[0].inject(t.Context(), w, r); err != nil {
				t.Fatalf("%s: %v", p.fault, err)
			}
			pause(t.Context(), 10*time.Millisecond)
		}
		t.Logf("%s: seen %d times after %d tries", p.fault, p.count(w)-before, tries)
		if p.count(w) == before {
			t.Errorf("%s had no effect in %d tries", p.fault, tries)
		}
	}
	w.check(t.Context(), drained())
	for _, v := range w.finish().Violations {
		t.Error(v)
	}
	t.Logf("%+v", w.result)
}
