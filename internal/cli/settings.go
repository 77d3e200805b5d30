package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Where a setting's value comes from.
const (
	fromFlag    = "flag"
	fromEnv     = "environment"
	fromFile    = "file"
	fromDefault = "default"
)

// envName is the variable that sets a flag: PGBENCH_PROVIDER_IN_FLIGHT for --in-flight.
func envName(flag string) string {
	return "PGBENCH_PROVIDER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settings gives the flags of a command that a file and the environment may set too.
func settings(c *cobra.Command) (all []*pflag.Flag) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "config" && f.Name != "version" {
			all = append(all, f)
		}
	})
	return all
}

// settle gives each flag that was not typed the value that the environment has for it, or else the file of --config. It
// says where each value comes from.
func (a *app) settle(c *cobra.Command) (sources map[string]string, err error) {
	sources = map[string]string{}
	file, err := readSettings(c)
	if err != nil {
		return nil, usage{err}
	}
	for _, f := range settings(c) {
		value, from := a.getenv(envName(f.Name)), fromEnv
		if value == "" {
			value, from = file[f.Name].text, fromFile
		}
		_, inFile := file[f.Name]
		switch {
		case f.Changed:
			sources[f.Name] = fromFlag
		case from == fromFile && !inFile:
			sources[f.Name] = fromDefault
		case f.Name == "dsn" && from == fromEnv: // is read where the database is opened, among other variables
			sources[f.Name] = fromEnv
		default:
			sources[f.Name] = from
			if err := c.Flags().Set(f.Name, value); err != nil {
				place := envName(f.Name)
				if from == fromFile {
					place = file[f.Name].place
				}
				return nil, usage{fmt.Errorf("%s: %s", place, wrongValue(f, value))}
			}
		}
	}
	return sources, nil
}
