package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/chaos"
	"pgbench-provider/workloads"
)

// latestRecovery is how long after the server is back the first ack may take.
const latestRecovery = 5 * time.Second

// chaosCommand is for those who work on the tool itself.
func (a *app) chaosCommand() *cobra.Command {
	var s chaosSeries
	c := &cobra.Command{
		Use:    "chaos",
		Hidden: true,
		Short:  "Break private servers, networks and dispatchers at random moments, and check what is left",
		Long: `Run a mix of orchestrations on private servers while faults are injected, one run a seed, and read the database after
each. The strategies take turns. The exit code is 1 where a promise was broken or the first ack came later than 5 s after the
server was back; the table then names the seed to repeat.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.chaos(c.Context(), s) },
	}
	c.AddCommand(&cobra.Command{Use: "dispatch", Hidden: true, Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return chaos.Dispatch(c.Context(), os.Stdin, a.out) }})
	f := c.Flags()
	f.Uint64Var(&s.first, "from", 1, "the first `seed`")
	f.Uint64Var(&s.last, "to", 3, "the last `seed`")
	f.DurationVar(&s.duration, "duration", 20*time.Second, "`time` of faults in each run")
	f.IntVar(&s.parallel, "parallel", 4, "`runs` at once")
	f.StringSliceVar(&s.strategies, "strategies", []string{"inline", "sp", "pipeline"}, "`strategies`: seed 1 has the first, and so on in turn")
	f.StringSliceVar(&s.faults, "faults", nil, "only these `kinds` of fault")
	f.BoolVar(&s.verbose, "verbose", false, "tell of each fault")
	return c
}

type chaosSeries struct {
	first, last        uint64
	duration           time.Duration
	parallel           int
	strategies, faults []string
	dispatcher         []string
	verbose            bool
}

func (a *app) chaos(ctx context.Context, s chaosSeries) error {
	if s.first < 1 || s.last < s.first || s.duration <= 0 || s.parallel < 1 || len(s.strategies) == 0 {
		return usage{errors.New("--from, --to, --duration, --parallel, --strategies: give seeds from 1 up, a time above 0, at least one run at once and a strategy")}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.dispatcher = []string{self, "chaos", "dispatch"}
	results, err := a.chaosRuns(ctx, s)
	chaos.Table(a.out, results)
	broken := 0
	for _, r := range results {
		if slowest := r.Slowest(); slowest > latestRecovery {
			broken++
			fmt.Fprintf(a.out, "TOO LATE %s, seed %d: the first ack came %v after the server was back\n", r.Strategy, r.Seed, slowest.Round(time.Millisecond))
		} else if len(r.Violations) > 0 {
			broken++
		}
	}
	switch {
	case err != nil:
		return err
	case broken > 0:
		return silent{fmt.Errorf("%w: %d of %d runs broke a promise", workloads.ErrCheck, broken, len(results))}
	}
	return nil
}

// chaosRuns gives the results in the order of their seeds, of failed runs too as far as they came.
func (a *app) chaosRuns(ctx context.Context, s chaosSeries) (results []*chaos.Result, err error) {
	all := make([]*chaos.Result, s.last-s.first+1)
	places := make(chan struct{}, s.parallel)
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range all {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			seed := s.first + uint64(i)
			c := chaos.Config{Seed: seed, Strategy: s.strategies[(seed-1)%uint64(len(s.strategies))], Duration: s.duration, Faults: s.faults, Dispatcher: s.dispatcher}
			if s.verbose {
				c.Log = func(line string) { a.chaosLine(&mu, line) }
			}
			r, runErr := chaos.Run(ctx, c)
			all[i] = r
			if r != nil {
				a.chaosLine(&mu, fmt.Sprintf("seed %d, %s: %d faults, %d instances, %d violations", seed, c.Strategy, total(r.Faults), r.Instances, len(r.Violations)))
			}
			if runErr != nil {
				mu.Lock()
				err = errors.Join(err, fmt.Errorf("seed %d, %s: %w", seed, c.Strategy, runErr))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for _, r := range all {
		if r != nil {
			results = append(results, r)
		}
	}
	return results, err
}

func (a *app) chaosLine(mu *sync.Mutex, line string) {
	mu.Lock()
	defer mu.Unlock()
	fmt.Fprintln(a.err, line)
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
