package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

func (a *app) compareCommand() *cobra.Command {
	l := &loadFlags{workload: []string{"hello-world"}}
	l.config.InFlight, l.config.Control = 4, true
	var noControl bool
	var preset, precision string
	var maxTime time.Duration
	c := &cobra.Command{
		Use:   "compare [BASE.json HEAD.json]",
		Short: "Compare strategies on one server, or two results",
		Long: `Compare strategies live, in interleaved rounds of random order on one server, or two saved results.

In a live comparison every strategy runs once a round on a schema of its own, and the first runs twice: what differs
between its two runs is noise, and no estimate below it is called a difference.`,
		Example: `  pgbench-provider compare
  pgbench-provider compare --strategies inline,sp --workload fan-out --rtt 25ms --in-flight 1 --dispatchers 1:1
  pgbench-provider compare --precision 3% --max-time 5m
  pgbench-provider compare yesterday.json today.json
  pgbench-provider compare --json | jq '.comparisons[] | select(.verdict == "faster")'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 0 && len(args) != 2 {
				return usage{fmt.Errorf("compare takes two result files, or none to measure: got %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return a.compareFiles(args[0], args[1], l.json)
			}
			if err := l.preset(c, preset); err != nil {
				return usage{err}
			}
			l.config.Control = !noControl
			if err := l.until(c, precision, maxTime); err != nil {
				return usage{err}
			}
			return a.load(c, l, "compare")
		},
	}
	l.add(c)
	l.addOpenLoop(c)
	f := c.Flags()
	f.StringSliceVar(&l.strategies, "strategies", []string{"inline", "sp"}, "the `strategies`, base first, see list")
	f.StringVar(&preset, "preset", "", "`how much` to measure: quick (12 rounds of 250ms), ci (60 of 500ms), full (100 of 1s)")
	f.StringVar(&precision, "precision", "", "measure until the interval of the whole is as narrow as ±`this`, such as 3%, or --max-time ends")
	f.DurationVar(&maxTime, "max-time", 10*time.Minute, "`time` after which --precision gives up")
	f.IntVar(&l.config.Rounds, "rounds", 20, "`rounds` that each strategy runs")
	f.DurationVar(&l.config.Round, "round", 500*time.Millisecond, "`time` that one strategy runs in a round")
	f.BoolVar(&noControl, "no-control", false, "do not run the first strategy twice")
	complete(c, "strategies", strategyNames)
	complete(c, "preset", func() []string { return []string{"quick", "ci", "full"} })
	return c
}

// presets: quick for a look, ci for a gate, full for a decision. The rounds of ci were chosen by the power that was measured
// (docs/method.md).
var presets = map[string]struct {
	rounds int
	round  time.Duration
}{
	"quick": {12, 250 * time.Millisecond},
	"ci":    {60, 500 * time.Millisecond},
	"full":  {100, time.Second},
}

// preset sets what the caller has not set.
func (l *loadFlags) preset(c *cobra.Command, name string) error {
	if name == "" {
		return nil
	}
	p, ok := presets[name]
	if !ok {
		return fmt.Errorf("--preset %.40q: choose quick, ci or full", name)
	}
	if !c.Flags().Changed("rounds") {
		l.config.Rounds = p.rounds
	}
	if !c.Flags().Changed("round") {
		l.config.Round = p.round
	}
	return nil
}

// manyRounds are more than any --max-time has room for.
const manyRounds = 100_000

// until has the run end when every primary interval is narrow enough, or time is up.
func (l *loadFlags) until(c *cobra.Command, precision string, maxTime time.Duration) error {
	if precision == "" {
		if c.Flags().Changed("max-time") {
			return errors.New("--max-time applies to --precision: add it, for example 3%")
		}
		return nil
	}
	number, _ := strings.CutSuffix(precision, "%")
	want, err := strconv.ParseFloat(number, 64)
	if err != nil || !(want > 0 && want < 100) {
		return fmt.Errorf("--precision %.40q: give a percentage above 0, for example 3%%", precision)
	}
	if c.Flags().Changed("rounds") {
		return errors.New("--precision finds out how many rounds it takes: leave out --rounds")
	}
	if len(l.strategies) < 2 {
		return errors.New("--precision is that of a comparison: name two strategies")
	}
	if maxTime <= 0 {
		return fmt.Errorf("--max-time %v is not positive: give for example 10m", maxTime)
	}
	l.config.Rounds = manyRounds
	end := time.Now().Add(maxTime)
	l.config.Enough = func(f *result.File) bool {
		if time.Now().After(end) {
			return true
		}
		a, err := compare.Strategies(f, compare.Options{})
		return err == nil && !slices.ContainsFunc(a.Precision(want/100), func(p compare.Precision) bool { return !p.Reached })
	}
	return nil
}

func (a *app) compareFiles(basePath, headPath string, json bool) error {
	base, err := result.ReadFile(basePath)
	if err != nil {
		return err
	}
	head, err := result.ReadFile(headPath)
	if err != nil {
		return err
	}
	format := "table"
	if json {
		format = "json"
	}
	err = reports.RenderFiles(a.out, format, base, head, reports.Options{Color: a.colour(), Width: a.width(),
		Compare: compare.Options{BaseSource: basePath, HeadSource: headPath}})
	var apart *compare.IncomparableError
	switch {
	case errors.As(err, &apart):
		return incomparable{err}
	case errors.Is(err, compare.ErrNothingToCompare):
		return usage{err}
	}
	return err
}
