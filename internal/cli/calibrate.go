package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/target"
)

func (a *app) calibrateCommand() *cobra.Command {
	g := &gateFlags{}
	var path string
	var runs int
	c := &cobra.Command{
		Use:   "calibrate --baseline FILE",
		Short: "Learn the noise of this machine and write it into a baseline",
		Long: `Measure the build of the baseline again and again. Whatever differs from the baseline is noise, because nothing
changed: the gate will not fail on so much. Limits are chosen so that at most one unchanged build in 200 fails.`,
		Example: `  pgbench-provider gate calibrate --baseline baseline.json --runs 20`,
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if path == "" {
				return usage{errors.New("--baseline is missing: make one with baseline save FILE")}
			}
			if runs < gate.MinCalibration {
				return usage{fmt.Errorf("--runs %d: a floor needs at least %d", runs, gate.MinCalibration)}
			}
			b, err := readBaseline(path)
			if err != nil {
				return err
			}
			if b.Recipe == nil {
				return usage{fmt.Errorf("%s does not say how it was measured: make it anew with baseline save", path)}
			}
			progress := a.newProgress()
			defer progress.clear()
			return a.withServer(c.Context(), g, progress, func(server *target.Server) error {
				var verdicts []*gate.Verdict
				for n := 1; n <= runs; n++ {
					progress.say(fmt.Sprintf("run %d of %d", n, runs))
					counters, timed, err := measureBoth(c.Context(), server, *b.Recipe, g.maxOutage, progress)
					if err != nil {
						return err
					}
					v, err := gate.Check(b, counters, timed, gate.Options{})
					if err != nil {
						return judged(err)
					}
					verdicts = append(verdicts, v)
				}
				few, err := gate.ApplyFloors(b, verdicts...)
				if err != nil {
					return err
				}
				if err := gate.WriteFile(path, b); err != nil {
					return err
				}
				progress.clear()
				fmt.Fprintf(a.out, "%s: %d cases vary by themselves and have a floor, %d had too few figures\n", path, len(b.Floors), len(few))
				for _, f := range b.Floors {
					fmt.Fprintf(a.out, "  %-60s may change by %.3g\n", f.Case, 2*f.Value)
				}
				return nil
			})
		},
	}
	f := c.Flags()
	f.StringVar(&path, "baseline", "", "baseline `file`, from baseline save")
	f.IntVar(&runs, "runs", 20, "`number` of runs")
	g.databaseFlags.add(f)
	g.addLoad(f)
	return c
}
