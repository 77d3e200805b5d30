package cli

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/result"
)

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Example: `  pgbench-provider version
  pgbench-provider version --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return json.NewEncoder(a.out).Encode(struct {
					result.Tool
					Date string `json:"date"`
				}{bench.ToolInfo(), commitDate()})
			}
			_, err := fmt.Fprintln(a.out, versionLine())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func versionLine() string {
	t := bench.ToolInfo()
	return fmt.Sprintf("pgbench-provider %s (commit %s of %s, %s)", t.Version, t.Commit, commitDate(), t.Go)
}

// commitDate is when the commit was made, not the build: two builds of a commit are the same bytes.
func commitDate() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				return s.Value
			}
		}
	}
	return "unknown"
}
