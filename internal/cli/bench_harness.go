package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/peer"
	"pgbench-provider/internal/target"
)

type harnessFlags struct {
	databaseFlags
	clients    []int
	rounds     int
	round      time.Duration
	transports []string
	loops      []string
}

// benchHarnessCommand is for those who work on the tool itself.
func (a *app) benchHarnessCommand() *cobra.Command {
	h := &harnessFlags{}
	c := &cobra.Command{
		Use:    "bench-harness",
		Hidden: true,
		Short:  "Compare the tool's closed loop with pgbench on an empty routine",
		Long: `Call an empty routine in the tool's own closed loop, in that of the driver alone, and by pgbench, in interleaved rounds
over the same transport, and print calls a second and the client's processor time a call of each.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if h.rounds < 1 || h.round < time.Second {
				return usage{errors.New("--rounds and --round: give at least 1 and 1s")}
			}
			progress := a.newProgress()
			defer progress.clear()
			server, err := target.Open(c.Context(), a.spec(&h.databaseFlags, progress.say))
			if err != nil {
				return err
			}
			defer closeServer(c.Context(), server, &err)
			if err := server.Single(); err != nil {
				return err
			}
			return a.benchHarness(c.Context(), server, h, progress)
		},
	}
	f := c.Flags()
	f.IntSliceVar(&h.clients, "clients", []int{1, 8, 32}, "`numbers` of clients")
	f.IntVar(&h.rounds, "rounds", 7, "`rounds` of each")
	f.DurationVar(&h.round, "round", 3*time.Second, "`time` of a round, in whole seconds")
	f.StringSliceVar(&h.transports, "transport", []string{"unix", "tcp"}, "`transports`")
	f.StringSliceVar(&h.loops, "loops", bench.Loops(), "closed `loops` beside pgbench")
	h.databaseFlags.add(f)
	return c
}

func (a *app) benchHarness(ctx context.Context, server *target.Server, h *harnessFlags, progress *progress) error {
	script, err := os.CreateTemp("", "harness-*.sql")
	if err != nil {
		return err
	}
	defer os.Remove(script.Name())
	if _, err := script.WriteString(bench.HarnessSQL + ";\n"); err != nil {
		return err
	}
	if err := script.Close(); err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "transport\tclients\tloop\tcalls/s (interval)\tof pgbench (interval)\tclient CPU/call")
	for _, transport := range h.transports {
		host, err := hostOf(ctx, server, transport)
		if err != nil {
			return err
		}
		for _, clients := range h.clients {
			rows, err := harnessRounds(ctx, server, h, host, clients, script.Name(), func(round int) {
				progress.say(fmt.Sprintf("%s, %d clients: round %d of %d", transport, clients, round, h.rounds))
			})
			if err != nil {
				return err
			}
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%d\t%s\n", transport, clients, r)
			}
		}
	}
	progress.clear()
	return w.Flush()
}

// hostOf gives the server's address for a transport.
func hostOf(ctx context.Context, server *target.Server, transport string) (host string, err error) {
	switch transport {
	case "tcp":
		return server.Config().Host, nil
	case "unix":
		conn, err := pgx.ConnectConfig(ctx, server.Config())
		if err != nil {
			return "", err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		err = conn.QueryRow(ctx, "select split_part(current_setting('unix_socket_directories'), ',', 1)").Scan(&host)
		if err == nil && host == "" {
			err = errors.New("the server has no Unix socket: leave unix out of --transport")
		}
		return host, err
	}
	return "", usage{fmt.Errorf("--transport %.40q: choose unix or tcp", transport)}
}

const pgbenchName = "pgbench"

// harnessRounds runs every loop and pgbench once a round, in random order, and gives a line of the table for each.
func harnessRounds(ctx context.Context, server *target.Server, h *harnessFlags, host string, clients int, script string, say func(int)) ([]string, error) {
	harness, err := bench.OpenHarness(ctx, server, host, clients)
	if err != nil {
		return nil, err
	}
	defer harness.Close(context.WithoutCancel(ctx))
	pgbench := peer.Pgbench{Path: server.Program("pgbench"), Server: harness.ConnConfig()}
	names := append([]string{pgbenchName}, h.loops...)
	perSecond, cpu := map[string][]float64{}, map[string][]float64{}
	for round := range h.rounds {
		say(round + 1)
		for _, i := range rand.Perm(len(names)) {
			var f peer.Figures
			if names[i] == pgbenchName {
				f, err = pgbench.Run(ctx, clients, h.round, "-f", script)
			} else {
				f, err = harness.Run(ctx, names[i], h.round)
			}
			if err != nil {
				return nil, err
			}
			perSecond[names[i]] = append(perSecond[names[i]], f.PerSecond)
			cpu[names[i]] = append(cpu[names[i]], float64(f.CPU)/float64(time.Microsecond))
		}
	}
	var lines []string
	for _, name := range names {
		s, r, c := peer.MedianOf(perSecond[name]), peer.MedianOf(peer.Ratios(perSecond[name], perSecond[pgbenchName])), peer.MedianOf(cpu[name])
		lines = append(lines, fmt.Sprintf("%s\t%.0f (%.0f to %.0f)\t%.3f (%.3f to %.3f)\t%.1f us", name, s.Value, s.Low, s.High, r.Value, r.Low, r.High, c.Value))
	}
	return lines, nil
}
