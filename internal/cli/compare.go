package cli

import (
	"errors"
	"fmt"
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
	c := &cobra.Command{
		Use:   "compare [BASE.json HEAD.json]",
		Short: "Compare strategies on one server, or two results",
		Long: `Compare strategies live, in interleaved rounds of random order on one server, or two saved results.

In a live comparison every strategy runs once a round on a schema of its own, and the first runs twice: what differs
between its two runs is noise, and no estimate below it is called a difference.`,
		Example: `  pgbench-provider compare
  pgbench-provider compare --strategies inline,sp --workload fan-out --rtt 25ms --in-flight 1 --dispatchers 1:1
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
			l.config.Control = !noControl
			return a.load(c, l, "compare")
		},
	}
	l.add(c)
	f := c.Flags()
	f.StringSliceVar(&l.strategies, "strategies", []string{"inline", "sp"}, "the `strategies`, base first, see list")
	f.IntVar(&l.config.Rounds, "rounds", 20, "`rounds` that each strategy runs")
	f.DurationVar(&l.config.Round, "round", 500*time.Millisecond, "how `long` one strategy runs in a round")
	f.BoolVar(&noControl, "no-control", false, "do not run the first strategy twice")
	complete(c, "strategies", strategyNames)
	return c
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
