package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// sweepDistances go from the same rack to another continent.
var sweepDistances = []time.Duration{0, 500 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond,
	70 * time.Millisecond, 150 * time.Millisecond}

func (a *app) sweepCommand() *cobra.Command {
	l := &loadFlags{workload: []string{"hello-world"}, rtt: sweepDistances}
	l.config.InFlight = 1
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Measure strategies at many distances: latency = S + R x round-trip time",
		Long: `Measure strategies at many distances, added on the client's side to the real one, in interleaved rounds, and fit
latency = S + R x RTT for each operation and the whole orchestration: S is the work of server and client, R the round
trips on the critical path. The report says where strategies break even and what a saving is made of.

The default takes under four minutes.`,
		Example: `  pgbench-provider sweep
  pgbench-provider sweep --rtt 0,2ms,10ms --strategies inline,sp --dsn postgres://bench@db.example.com/app
  pgbench-provider sweep --strategies inline,sp-fetch,sp --rtt 0,40ms,82ms    # the seed's experiment`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(l.rtt) < 3 {
				return usage{fmt.Errorf("--rtt names %d distances: a line needs at least 3, for example 0,1ms,25ms", len(l.rtt))}
			}
			if len(l.strategies) < 2 {
				return usage{errors.New("--strategies names one: a sweep compares at least 2")}
			}
			return a.load(c, l, "sweep")
		},
	}
	l.add(c)
	f := c.Flags()
	f.Lookup("dispatchers").DefValue = "1:1"
	_ = f.Set("dispatchers", "1:1")
	f.Lookup("dispatchers").Changed = false
	f.StringSliceVar(&l.strategies, "strategies", []string{"inline", "pipeline", "cte", "sp"}, "the `strategies`, base first, see list")
	f.IntVar(&l.config.Rounds, "rounds", 5, "`rounds` that each strategy runs at each distance")
	f.DurationVar(&l.config.Round, "round", 250*time.Millisecond, "how `long` one strategy runs in a round; a unit that takes longer runs to its end")
	complete(c, "strategies", strategyNames)
	return c
}
