package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/peer"
	"pgbench-provider/internal/target"
)

const childCommand = "bench-child"

// benchPeersCommand is for those who work on the tool itself.
func (a *app) benchPeersCommand() *cobra.Command {
	var d databaseFlags
	config := bench.PeersConfig{}
	var dispatch string
	c := &cobra.Command{
		Use:    "bench-peers",
		Hidden: true,
		Short:  "Put orchestrations a second beside pgbench -N on the same server",
		Long: `Run hello-world with one activity and fan-out with five, in one process and in two, and pgbench -N, in interleaved
rounds on one server, and print medians, the ratio to pgbench -N of the same round, and the processor time of server and
client for each orchestration. It needs a server on this machine, on Linux, and a role that may read the server's files.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			all, err := parseDispatchers([]string{dispatch})
			if err != nil {
				return usage{err}
			}
			config.Dispatchers = all[0]
			if config.Rounds < 1 || config.Round < time.Second || config.InFlight < 1 || config.WorkBatch < 0 || config.TurnBatch < 0 || config.Scale < 1 {
				return usage{errors.New("--rounds, --in-flight and --scale: give at least 1; --round: at least 1s")}
			}
			self, err := os.Executable()
			if err != nil {
				return err
			}
			config.Command = []string{self, childCommand}
			p := a.newProgress()
			defer p.clear()
			server, err := target.Open(c.Context(), a.spec(&d, p.say))
			if err != nil {
				return err
			}
			defer closeServer(c.Context(), server, &err)
			if err := server.Single(); err != nil {
				return err
			}
			lines, err := bench.RunPeers(c.Context(), server, config, p.say)
			if err != nil {
				return err
			}
			p.clear()
			a.printPeers(lines, config)
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&config.Strategies, "strategies", []string{"sp"}, "the `strategies`, see list")
	f.IntSliceVar(&config.Processes, "processes", []int{1, 2}, "`numbers` of processes; each shares in-flight and dispatchers out")
	f.IntVar(&config.InFlight, "in-flight", 8, "orchestrations at once, and clients of pgbench")
	f.StringVar(&dispatch, "dispatchers", "4:4", "orchestration and worker dispatchers, `O:W`")
	f.IntVar(&config.Rounds, "rounds", 7, "`rounds` of each")
	f.DurationVar(&config.Round, "round", 5*time.Second, "`time` of a round, in whole seconds")
	f.IntVar(&config.Scale, "scale", 10, "`scale` of pgbench's tables")
	f.IntVar(&config.TurnBatch, "turn-batch", 0, "lock up to this many `turns` in one call and ack them in one, as starts that come together are sent in one")
	f.IntVar(&config.WorkBatch, "work-batch", 0, "lock up to this many `activities` in one call, and ack those that end together in one")
	d.add(f)
	return c
}

// benchChildCommand is one of the processes that bench-peers starts.
func (a *app) benchChildCommand() *cobra.Command {
	return &cobra.Command{Use: childCommand, Hidden: true, Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return bench.RunChild(c.Context(), os.Stdin, a.out) }}
}

func (a *app) printPeers(lines []bench.Peer, config bench.PeersConfig) {
	fmt.Fprintf(a.out, "%d in flight, dispatchers %s, medians of %d interleaved rounds of %v (interval)\n\n", config.InFlight, config.Dispatchers, config.Rounds, config.Round)
	fmt.Fprintln(a.out, "| workload | strategy | processes | per second | of pgbench -N | server CPU, ms | client CPU, ms |")
	fmt.Fprintln(a.out, "|---|---|---:|---:|---:|---:|---:|")
	for _, l := range lines {
		s, r := peer.MedianOf(l.PerSecond), peer.MedianOf(peer.Ratios(l.PerSecond, lines[0].PerSecond))
		fmt.Fprintf(a.out, "| %s | %s | %d | %.0f (%.0f to %.0f) | %.3f (%.3f to %.3f) | %.2f | %.2f |\n", l.Workload, l.Strategy, l.Processes,
			s.Value, s.Low, s.High, r.Value, r.Low, r.High, peer.MedianOf(l.ServerCPU).Value, peer.MedianOf(l.ClientCPU).Value)
	}
}
