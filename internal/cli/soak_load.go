package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/target"
	"pgbench-provider/workloads"
)

// soakLoadCommand is for those who work on the tool itself.
func (a *app) soakLoadCommand() *cobra.Command {
	var d databaseFlags
	var dispatch string
	config := bench.SoakConfig{}
	c := &cobra.Command{
		Use:    "soak-load",
		Hidden: true,
		Short:  "Run workloads at full load for a long time: throughput must last, tables stay bounded, nothing be lost",
		Long: `Run workloads side by side at full load, delete what has ended as an operator would, and print a line a minute. The exit
code is 1 where a workload's throughput in the last five minutes (a sixth of a run shorter than half an hour) is less than
0.9 of that in the first, its tables and indexes are more than twice what they were after a third of the time, the server
broke a deadlock, or an instance was lost.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			all, err := parseDispatchers([]string{dispatch})
			if err != nil {
				return usage{err}
			}
			config.Dispatchers = all[0]
			if config.Duration < config.Every || config.Every <= 0 || config.Keep <= 0 {
				return usage{errors.New("--duration, --every and --keep: give times above 0, and a duration that is at least --every")}
			}
			p := a.newProgress()
			defer p.clear()
			server, err := target.Open(c.Context(), a.spec(&d, p.say))
			if err != nil {
				return err
			}
			defer closeServer(c.Context(), server, &err)
			p.clear()
			s := &soak{duration: config.Duration, lines: map[string][]bench.SoakLine{}}
			fmt.Fprintf(a.out, "%8s  %-12s %9s %9s %10s %10s %9s %9s\n", "time", "workload", "per s", "deleted", "tables kB", "index kB", "dead", "deadlocks")
			err = bench.Soak(c.Context(), server, config, func(l bench.SoakLine) {
				s.add(l)
				fmt.Fprintf(a.out, "%8v  %-12s %9.1f %9d %10d %10d %9d %9d\n", l.At.Round(time.Second), l.Workload, l.PerSecond, l.Deleted,
					l.Tables>>10, l.Indexes>>10, l.Dead, l.Deadlocks)
			})
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out)
			return s.judge(a)
		},
	}
	f := c.Flags()
	f.StringVar(&config.Strategy, "strategy", "sp", "the `strategy`, see list")
	f.StringSliceVar(&config.Workloads, "workload", []string{"hello-world", "fan-out"}, "`workloads`, side by side")
	f.IntVar(&config.InFlight, "in-flight", 20, "`units` of each workload that run at once")
	f.StringVar(&dispatch, "dispatchers", "4:4", "orchestration and worker dispatchers of each, `O:W`")
	f.DurationVar(&config.Duration, "duration", 30*time.Minute, "`time` under load")
	f.DurationVar(&config.Every, "every", time.Minute, "`time` between two lines")
	f.DurationVar(&config.Keep, "keep", 10*time.Second, "delete what ended longer ago than this `time`")
	d.add(f)
	return c
}

// The bars of a soak.
const (
	edge        = 5 * time.Minute
	leastRatio  = 0.90
	mostGrowth  = 2.0
	grownAfter  = 3 // a third of the time, when deletion and vacuum have their rhythm
	edgeOfShort = 6
)

// soak gathers the lines of a run, by workload.
type soak struct {
	duration time.Duration
	names    []string
	lines    map[string][]bench.SoakLine
}

func (s *soak) add(l bench.SoakLine) {
	if s.lines[l.Workload] == nil {
		s.names = append(s.names, l.Workload)
	}
	s.lines[l.Workload] = append(s.lines[l.Workload], l)
}

// judge prints what came of it; what breaks a bar is an error.
func (s *soak) judge(a *app) error {
	broken := 0
	say := func(ok bool, format string, args ...any) {
		word := "ok  "
		if !ok {
			word = "FAIL"
			broken++
		}
		fmt.Fprintf(a.out, "%s  %s\n", word, fmt.Sprintf(format, args...))
	}
	edge := min(edge, s.duration/edgeOfShort)
	for _, name := range s.names {
		lines := s.lines[name]
		first, last := rate(lines, 0, edge), rate(lines, s.duration-edge, s.duration)
		say(last >= leastRatio*first, "%s: %.1f/s in the last %v, %.1f/s in the first: ratio %.3f (at least %.2f)", name, last, edge, first, last/first, leastRatio)
		then, now := lines[(len(lines)-1)/grownAfter], lines[len(lines)-1]
		growth := float64(now.Tables+now.Indexes) / float64(then.Tables+then.Indexes)
		say(growth <= mostGrowth, "%s: %d kB of tables and %d kB of indexes at the end, %.2f times those at %v (at most %.1f)",
			name, now.Tables>>10, now.Indexes>>10, growth, then.At.Round(time.Second), mostGrowth)
	}
	last := s.lines[s.names[len(s.names)-1]]
	deadlocks := last[len(last)-1].Deadlocks
	say(deadlocks == 0, "%d deadlocks", deadlocks)
	say(true, "no instance was lost: each that was started ended once, with the right output, and nothing is left")
	if broken > 0 {
		return silent{fmt.Errorf("%w: %d bars of the soak are broken", workloads.ErrCheck, broken)}
	}
	return nil
}

// rate is the mean of the lines that end after from and not after to, at least one line.
func rate(lines []bench.SoakLine, from, to time.Duration) float64 {
	sum, n := 0.0, 0
	const slack = time.Second
	for i, l := range lines {
		if l.At > from+slack && l.At <= to+slack || from == 0 && i == 0 || n == 0 && i == len(lines)-1 {
			sum, n = sum+l.PerSecond, n+1
		}
	}
	return sum / float64(n)
}
