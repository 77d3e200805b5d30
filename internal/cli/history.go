package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/history"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

func (a *app) historyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "history",
		Short: "Keep the figures of many runs, and find the run that changed them",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.historyAppendCommand(), a.historyShowCommand())
	return c
}

const historyFile = "pgbench-provider-history.jsonl"

func (a *app) historyAppendCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:     "append RESULT.json ...",
		Short:   "Add runs to a history",
		Long:    "Add the figures of runs to a history, a JSON line each. The line is written in one piece; a run is added once.",
		Example: `  pgbench-provider history append results/20260102-150405-compare.json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage{errors.New("history append takes result files: name at least one")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range args {
				f, err := result.ReadFile(name)
				if err != nil {
					return err
				}
				if err := history.Append(path, history.Of(f)); err != nil {
					if errors.Is(err, history.ErrThere) { // as when a folder is added every night
						fmt.Fprintf(a.err, "pgbench-provider: %s: %v\n", name, err)
						continue
					}
					if errors.Is(err, history.ErrBadFile) {
						return usage{err}
					}
					return err
				}
				fmt.Fprintf(a.out, "%s: added to %s\n", name, path)
			}
			return nil
		},
	}
	c.Flags().StringVar(&path, "history", historyFile, "history `file`")
	return c
}

func (a *app) historyShowCommand() *cobra.Command {
	var path string
	var o reports.HistoryOptions
	c := &cobra.Command{
		Use:   "show",
		Short: "Show each series, and where it changed",
		Long: `Show each series of a history, and the runs at which it changed, by the E-divisive method (p 0.001, 5 % at least).

Runs of different workloads, parameters, strategies or PostgreSQL versions are never in one series. The default metric is
the ratio to the first strategy of the same run, because absolute times of different machines do not compare.`,
		Example: `  pgbench-provider history show
  pgbench-provider history show --metric p50 --strategy sp --last 50`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains(reports.HistoryMetrics, o.Metric) {
				return usage{fmt.Errorf("--metric %.40q: choose from %s", o.Metric, strings.Join(reports.HistoryMetrics, ", "))}
			}
			if o.Last < 0 {
				return usage{fmt.Errorf("--last %d is negative", o.Last)}
			}
			entries, torn, err := history.Read(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return usage{fmt.Errorf("--history %s: there is no such file: make it with history append", path)}
			case errors.Is(err, history.ErrBadFile):
				return usage{err}
			case err != nil:
				return err
			}
			if torn {
				fmt.Fprintf(a.err, "pgbench-provider: the last line of %s was cut short and is left out\n", path)
			}
			o.Color, o.Width = a.colour(), a.width()
			return reports.RenderHistory(a.out, entries, o)
		},
	}
	f := c.Flags()
	f.StringVar(&path, "history", historyFile, "history `file`")
	f.StringVar(&o.Metric, "metric", "ratio", "`metric`: "+strings.Join(reports.HistoryMetrics, ", "))
	f.StringVar(&o.Strategy, "strategy", "", "only this `strategy`")
	f.StringVar(&o.Operation, "operation", "", "only this `operation`, such as orchestration")
	f.IntVar(&o.Last, "last", 100, "only the last `runs` of each series; 0 is all")
	f.BoolVar(&o.JSON, "json", false, "print JSON")
	complete(c, "metric", func() []string { return reports.HistoryMetrics })
	complete(c, "strategy", strategyNames)
	return c
}
