package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
	"pgbench-provider/reports"
)

func (a *app) gateCommand() *cobra.Command {
	g := &gateFlags{}
	var o gateOptions
	c := &cobra.Command{
		Use:   "gate --baseline FILE [RESULT.json ...]",
		Short: "Fail on a regression, and on nothing else",
		Long: `Compare a build with a baseline and fail with exit code 1 when it got worse.

Tier 1 is counted and exact: round trips, statements, rows, bytes, buffers and WAL of each call, with one client and a
fixed seed. Tier 2 is the ratio of each strategy to the first in one interleaved run, now against then; it fails only
when its whole interval is above the limit, and again in a second run of twice the rounds. Tier 3 is budgets, which fail
only with --strict.

Without result files both runs are made now, on the database that --dsn or the environment names or on a private one, as
the baseline was made. With files, one may be an exact run (run --exact) and one a comparison; suspects then stay suspects.

Exit codes: 0 passed, 1 a regression, 2 bad input, 3 a run failed, 4 incomparable or undecided.`,
		Example: `  pgbench-provider baseline save baseline.json
  pgbench-provider gate --baseline baseline.json
  pgbench-provider gate --baseline baseline.json --budget 'ack_orchestration_item:p99<20ms' --strict
  pgbench-provider gate --baseline baseline.json --format junit > gate.xml
  pgbench-provider gate self-test`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return a.gate(c, g, &o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.baseline, "baseline", "", "baseline `file`, from baseline save")
	f.StringArrayVar(&o.budgets, "budget", nil, "`limit` of an absolute time, such as 'ack_orchestration_item:p99<20ms'; repeat for more")
	f.BoolVar(&o.strict, "strict", false, "budgets fail the build")
	f.BoolVar(&o.changedSQL, "changed-sql", false, "the schema or the routines are what this build changed: compare all the same")
	f.StringVar(&o.format, "format", "table", "`format`: "+strings.Join(reports.VerdictFormats(), ", "))
	g.databaseFlags.add(f)
	g.addLoad(f)
	c.AddCommand(a.calibrateCommand(), a.selfTestCommand())
	return c
}

// gateOptions say how to judge.
type gateOptions struct {
	baseline   string
	budgets    []string
	strict     bool
	changedSQL bool
	format     string
}

func (o *gateOptions) check() (gate.Options, error) {
	out := gate.Options{Strict: o.strict, ChangedSQL: o.changedSQL}
	for _, s := range o.budgets {
		b, err := gate.ParseBudget(s)
		if err != nil {
			return out, usage{err}
		}
		out.Budgets = append(out.Budgets, b)
	}
	if !slices.Contains(reports.VerdictFormats(), o.format) {
		return out, usage{fmt.Errorf("--format %.40q: choose from %s", o.format, strings.Join(reports.VerdictFormats(), ", "))}
	}
	return out, nil
}

func (a *app) gate(c *cobra.Command, g *gateFlags, o *gateOptions, args []string) error {
	options, err := o.check()
	if err != nil {
		return err
	}
	if o.baseline == "" {
		return usage{errors.New("--baseline is missing: make one with baseline save FILE")}
	}
	b, err := readBaseline(o.baseline)
	if err != nil {
		return err
	}
	var v *gate.Verdict
	if len(args) == 0 && b.Recipe == nil {
		return usage{fmt.Errorf("%s does not say how it was measured: give the build's result files, or make it anew with baseline save", o.baseline)}
	}
	if len(args) > 0 {
		v, err = judgeFiles(b, args, options)
	} else {
		v, err = a.judgeLive(c.Context(), g, b, options)
	}
	if err != nil {
		return judged(err)
	}
	if err := reports.RenderVerdict(a.out, o.format, v, reports.Options{Color: a.colour(), Width: a.width()}); err != nil {
		return err
	}
	if o.format != "github" {
		if err := a.tellGitHub(v); err != nil {
			return err
		}
	}
	return outcome(v)
}

// tellGitHub adds to the step's summary and annotates, where this is a step of a GitHub workflow.
func (a *app) tellGitHub(v *gate.Verdict) error {
	path := a.getenv("GITHUB_STEP_SUMMARY")
	if a.getenv("GITHUB_ACTIONS") != "true" || path == "" {
		return nil
	}
	checks := reports.ChecksOfVerdict(v)
	for _, line := range reports.Annotations(checks) {
		fmt.Fprintln(a.err, line)
	}
	var b bytes.Buffer
	if err := reports.RenderVerdict(&b, "markdown", v, reports.Options{}); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err)
	}
	return errors.Join(reports.StepSummary(f, nil, b.Bytes()), f.Close())
}

// outcome is the exit code's error.
func outcome(v *gate.Verdict) error {
	switch n := v.Counts; {
	case n.Fail > 0:
		return silent{errRegression}
	case n.Suspected > 0:
		return incomparable{fmt.Errorf("%d cases are suspected and nothing confirmed them: gate without files measures twice", n.Suspected)}
	case n.Pass+n.Better == 0:
		return incomparable{errors.New("nothing could be decided: see the notes")}
	}
	return nil
}

var errRegression = errors.New("a regression")

// judged gives what stops a judgement its exit code.
func judged(err error) error {
	var apart *compare.IncomparableError
	switch {
	case errors.As(err, &apart):
		return incomparable{err}
	case errors.Is(err, compare.ErrNothingToCompare):
		return usage{err}
	}
	return err
}

func judgeFiles(b *gate.Baseline, paths []string, o gate.Options) (*gate.Verdict, error) {
	counters, timed, err := readBoth(paths)
	if err != nil {
		return nil, err
	}
	return gate.Check(b, counters, timed, o)
}

// readBoth reads an exact run, a timed run, or both.
func readBoth(paths []string) (counters, timed *result.File, err error) {
	for _, path := range paths {
		f, err := result.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		slot, what := &timed, "timed"
		if exact, _ := f.Config["exact"].(bool); exact {
			slot, what = &counters, "exact"
		}
		if *slot != nil {
			return nil, nil, usage{fmt.Errorf("%s is a second %s run: give at most one of each", path, what)}
		}
		*slot = f
	}
	return counters, timed, nil
}

// judgeLive measures as the baseline was measured, and again with twice the rounds where a case is suspected.
func (a *app) judgeLive(ctx context.Context, g *gateFlags, b *gate.Baseline, o gate.Options) (v *gate.Verdict, err error) {
	progress := a.newProgress()
	defer progress.clear()
	err = a.withServer(ctx, g, progress, func(server *target.Server) error {
		v, err = measureAndJudge(ctx, server, b, o, g.maxOutage, progress)
		return err
	})
	return v, err
}

func measureAndJudge(ctx context.Context, server *target.Server, b *gate.Baseline, o gate.Options, maxOutage time.Duration, progress *progress) (*gate.Verdict, error) {
	counters, timed, err := measureBoth(ctx, server, *b.Recipe, maxOutage, progress)
	if err != nil {
		return nil, err
	}
	v, err := gate.Check(b, counters, timed, o)
	if err != nil || v.Counts.Suspected == 0 {
		return v, err
	}
	progress.say(fmt.Sprintf("%d cases are suspected: measuring again with twice the rounds", v.Counts.Suspected))
	again, err := bench.Run(ctx, server, timedConfig(*b.Recipe, 2, maxOutage), progress.show)
	if err != nil {
		return nil, err
	}
	o.Partial = true
	second, err := gate.Check(b, nil, again, o)
	if err != nil {
		return nil, err
	}
	return gate.Confirm(v, second)
}

// measureBoth makes the exact run and the timed one.
func measureBoth(ctx context.Context, server *target.Server, r gate.Recipe, maxOutage time.Duration, progress *progress) (counters, timed *result.File, err error) {
	if counters, err = bench.Run(ctx, server, countersConfig(r, maxOutage), progress.show); err != nil {
		return nil, nil, err
	}
	timed, err = bench.Run(ctx, server, timedConfig(r, 1, maxOutage), progress.show)
	return counters, timed, err
}

func countersConfig(r gate.Recipe, maxOutage time.Duration) bench.Config {
	return bench.Config{Strategies: slices.Clone(r.Strategies), Workloads: []string{"operations"}, Exact: true, Orchestrations: r.Units, Rounds: 1,
		Seed: r.Seed, Verify: true, MaxOutage: maxOutage}
}

// timedConfig runs one unit at a time, which is the least noisy; more gives that many times the rounds.
func timedConfig(r gate.Recipe, more int, maxOutage time.Duration) bench.Config {
	return bench.Config{Strategies: slices.Clone(r.Strategies), Workloads: slices.Clone(r.Workloads), Control: true, InFlight: 1,
		Dispatchers: []bench.Dispatchers{{Orchestration: 1, Worker: 1}}, AddedRTT: slices.Clone(r.AddedRTT),
		Rounds: more * r.Rounds, Round: r.Round, Seed: r.Seed + uint64(time.Now().UnixNano()%1e6), MaxOutage: maxOutage}
}
