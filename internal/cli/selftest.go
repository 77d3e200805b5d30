package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
)

// The self-test's faults: a statement that a careless change adds, and work that the server does for a fifth longer.
const (
	faultyStrategy = "sp"
	wordyOperation = "ack_orchestration_item"
	slowOperation  = "fetch_orchestration_item"
	slowdown       = 0.20
)

func (a *app) selfTestCommand() *cobra.Command {
	g := &gateFlags{}
	c := &cobra.Command{
		Use:   "self-test",
		Short: "Prove that the gate fails when it must, and only then",
		Long: `Measure a baseline of this build, and then the same build three times more: unchanged, with one statement added to
ack_orchestration_item of sp, and with the server working 20 % longer on fetch_orchestration_item of sp. The gate must
pass the first, fail the second in tier 1 and the third in tier 2. Exit code 1 means that the gate cannot be trusted here:
where tier 2 misses, the machine is too noisy for --preset.`,
		Example: `  pgbench-provider gate self-test
  pgbench-provider gate self-test --preset full`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := g.finish(); err != nil {
				return err
			}
			if i := slices.Index(g.recipe.Strategies, faultyStrategy); i < 1 {
				return usage{errors.New("--strategies: the self-test puts its faults into sp and measures it against the first: name another first, and sp after it")}
			}
			return a.selfTest(c.Context(), g)
		},
	}
	g.add(c)
	return c
}

func (a *app) selfTest(ctx context.Context, g *gateFlags) error {
	progress := a.newProgress()
	defer progress.clear()
	return a.withServer(ctx, g, progress, func(server *target.Server) error {
		t := &selfTest{ctx: ctx, server: server, recipe: g.recipe, progress: progress, maxOutage: g.maxOutage}
		if err := t.prepare(); err != nil {
			return err
		}
		failed := false
		for _, trial := range []struct {
			what string
			run  func() (ok bool, saw string, err error)
		}{
			{"the same build passes", t.same},
			{"a statement more in " + wordyOperation + " fails tier 1", t.wordy},
			{fmt.Sprintf("%.0f %% more work in %s fails tier 2", 100*slowdown, slowOperation), t.slow},
		} {
			progress.say("trying whether " + trial.what)
			ok, saw, err := trial.run()
			if err != nil {
				return judged(err)
			}
			progress.clear()
			word := "ok  "
			if !ok {
				word, failed = "FAIL", true
			}
			fmt.Fprintf(a.out, "%s  %s: %s\n", word, trial.what, saw)
		}
		if failed {
			return silent{errRegression}
		}
		return nil
	})
}

// selfTest is one under way.
type selfTest struct {
	ctx       context.Context
	server    *target.Server
	recipe    gate.Recipe
	progress  *progress
	maxOutage time.Duration
	baseline  *gate.Baseline
	delay     time.Duration
}

// prepare makes the baseline, and finds out how long a fifth of the slow operation is.
func (t *selfTest) prepare() error {
	counters, timed, err := measureBoth(t.ctx, t.server, t.recipe, t.maxOutage, t.progress)
	if err != nil {
		return err
	}
	if t.baseline, err = gate.FromResult(counters, timed); err != nil {
		return judged(err)
	}
	t.baseline.Recipe = &t.recipe
	for _, c := range timed.Cells { // the nearest distance comes first, and has the smallest fifth
		for _, o := range c.Summary.Operations {
			if fifth := time.Duration(slowdown * float64(o.P50)); c.Strategy == faultyStrategy && !c.Control && o.Name == slowOperation &&
				o.Outcome == result.Loaded && (t.delay == 0 || fifth < t.delay) {
				t.delay = fifth
			}
		}
	}
	if t.delay < time.Microsecond {
		return usage{errors.New("--strategies: the self-test puts its faults into sp: leave it in")}
	}
	return nil
}

func (t *selfTest) same() (bool, string, error) {
	v, err := measureAndJudge(t.ctx, t.server, t.baseline, gate.Options{}, t.maxOutage, t.progress)
	if err != nil {
		return false, "", err
	}
	return v.Counts.Fail == 0, seen(v), nil
}

func (t *selfTest) wordy() (bool, string, error) {
	config := countersConfig(t.recipe, t.maxOutage)
	config.Faults = []bench.Fault{{Strategy: faultyStrategy, Operation: wordyOperation, Statement: true}}
	counters, err := bench.Run(t.ctx, t.server, config, t.progress.show)
	if err != nil {
		return false, "", err
	}
	v, err := gate.Check(t.baseline, counters, nil, gate.Options{})
	if err != nil {
		return false, "", err
	}
	return found(v, gate.Exact, wordyOperation), seen(v), nil
}

func (t *selfTest) slow() (bool, string, error) {
	fault := []bench.Fault{{Strategy: faultyStrategy, Operation: slowOperation, Delay: t.delay}}
	judge := func(more int, partial bool) (*gate.Verdict, error) {
		config := timedConfig(t.recipe, more, t.maxOutage)
		config.Faults = fault
		timed, err := bench.Run(t.ctx, t.server, config, t.progress.show)
		if err != nil {
			return nil, err
		}
		return gate.Check(t.baseline, nil, timed, gate.Options{Partial: partial})
	}
	v, err := judge(1, false)
	if err == nil && v.Counts.Suspected > 0 {
		var again *gate.Verdict
		if again, err = judge(2, true); err == nil {
			v, err = gate.Confirm(v, again)
		}
	}
	if err != nil {
		return false, "", err
	}
	return found(v, gate.Ratios, slowOperation), seen(v), nil
}

// found says that the gate failed the operation, in that tier.
func found(v *gate.Verdict, tier gate.Tier, operation string) bool {
	for _, c := range v.Cases {
		if c.Status == gate.Fail && c.Tier == tier && c.Strategy == faultyStrategy && c.Operation == operation {
			return true
		}
	}
	return false
}

// seen names what failed, and else how many cases passed.
func seen(v *gate.Verdict) string {
	n, first := 0, ""
	for _, c := range v.Cases {
		if c.Status == gate.Fail {
			if n++; n == 1 {
				first = fmt.Sprintf("%s is %.4g, was %.4g, limit %.4g", c.Name, float64(c.Now), float64(c.Baseline), float64(c.Limit))
			}
		}
	}
	if n == 0 {
		return fmt.Sprintf("%d cases pass, %d undecided, none fails", v.Counts.Pass+v.Counts.Better, v.Counts.Inconclusive)
	}
	if n > 1 {
		first += fmt.Sprintf(", and %d more", n-1)
	}
	return first
}
