package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pgbench-provider/strategies"
	"pgbench-provider/workloads"
)

type listed struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List strategies and workloads",
		Example: `  pgbench-provider list
  pgbench-provider list --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			var all struct {
				Strategies []listed `json:"strategies"`
				Workloads  []listed `json:"workloads"`
			}
			for _, s := range strategies.All() {
				all.Strategies = append(all.Strategies, listed{s.Name(), strategies.About(s.Name())})
			}
			for _, w := range workloads.All() {
				all.Workloads = append(all.Workloads, listed{w.Name(), w.About()})
			}
			if asJSON {
				e := json.NewEncoder(a.out)
				e.SetIndent("", "  ")
				return e.Encode(all)
			}
			t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "strategies")
			for _, s := range all.Strategies {
				fmt.Fprintf(t, "  %s\t%s\n", s.Name, s.About)
			}
			fmt.Fprintln(t, "workloads")
			for _, w := range all.Workloads {
				fmt.Fprintf(t, "  %s\t%s\n", w.Name, w.About)
			}
			return t.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
