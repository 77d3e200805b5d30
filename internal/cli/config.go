package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/target"
)

// effective is a setting as a command would use it.
type effective struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"` // flag, environment, file or default
}

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show what a command would run with",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	show := &cobra.Command{
		Use:   "show COMMAND [flags of that command]",
		Short: "Print the settings of a command and where each comes from",
		Long: `Print the settings of a command as it would use them, and where each comes from: a flag, the environment
(PGBENCH_PROVIDER_ and the flag's name in capitals), the file of --config, or the default; the first of these wins.

A file holds the names of flags as keys:

  # run.yaml
  workload: [hello-world, fan-out]
  rtt: 25ms
  in-flight: 8`,
		Example: `  pgbench-provider config show compare --config run.yaml --in-flight 8
  pgbench-provider config show sweep --json`,
		DisableFlagParsing: true,
		RunE:               a.configShow,
	}
	c.AddCommand(show)
	return c
}

func (a *app) configShow(c *cobra.Command, args []string) error {
	asJSON := false
	var rest []string
	for _, arg := range args {
		switch arg {
		case "--help", "-h":
			return c.Help()
		case "--json":
			asJSON = true
		default:
			rest = append(rest, arg)
		}
	}
	command, flags, err := c.Root().Find(rest)
	if err != nil || command == c.Root() || len(rest) == 0 {
		return usage{fmt.Errorf("config show takes the command to show, for example compare: see %s --help", c.CommandPath())}
	}
	if err := command.ParseFlags(flags); err != nil {
		return flagError(command, err)
	}
	sources, err := a.settle(command)
	if err != nil {
		return err
	}
	all := []effective{}
	for _, f := range settings(command) {
		if f.Hidden {
			continue
		}
		value := f.Value.String()
		if !f.Changed {
			value = f.DefValue
		}
		if f.Name == "dsn" {
			if sources["dsn"] == fromEnv {
				value = a.getenv(envName("dsn"))
			}
			value = target.Redact(value)
		}
		all = append(all, effective{f.Name, value, sources[f.Name]})
	}
	if asJSON {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, s := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Name, s.Value, s.From)
	}
	return t.Flush()
}
