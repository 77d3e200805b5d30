package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

func (a *app) reportCommand() *cobra.Command {
	var format, charts string
	c := &cobra.Command{
		Use:   "report FILE",
		Short: "Render a saved result",
		Example: `  pgbench-provider report results/20260102-150405-compare.json
  pgbench-provider report result.json --format markdown > comparison.md
  pgbench-provider report result.json --format markdown --charts charts > comparison.md
  pgbench-provider report result.json --format html > comparison.html`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage{fmt.Errorf("report takes one result file: got %d arguments", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(reports.Formats(), format) {
				return usage{fmt.Errorf("--format %.40q: choose from %s", format, strings.Join(reports.Formats(), ", "))}
			}
			if charts != "" && format != "markdown" {
				return usage{fmt.Errorf("--charts goes with --format markdown: %s shows none, or has them in it", format)}
			}
			file, err := result.ReadFile(args[0])
			if err != nil {
				return err
			}
			o := reports.Options{Color: a.colour(), Width: a.width()}
			if charts != "" {
				if o, err = writeCharts(file, o, charts); err != nil {
					return err
				}
			}
			return reports.Render(a.out, format, file, o)
		},
	}
	c.Flags().StringVar(&format, "format", "table", "`format`: "+strings.Join(reports.Formats(), ", "))
	c.Flags().StringVar(&charts, "charts", "", "write the charts of a markdown report as SVG files to this `folder`, and show them in it")
	complete(c, "format", reports.Formats)
	return c
}

// writeCharts puts the charts of a file into a folder, which it makes, and tells the report of them.
func writeCharts(f *result.File, o reports.Options, folder string) (reports.Options, error) {
	all, err := reports.Charts(f, o)
	if err != nil {
		return o, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return o, err
	}
	for _, c := range all {
		if err := os.WriteFile(filepath.Join(folder, c.Name), c.SVG, 0o644); err != nil {
			return o, err
		}
	}
	o.Charts, o.ChartsAt = all, filepath.ToSlash(folder)
	return o, nil
}
