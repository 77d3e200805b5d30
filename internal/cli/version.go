package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
)

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			t := bench.ToolInfo()
			if asJSON {
				return json.NewEncoder(a.out).Encode(t)
			}
			_, err := fmt.Fprintf(a.out, "pgbench-provider %s (%s, %s)\n", t.Version, t.Commit, t.Go)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
