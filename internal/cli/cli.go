// Package cli is the command line: a file a command. It parses flags, calls the packages that do the work, and turns
// errors into one line and an exit code.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
	"pgbench-provider/workloads"
)

// The exit codes.
const (
	exitOK           = 0
	exitCheck        = 1   // the gate found a regression, or a check failed
	exitUsage        = 2   // usage or bad input; nothing was written
	exitFailed       = 3   // the database or the run failed
	exitIncomparable = 4   // incomparable or inconclusive
	exitInterrupted  = 130 // stopped by a signal, after cleaning up
)

// Main runs one command line, without the program's name, and gives the exit code. Results go to out, everything else to
// errOut. Cancelling ctx stops what runs; what was started is stopped and what was created is dropped before it returns.
func Main(ctx context.Context, args []string, out, errOut io.Writer) (code int) {
	defer func() {
		// Go would print the value as it is, with whatever secret it holds.
		if r := recover(); r != nil {
			fmt.Fprintf(errOut, "pgbench-provider: this is a defect: panic: %s\n%s", oneLine(target.Redact(fmt.Sprint(r))), target.Redact(string(debug.Stack())))
			code = exitFailed
		}
	}()
	a := &app{out: out, err: errOut, args: args, getenv: os.Getenv}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code = exitCode(ctx, err)
	if code == exitInterrupted && !errors.Is(err, bench.ErrCleanup) {
		fmt.Fprintln(errOut, "pgbench-provider: interrupted; what was started is stopped and what was created is dropped")
		return code
	}
	var quiet silent
	if !errors.As(err, &quiet) {
		fmt.Fprintf(errOut, "pgbench-provider: %s\n", oneLine(target.Redact(err.Error())))
	}
	return code
}

// app is what the commands share.
type app struct {
	out, err io.Writer
	args     []string
	getenv   func(string) string
}

// usage marks an error of the caller.
type usage struct{ error }

// incomparable marks runs that must not be compared.
type incomparable struct{ error }

// silent is an error that was already told.
type silent struct{ error }

// Unwrap lets the exit code see what it was.
func (s silent) Unwrap() error { return s.error }

func exitCode(ctx context.Context, err error) int {
	var bad usage
	var apart incomparable
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &bad), errors.Is(err, bench.ErrConfig), errors.Is(err, result.ErrBadFile), errors.Is(err, target.ErrBadInput):
		return exitUsage
	case errors.As(err, &apart):
		return exitIncomparable
	case errors.Is(err, workloads.ErrCheck), errors.Is(err, errRegression):
		return exitCheck
	}
	return exitFailed
}

// oneLine keeps an error to a line and off the terminal's controls, whatever a library or a file put into it.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "pgbench-provider",
		Short: "Inline SQL or stored procedures? Measure both on a real PostgreSQL, at your own distance from it.",
		Long: `pgbench-provider runs a durable-task provider on PostgreSQL by interchangeable strategies that mean the same and
differ only in how they talk to the server, and reports which is faster, by how much, and how sure that is.

Without a database named by --dsn or the environment it starts a private PostgreSQL of its own and removes it afterwards.`,
		Example: `  pgbench-provider compare
  pgbench-provider compare --dsn postgres://bench@db.example.com/app --workload hello-world,fan-out
  pgbench-provider run --strategy sp --workload fan-out --duration 10s
  pgbench-provider report results/20260102-150405-compare.json --format markdown`,
		SilenceUsage: true, SilenceErrors: true,
		Version: versionLine(),
		RunE:    func(cmd *cobra.Command, args []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usage{fmt.Errorf("unknown command %.40q%s: see pgbench-provider --help", args[0], suggestion(cmd, args[0]))}
	}
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().String("config", "", "YAML `file` with settings, named as the flags; see config show")
	_ = root.MarkPersistentFlagFilename("config", "yaml", "yml")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		_, err := a.settle(c)
		return err
	}
	cobra.AddTemplateFunc("grouped", grouped)
	root.SetUsageTemplate(usageTemplate)
	root.AddCommand(a.compareCommand(), a.sweepCommand(), a.runCommand(), a.gateCommand(), a.baselineCommand(), a.historyCommand(), a.verifyCommand(), a.reportCommand(), a.listCommand(), a.doctorCommand(),
		a.migrateCommand(), a.cleanCommand(), a.configCommand(), a.manCommand(), a.versionCommand(), exitCodesTopic(),
		a.benchHarnessCommand(), a.benchPeersCommand(), a.benchChildCommand(), a.soakLoadCommand(), a.chaosCommand())
	root.CompletionOptions.HiddenDefaultCmd = false
	return root
}

func suggestion(cmd *cobra.Command, typed string) string {
	cmd.SuggestionsMinimumDistance = 2
	if s := cmd.SuggestionsFor(typed); len(s) > 0 {
		return fmt.Sprintf(" (did you mean %s?)", strings.Join(s, " or "))
	}
	return ""
}

// noArgs refuses positional arguments as bad usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage{fmt.Errorf("%s takes no argument, and got %.40q: see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())}
	}
	return nil
}

// colour is wanted on a terminal, unless NO_COLOR is set (no-color.org).
func (a *app) colour() bool {
	return a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" && isTerminal(a.out)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width of the terminal that results go to; 0 when it is none.
func (a *app) width() int {
	f, ok := a.out.(*os.File)
	if !ok {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}
