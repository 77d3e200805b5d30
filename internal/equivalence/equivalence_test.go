package equivalence_test

import (
	"context"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"pgbench-provider/internal/equivalence"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	operations = flag.Int("operations", 20_000, "random `operations` to run on each strategy")
	seed       = flag.Uint64("seed", 1, "`seed` of the random scripts")
	only       = flag.String("strategies", "", "run these `strategies` only, separated by commas")
)

// scriptLength is long enough for locks to expire and be taken over several times, and short enough to reset often.
const scriptLength = 200

// parties opens every strategy on a schema of its own.
func parties(t *testing.T) (all []equivalence.Party) {
	t.Helper()
	for _, s := range strategies.All() {
		if *only == "" || slices.Contains(strings.Split(*only, ","), s.Name()) {
			all = append(all, party(t, s))
		}
	}
	return all
}

func party(t *testing.T, s provider.Strategy) equivalence.Party {
	t.Helper()
	config := pgtest.NewSchema(t)
	maps.Copy(config.RuntimeParams, provider.SessionSettings())
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if err := migrations.Apply(t.Context(), conn, s); err != nil {
		t.Fatal(err)
	}
	return equivalence.Party{Strategy: s, Conn: conn}
}

// TestStrategiesAgree runs random scripts on the model and on all strategies.
func TestStrategiesAgree(t *testing.T) {
	t.Parallel()
	all := parties(t)
	check := func(s equivalence.Script) (*equivalence.Difference, error) {
		return equivalence.Check(t.Context(), s, all...)
	}
	for n := 0; n*scriptLength < *operations; n++ {
		r := rand.New(rand.NewPCG(*seed, uint64(n)))
		d, err := check(equivalence.Random(r.IntN, scriptLength))
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			if d, err = equivalence.Shrink(d, 2000, check); err != nil {
				t.Error(err)
			}
			t.Fatalf("seed %d, script %d: %v", *seed, n, d)
		}
	}
}

// TestModel is the state machine: rapid draws the operations and shrinks what fails.
func TestModel(t *testing.T) {
	t.Parallel()
	operation := rapid.Custom(func(t *rapid.T) equivalence.Op {
		return equivalence.Draw(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") })
	})
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			p := party(t, s)
			ctx := t.Context()
			rapid.Check(t, func(t *rapid.T) {
				script := rapid.SliceOfN(operation, 1, 2*scriptLength).Draw(t, "script")
				d, err := equivalence.Check(ctx, script, p)
				if err != nil {
					t.Fatal(err)
				}
				if d != nil {
					t.Fatal(d)
				}
			})
		})
	}
}

// TestScriptsReachWhatMatters guards the generator: a script whose acks all fail would agree on anything.
func TestScriptsReachWhatMatters(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for n := range uint64(400) {
		r := rand.New(rand.NewPCG(*seed, n))
		for kind, outcomes := range equivalence.Outcomes(equivalence.Random(r.IntN, scriptLength)) {
			for outcome, count := range outcomes {
				seen[kind+" "+outcome] += count
			}
		}
	}
	for _, want := range []string{
		"fetch_orchestration_item ok", "fetch_orchestration_item " + provider.ErrNoWork.Error(),
		"ack_orchestration_item ok", "ack_orchestration_item " + provider.ErrLockLost.Error(), "ack_orchestration_item " + provider.ErrDuplicateEvent.Error(),
		"abandon_orchestration_item ok", "abandon_orchestration_item " + provider.ErrLockLost.Error(), "renew_orchestration_lock ok", "discard_orchestration_item ok",
		"enqueue_orchestrator_items ok", "fetch_orchestration_items ok", "fetch_orchestration_items " + provider.ErrNoWork.Error(),
		"ack_orchestration_items ok", "ack_orchestration_items " + provider.ErrLockLost.Error(), "ack_orchestration_items " + provider.ErrDuplicateEvent.Error(),
		"fetch_work_item ok", "ack_work_item ok", "ack_work_item " + provider.ErrLockLost.Error(), "abandon_work_item ok", "renew_work_item_lock ok",
		"delete_instances ok", "delete_instances " + provider.ErrInstanceRunning.Error(), "delete_instances " + provider.ErrHasChildren.Error(),
		"delete_instance ok", "delete_instance " + provider.ErrSubOrchestration.Error(), "get_instance_info ok", "get_execution_info ok",
	} {
		if seen[want] < 5 {
			t.Errorf("%s: reached %d times, want at least 5", want, seen[want])
		}
	}
}

// TestShrinkFindsTheCore plants a fault in a copy of the model's world: a routine that forgets to test the expiry.
func TestShrinkFindsTheCore(t *testing.T) {
	t.Parallel()
	all := parties(t)
	for _, p := range all {
		if p.Strategy.Name() != "sp" {
			continue
		}
		var source string
		if err := p.Conn.QueryRow(t.Context(), "select pg_get_functiondef('renew_work_item_lock'::regproc)").Scan(&source); err != nil {
			t.Fatal(err)
		}
		broken := strings.Replace(source, "and w.visible_at > p_now", "", 1)
		if broken == source {
			t.Fatal("the routine has no expiry test to remove")
		}
		if _, err := p.Conn.Exec(t.Context(), broken); err != nil {
			t.Fatal(err)
		}
	}
	check := func(s equivalence.Script) (*equivalence.Difference, error) {
		return equivalence.Check(t.Context(), s, all...)
	}
	for n := range uint64(100) {
		r := rand.New(rand.NewPCG(*seed, n))
		d, err := check(equivalence.Random(r.IntN, scriptLength))
		if err != nil {
			t.Fatal(err)
		}
		if d == nil {
			continue
		}
		if d, err = equivalence.Shrink(d, 2000, check); err != nil {
			t.Fatal(err)
		}
		if len(d.Script) > 10 {
			t.Errorf("shrunk to %d operations, want at most 10:\n%v", len(d.Script), d)
		}
		return
	}
	t.Error("no script found the planted fault")
}
