package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

func (a *app) reportCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "report FILE",
		Short: "Render a saved result",
		Example: `  pgbench-provider report results/20260102-150405-compare.json
  pgbench-provider report result.json --format markdown > comparison.md`,
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
			file, err := result.ReadFile(args[0])
			if err != nil {
				return err
			}
			return reports.Render(a.out, format, file, reports.Options{Color: a.colour(), Width: a.width()})
		},
	}
	c.Flags().StringVar(&format, "format", "table", "`format`: "+strings.Join(reports.Formats(), ", "))
	complete(c, "format", reports.Formats)
	return c
}
