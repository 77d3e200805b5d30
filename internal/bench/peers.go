package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/peer"
	"pgbench-provider/internal/target"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
	"pgbench-provider/workloads"
)

// PeersConfig says what is put beside pgbench -N.
type PeersConfig struct {
	Strategies  []string
	Processes   []int // configurations, such as 1 and 2; each shares InFlight and Dispatchers out
	InFlight    int
	Dispatchers Dispatchers
	Rounds      int
	Round       time.Duration // whole seconds
	Scale       int           // of pgbench's tables
	WorkBatch   int           // how many activities one fetch may lock; 0 is 1
	TurnBatch   int           // how many turns; 0 is 1
	// Command starts a process that calls [RunChild] on its standard input and output.
	Command []string
}

// Peer is one line: what was run, and a value of each round.
type Peer struct {
	Strategy, Workload string // "" and "pgbench -N" for pgbench
	Processes          int
	PerSecond          []float64
	ServerCPU          []float64 // ms a unit
	ClientCPU          []float64 // ms a unit
}

// peerLoads are those for which figures of other engines are known.
var peerLoads = []struct {
	workload string
	params   workloads.Params
	label    string
}{
	{"hello-world", workloads.Params{Activities: 1}, "hello-world, 1 activity"},
	{"fan-out", workloads.Params{Activities: 5}, "fan-out, 5 activities"},
}

// RunPeers measures all of config in interleaved rounds, in random order, on a server whose processes run on this
// machine; pgbench comes first in the result. say is told what happens, between timed parts.
func RunPeers(ctx context.Context, server *target.Server, config PeersConfig, say func(string)) (lines []Peer, err error) {
	p := &peers{PeersConfig: config, server: server}
	if p.admin, err = pgx.ConnectConfig(ctx, server.Config()); err != nil {
		return nil, err
	}
	defer p.admin.Close(context.WithoutCancel(ctx))
	if p.process, err = peer.FindServer(ctx, p.admin); err != nil {
		return nil, err
	}
	say("filling pgbench's tables")
	if err := p.openPgbench(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close(context.WithoutCancel(ctx))) }()
	for _, strategy := range config.Strategies {
		for _, load := range peerLoads {
			for _, processes := range config.Processes {
				say(fmt.Sprintf("preparing %s, %s, %d processes", strategy, load.workload, processes))
				c, err := p.openCrowd(ctx, strategy, load.workload, load.params, processes)
				if c != nil {
					c.line = Peer{Strategy: strategy, Workload: load.label, Processes: processes}
					p.crowds = append(p.crowds, c)
				}
				if err != nil {
					return nil, err
				}
			}
		}
	}
	if err := p.rounds(ctx, say); err != nil {
		return nil, err
	}
	lines = []Peer{p.line}
	for _, c := range p.crowds {
		if err := c.check(ctx); err != nil {
			return nil, err
		}
		lines = append(lines, c.line)
	}
	return lines, nil
}

type peers struct {
	PeersConfig
	server  *target.Server
	admin   *pgx.Conn
	process peer.Server
	pgbench peer.Pgbench
	line    Peer
	crowds  []*crowd
	schemas []string
}

const scratch = "pgbp_peers"

// openPgbench makes a database of its own for pgbench's tables.
func (p *peers) openPgbench(ctx context.Context) error {
	if _, err := p.admin.Exec(ctx, "create database "+scratch); err != nil {
		return err
	}
	config := p.server.Config()
	config.Database = scratch
	p.pgbench = peer.Pgbench{Path: p.server.Program("pgbench"), Server: config}
	p.line = Peer{Workload: "pgbench -N", Processes: 1}
	return p.pgbench.Initialize(ctx, p.Scale)
}

func (p *peers) close(ctx context.Context) (err error) {
	for _, c := range p.crowds {
		err = errors.Join(err, c.close())
	}
	for _, s := range p.schemas {
		err = errors.Join(err, target.DropSchema(ctx, p.admin, s))
	}
	_, dropErr := p.admin.Exec(ctx, "drop database if exists "+scratch)
	return errors.Join(err, dropErr)
}

// rounds runs everything once unmeasured, and then in rounds.
func (p *peers) rounds(ctx context.Context, say func(string)) error {
	for round := range p.Rounds + 1 {
		say(fmt.Sprintf("round %d of %d", round, p.Rounds))
		for _, i := range rand.Perm(len(p.crowds) + 1) {
			before, err := p.process.CPU()
			if err != nil {
				return err
			}
			line := &p.line
			var f peer.Figures
			if i == len(p.crowds) {
				f, err = p.pgbench.Run(ctx, p.InFlight, p.Round, "-N")
			} else {
				line = &p.crowds[i].line
				f, err = p.crowds[i].round(fmt.Sprintf("r%d", round))
			}
			if err != nil {
				return err
			}
			after, err := p.process.CPU()
			if err != nil {
				return err
			}
			if round > 0 {
				line.PerSecond = append(line.PerSecond, f.PerSecond)
				line.ServerCPU = append(line.ServerCPU, millis(after-before)/float64(f.Count))
				line.ClientCPU = append(line.ClientCPU, millis(f.CPU))
			}
		}
	}
	return nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// A crowd is some processes that work on one schema.
type crowd struct {
	line      Peer
	conn      *pgx.Conn
	strategy  provider.Strategy
	processes []*process
	count     int64
}

type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	to   *json.Encoder
	from *json.Decoder
}

func (p *peers) openCrowd(ctx context.Context, strategy, workload string, params workloads.Params, processes int) (*crowd, error) {
	s, err := strategies.Lookup(strategy)
	if err != nil {
		return nil, fmt.Errorf("%w: --strategies: %v", ErrConfig, err)
	}
	schema, err := target.CreateSchema(ctx, p.admin, schemaPrefix)
	if err != nil {
		return nil, err
	}
	p.schemas = append(p.schemas, schema)
	config := p.server.Config()
	config.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	c := &crowd{strategy: s}
	if c.conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return c, err
	}
	if err := migrations.Apply(ctx, c.conn, s); err != nil {
		return c, err
	}
	child := Child{DSN: connString(p.server.Config()), Schema: schema, Strategy: strategy, Workload: workload, Params: params,
		InFlight: max(1, p.InFlight/processes), Round: p.Round, WorkBatch: p.WorkBatch, TurnBatch: p.TurnBatch,
		Dispatchers: [2]int{max(1, p.Dispatchers.Orchestration/processes), max(1, p.Dispatchers.Worker/processes)}}
	if processes > 1 {
		child.AwaitPoll = 5 * time.Millisecond
	}
	for range processes {
		one, err := startChild(ctx, p.Command, child)
		if err != nil {
			return c, err
		}
		c.processes = append(c.processes, one)
	}
	return c, nil
}

func startChild(ctx context.Context, command []string, child Child) (*process, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	one := &process{cmd, in, json.NewEncoder(in), json.NewDecoder(out)}
	return one, one.to.Encode(child)
}

// connString holds the password; it goes through a pipe, never into an argument.
func connString(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Path: "/" + c.Database,
		Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), RawQuery: "sslmode=prefer"}
	return u.String()
}

// round has all processes run at once.
func (c *crowd) round(prefix string) (f peer.Figures, err error) {
	for i, one := range c.processes {
		if err := one.to.Encode(fmt.Sprintf("%s-%d", prefix, i)); err != nil {
			return f, err
		}
	}
	var spent time.Duration
	for _, one := range c.processes {
		var r ChildRound
		if err := one.from.Decode(&r); err != nil {
			return f, fmt.Errorf("a process ended early: %w", err)
		}
		if r.Error != "" {
			return f, errors.New(r.Error)
		}
		f.PerSecond += r.PerSecond
		f.Count += r.Count
		spent += r.CPU
	}
	c.count += f.Count
	f.CPU = spent / time.Duration(max(f.Count, 1))
	return f, nil
}

// check asks the database itself: all that the processes ended has ended, and nothing else is there.
func (c *crowd) check(ctx context.Context) error {
	m, err := c.strategy.GetSystemMetrics(ctx, c.conn)
	if err != nil {
		return err
	}
	d, err := c.strategy.GetQueueDepths(ctx, c.conn, time.Now().UnixMilli())
	if err != nil {
		return err
	}
	if m.Completed != c.count || m.Instances != c.count || d != (provider.QueueDepths{}) {
		return fmt.Errorf("%w: %s, %s: %d ended, and the schema holds %d instances, %d completed, %d messages and %d work items",
			workloads.ErrCheck, c.line.Strategy, c.line.Workload, c.count, m.Instances, m.Completed, d.Orchestrator, d.Worker)
	}
	return nil
}

func (c *crowd) close() (err error) {
	for _, one := range c.processes {
		err = errors.Join(err, one.in.Close(), one.cmd.Wait())
	}
	if c.conn != nil {
		err = errors.Join(err, c.conn.Close(context.Background()))
	}
	return err
}
