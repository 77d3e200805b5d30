package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
	"pgbench-provider/reports"
)

func (a *app) runCommand() *cobra.Command {
	l := &loadFlags{workload: []string{"hello-world"}}
	l.config.InFlight = 20
	c := &cobra.Command{
		Use:   "run",
		Short: "Measure one strategy",
		Long: `Measure one strategy under a workload and save the result.

Without --dsn or a database in the environment, a private PostgreSQL is started for the run and removed afterwards.
Each run works in a fresh schema, which it drops at the end.`,
		Example: `  pgbench-provider run --strategy sp
  pgbench-provider run --strategy inline --workload fan-out --duration 30s --dispatchers 4:4
  pgbench-provider run --strategy sp --dsn "host=db.example.com dbname=app user=bench" --orchestrations 500 --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.load(c, l, "run") },
	}
	l.add(c)
	l.addOpenLoop(c)
	f := c.Flags()
	f.StringSliceVar(&l.strategies, "strategy", []string{"sp"}, "the `strategy`, see list")
	f.DurationVar(&l.config.Round, "duration", 10*time.Second, "`time` to measure")
	f.IntVar(&l.config.Orchestrations, "orchestrations", 0, "measure this `number` of units instead")
	f.BoolVar(&l.config.Exact, "exact", false, "for counting: one unit in flight and a clock that counts its readings, so that work depends on the seed alone")
	c.MarkFlagsMutuallyExclusive("duration", "orchestrations")
	complete(c, "strategy", strategyNames)
	return c
}

// load opens the database, runs the benchmark, and shows and saves the result.
func (a *app) load(c *cobra.Command, l *loadFlags, what string) (err error) {
	if err := l.finish(a, c); err != nil {
		return err
	}
	path, err := resultPath(l.out, what)
	if err != nil {
		return err
	}
	progress := a.newProgress()
	defer progress.clear()
	file, err := a.measure(c.Context(), l, progress)
	progress.clear()
	if errors.Is(err, bench.ErrOutage) && file != nil && len(file.Cells) > 0 {
		if saveErr := a.save(file, path); saveErr != nil {
			return errors.Join(err, saveErr)
		}
		return fmt.Errorf("%w; what was measured before is in %s", err, path)
	}
	if err != nil {
		return err
	}
	return a.publish(file, path, l.json)
}

func (a *app) measure(ctx context.Context, l *loadFlags, progress *progress) (file *result.File, err error) {
	server, err := target.Open(ctx, a.spec(&l.databaseFlags, progress.say))
	if err != nil {
		return nil, err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if closeErr := server.Close(closing); err == nil {
			err = closeErr
		}
	}()
	if err := consent(ctx, server, l.yes); err != nil {
		return nil, err
	}
	return bench.Run(ctx, server, l.config, progress.show)
}

// publish saves the result and the markdown report beside it, and prints what was asked for.
func (a *app) publish(file *result.File, path string, json bool) error {
	if err := a.save(file, path); err != nil {
		return err
	}
	format := "table"
	if json {
		format = "json"
	}
	return reports.Render(a.out, format, file, reports.Options{
		Color: a.colour(), Width: a.width(), ResultPath: path, ReportPath: reportBeside(path)})
}

func (a *app) save(file *result.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := result.WriteFile(path, file); err != nil {
		return err
	}
	return a.writeReport(reportBeside(path), file)
}

func reportBeside(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".md" }

func (a *app) writeReport(path string, file *result.File) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = reports.Render(f, "markdown", file, reports.Options{})
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// resultPath chooses where the result goes, and fails early when it cannot go there.
func resultPath(out, what string) (string, error) {
	if out == "" {
		return filepath.Join("results", time.Now().UTC().Format("20060102-150405")+"-"+what+".json"), nil
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return "", usage{fmt.Errorf("--out %s is a folder: name a file in it", out)}
	}
	if ext := filepath.Ext(out); ext == ".md" {
		return "", usage{fmt.Errorf("--out %s: the result is JSON, and the markdown report goes beside it: name it .json", out)}
	}
	return out, nil
}
