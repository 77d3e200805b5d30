package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/target"
)

// gateFlags say what the two runs of a gate measure, and where.
type gateFlags struct {
	databaseFlags
	recipe gate.Recipe
	preset string
	rounds int           // 0 is the preset's
	round  time.Duration // 0 is the preset's
}

func (g *gateFlags) add(c *cobra.Command) {
	f := c.Flags()
	g.databaseFlags.add(f)
	g.addLoad(f)
	f.StringSliceVar(&g.recipe.Strategies, "strategies", []string{"inline", "sp"}, "the `strategies`, base first, see list")
	f.StringSliceVar(&g.recipe.Workloads, "workload", []string{"operations"}, "`workloads` of the timed run, see list")
	f.DurationSliceVar(&g.recipe.AddedRTT, "rtt", []time.Duration{0}, "round-trip `time` to add in the timed run; from three on slopes are gated too")
	f.StringVar(&g.preset, "preset", "ci", "`how much` to time: quick, ci or full, as of compare")
	f.IntVar(&g.rounds, "rounds", 0, "`rounds` of the timed run (default the preset's)")
	f.DurationVar(&g.round, "round", 0, "`time` that one strategy runs in a round (default the preset's)")
	f.IntVar(&g.recipe.Units, "units", 200, "`units` of the exact run")
	f.Uint64Var(&g.recipe.Seed, "seed", 1, "`seed` of the exact run")
	complete(c, "strategies", strategyNames)
	complete(c, "workload", workloadNames)
	complete(c, "preset", func() []string { return []string{"quick", "ci", "full"} })
}

// finish fills in and checks the recipe.
func (g *gateFlags) finish() error {
	p, ok := presets[g.preset]
	if !ok {
		return usage{fmt.Errorf("--preset %.40q: choose quick, ci or full", g.preset)}
	}
	if g.rounds < 0 || g.round < 0 {
		return usage{fmt.Errorf("--rounds %d and --round %v: neither may be negative", g.rounds, g.round)}
	}
	g.recipe.Rounds, g.recipe.Round = cmp.Or(g.rounds, p.rounds), cmp.Or(g.round, p.round)
	if g.recipe.Units < 1 {
		return usage{fmt.Errorf("--units %d: give a number above 0", g.recipe.Units)}
	}
	if len(g.recipe.Strategies) < 2 {
		return usage{errors.New("--strategies names one: a gate compares ratios of at least 2")}
	}
	for _, config := range []bench.Config{countersConfig(g.recipe, g.maxOutage), timedConfig(g.recipe, 1, g.maxOutage)} {
		if err := config.Validate(); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Keep what a good build measured",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	g := &gateFlags{}
	save := &cobra.Command{
		Use:   "save FILE [RESULT.json ...]",
		Short: "Measure this build and save its baseline for gate",
		Long: `Measure this build twice and save its baseline: an exact run, for what is counted, and an interleaved one, for the
ratios of the strategies. gate repeats both in the same way. Or make it of results that are there: an exact run (run
--exact), a comparison or sweep, or one of each.`,
		Example: `  pgbench-provider baseline save baseline.json
  pgbench-provider baseline save baseline.json --rtt 0,1ms,5ms --dsn "host=db.example.com dbname=app user=bench"`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage{errors.New("baseline save takes the file to write: name it")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return a.baselineOf(args[0], args[1:])
			}
			if err := g.finish(); err != nil {
				return err
			}
			return a.saveBaseline(c.Context(), g, args[0])
		},
	}
	g.add(save)
	c.AddCommand(save)
	return c
}

func (a *app) saveBaseline(ctx context.Context, g *gateFlags, path string) error {
	progress := a.newProgress()
	defer progress.clear()
	return a.withServer(ctx, g, progress, func(server *target.Server) error {
		b, err := newBaseline(ctx, server, g.recipe, g.maxOutage, progress)
		if err != nil {
			return err
		}
		progress.clear()
		return a.writeBaseline(path, b)
	})
}

// baselineOf makes a baseline of results, which gate can then only compare with results.
func (a *app) baselineOf(path string, results []string) error {
	counters, timed, err := readBoth(results)
	if err != nil {
		return err
	}
	b, err := gate.FromResult(counters, timed)
	if err != nil {
		return judged(err)
	}
	return a.writeBaseline(path, b)
}

func (a *app) writeBaseline(path string, b *gate.Baseline) error {
	if err := gate.WriteFile(path, b); err != nil {
		return err
	}
	for _, n := range b.NotGated {
		fmt.Fprintln(a.out, n)
	}
	fmt.Fprintf(a.out, "%s: %d operations counted, %d ratios, %d lines\n", path, len(b.Counters), len(b.Ratios), len(b.Lines))
	return nil
}

func newBaseline(ctx context.Context, server *target.Server, r gate.Recipe, maxOutage time.Duration, progress *progress) (*gate.Baseline, error) {
	counters, timed, err := measureBoth(ctx, server, r, maxOutage, progress)
	if err != nil {
		return nil, err
	}
	b, err := gate.FromResult(counters, timed)
	if err != nil {
		return nil, judged(err)
	}
	b.Recipe = &r
	return b, nil
}

func readBaseline(path string) (*gate.Baseline, error) {
	b, err := gate.ReadFile(path)
	if err != nil {
		return nil, usage{err}
	}
	return b, nil
}

// withServer opens the server that the flags name, calls do, and closes what it opened.
func (a *app) withServer(ctx context.Context, g *gateFlags, progress *progress, do func(*target.Server) error) (err error) {
	server, err := target.Open(ctx, a.spec(&g.databaseFlags, progress.say))
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if closeErr := server.Close(closing); err == nil {
			err = closeErr
		}
	}()
	if err := consent(ctx, server, g.yes); err != nil {
		return err
	}
	return do(server)
}
