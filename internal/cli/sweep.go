package cli

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// sweepDistances go from the same rack to another continent.
var sweepDistances = []time.Duration{0, 500 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond,
	70 * time.Millisecond, 150 * time.Millisecond}

// coldDistance is one at which a round trip more shows and does not take long.
const coldDistance = 25 * time.Millisecond

func (a *app) sweepCommand() *cobra.Command {
	l := &loadFlags{workload: []string{"hello-world"}, rtt: sweepDistances}
	l.config.InFlight = 1
	var reproduce string
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Measure strategies at many distances: latency = S + R x round-trip time",
		Long: `Measure strategies at many distances, added on the client's side to the real one, in interleaved rounds, and fit
latency = S + R x RTT for each operation and the whole orchestration: S is the work of server and client, R the round
trips on the critical path. The report says where strategies break even and what a saving is made of.

The default takes under four minutes, and so does --reproduce seed: it repeats the experiment that this tool began with,
hello-world at 82 ms with inline statements, with the fetch alone as a procedure, and with all of it as procedures, on
new connections and on warm ones, and shows the published figures beside the measured.`,
		Example: `  pgbench-provider sweep
  pgbench-provider sweep --rtt 0,2ms,10ms --strategies inline,sp --dsn postgres://bench@db.example.com/app
  pgbench-provider sweep --reproduce seed`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if reproduce != "" {
				if err := l.reproduce(c, reproduce); err != nil {
					return usage{err}
				}
				return a.load(c, l, "reproduce-"+reproduce)
			}
			if len(l.rtt) < 3 {
				return usage{fmt.Errorf("--rtt names %d distances: a line needs at least 3, for example 0,1ms,25ms", len(l.rtt))}
			}
			if len(l.strategies) < 2 {
				return usage{errors.New("--strategies names one: a sweep compares at least 2")}
			}
			if !c.Flags().Changed("cold") && slices.Contains(l.rtt, coldDistance) {
				l.config.Cold = []time.Duration{coldDistance}
			}
			return a.load(c, l, "sweep")
		},
	}
	l.add(c)
	f := c.Flags()
	l.dispatch = []string{"1:1"}
	f.Lookup("dispatchers").DefValue = "[1:1]"
	f.StringSliceVar(&l.strategies, "strategies", []string{"inline", "pipeline", "cte", "sp"}, "the `strategies`, base first, see list")
	f.IntVar(&l.config.Rounds, "rounds", 5, "`rounds` that each strategy runs at each distance")
	f.DurationVar(&l.config.Round, "round", 250*time.Millisecond, "`time` that one strategy runs in a round; a unit that takes longer runs to its end")
	f.StringVar(&reproduce, "reproduce", "", "repeat a published `experiment` instead: seed")
	f.Lookup("cold").DefValue = "25ms, if measured"
	complete(c, "strategies", strategyNames)
	return c
}

// The seed's server was some 82 ms away (internal/seed/figures). A round there is one orchestration; this many make a p50.
const (
	seedDistance = 82 * time.Millisecond
	seedRounds   = 20
)

// reproduce sets what the experiment fixed and leaves the rest to the caller.
func (l *loadFlags) reproduce(c *cobra.Command, experiment string) error {
	if experiment != "seed" {
		return fmt.Errorf("--reproduce %.40q: the experiment that can be repeated is seed", experiment)
	}
	for _, fixed := range []string{"strategies", "workload", "in-flight", "dispatchers", "cold"} {
		if c.Flags().Changed(fixed) {
			return fmt.Errorf("--%s: --reproduce %s fixes it: leave it out", fixed, experiment)
		}
	}
	l.config.Reproduce = experiment
	l.strategies = []string{"inline", "sp-fetch", "sp"}
	if !c.Flags().Changed("rtt") {
		l.rtt = []time.Duration{seedDistance}
	}
	if len(l.rtt) != 1 {
		return fmt.Errorf("--rtt names %d distances: --reproduce %s takes one", len(l.rtt), experiment)
	}
	if !c.Flags().Changed("rounds") {
		l.config.Rounds = seedRounds
	}
	l.config.Cold = l.rtt
	return nil
}
