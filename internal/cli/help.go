package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// exitCodes is what the codes mean, for the help and the manual.
const exitCodes = `  0    done; of compare also when nothing was found or it was inconclusive
  1    a check failed: the gate found a regression, or the strategies do not agree
  2    bad input; nothing was measured and nothing was written
  3    the database, the network or the run failed
  4    runs that cannot be compared, or a gate that is inconclusive
  130  interrupted; what was started is stopped and what was created is dropped`

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: "The exit codes of all commands:\n\n" + exitCodes}
}

// flagGroups says under which heading the help lists a flag; what is not here is under Flags.
var flagGroups = []struct {
	title string
	names []string
}{
	{"Database", []string{"dsn", "container", "pg-bin", "schema", "keep", "max-outage"}},
	{"Load", []string{"strategy", "strategies", "workload", "dispatchers", "in-flight", "activities", "payload", "activity-delay", "depth", "history",
		"history-cache", "look-back", "work-batch", "turn-batch", "rate", "ramp", "latency-limit", "seed"}},
	{"Distance", []string{"rtt", "jitter", "cold", "reproduce"}},
	{"How much", []string{"duration", "orchestrations", "rounds", "round", "preset", "precision", "max-time", "exact", "no-control", "no-verify", "units"}},
	{"Output", []string{"out", "json", "format"}},
}

// grouped gives the usages of a command's flags under their headings.
func grouped(flags *pflag.FlagSet) string {
	var b strings.Builder
	section := func(title string, in func(*pflag.Flag) bool) {
		set := pflag.NewFlagSet(title, pflag.ContinueOnError)
		flags.VisitAll(func(f *pflag.Flag) {
			if in(f) {
				set.AddFlag(f)
			}
		})
		if set.HasAvailableFlags() {
			b.WriteString("\n" + title + ":\n" + strings.TrimRight(set.FlagUsages(), " \n") + "\n")
		}
	}
	listed := map[string]bool{}
	for _, g := range flagGroups {
		section(g.title, func(f *pflag.Flag) bool { return slices.Contains(g.names, f.Name) })
		for _, n := range g.names {
			listed[n] = true
		}
	}
	section("Flags", func(f *pflag.Flag) bool { return !listed[f.Name] })
	return b.String()
}

// usageTemplate is cobra's own, with the flags in groups and without the sections that this tool has no use for.
const usageTemplate = `Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}
{{if .HasAvailableFlags}}{{grouped .Flags}}{{end}}{{if .HasHelpSubCommands}}
More help:{{range .Commands}}{{if .IsAdditionalHelpTopicCommand}}
  {{rpad .CommandPath .CommandPathPadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableSubCommands}}
"{{.CommandPath}} [command] --help" tells more about a command.
{{end}}`
