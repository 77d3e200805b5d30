package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/target"
	"pgbench-provider/strategies"
	"pgbench-provider/workloads"
)

// databaseFlags say which database; see target.Spec.
type databaseFlags struct {
	dsn, container, pgBin string
	noDownload            bool
	schema                string
	yes                   bool // load it, whoever else does
	maxOutage             time.Duration
}

func (d *databaseFlags) add(f *pflag.FlagSet) {
	f.StringVar(&d.dsn, "dsn", "", "database `URL` or keyword/value string; else PGBENCH_PROVIDER_DSN, DATABASE_URL, or PGHOST and its kin")
	f.StringVar(&d.container, "container", "", "start PostgreSQL from this `image` through Docker")
	f.BoolVar(&d.noDownload, "no-download", false, "never download PostgreSQL, where there is neither a database nor binaries nor Docker")
	f.StringVar(&d.pgBin, "pg-bin", "", "`folder` with initdb and postgres for the private PostgreSQL")
}

// addLoad is for commands that load the database.
func (d *databaseFlags) addLoad(f *pflag.FlagSet) {
	f.StringVar(&d.schema, "schema", "", "work in this empty `schema`, for a role that may create none")
	f.DurationVar(&d.maxOutage, "max-outage", 30*time.Second, "wait this `time` for a server that goes away, and void the rounds that it disturbs; 0s fails at once")
	f.BoolVar(&d.yes, "yes", false, "load a server that is not on this machine and holds tables of others")
}

func (a *app) spec(d *databaseFlags, progress func(string)) target.Spec {
	return target.Spec{DSN: d.dsn, Container: d.container, Schema: d.schema, NoDownload: d.noDownload, PgBin: d.pgBin, Getenv: a.getenv, Progress: progress}
}

// loadFlags say what to run against it.
type loadFlags struct {
	databaseFlags
	config     bench.Config
	workload   []string
	rtt        []time.Duration
	dispatch   []string
	rate       string
	faults     []string
	seed       int64
	noVerify   bool
	out        string
	json       bool
	strategies []string
}

func (l *loadFlags) add(c *cobra.Command) {
	f := c.Flags()
	l.databaseFlags.add(f)
	f.StringSliceVar(&l.workload, "workload", l.workload, "`workloads`, see list")
	f.StringSliceVar(&l.dispatch, "dispatchers", []string{"2:2"}, "orchestration and worker dispatchers, `O:W`; several are measured in turn")
	f.IntVar(&l.config.InFlight, "in-flight", l.config.InFlight, "`units` that run at once")
	f.DurationSliceVar(&l.rtt, "rtt", l.rtt, "round-trip `time` to add on the client's side, such as 25ms")
	f.DurationVar(&l.config.Jitter, "jitter", 0, "random `time` on top of --rtt, up to this")
	f.DurationSliceVar(&l.config.Cold, "cold", l.config.Cold, "distances of --rtt at which the first unit on new connections is measured too, such as `25ms`")
	f.IntVar(&l.config.Params.Activities, "activities", 0, "`activities` an orchestration calls (hello-world 2, fan-out 5)")
	f.IntSliceVar(&l.config.Payloads, "payload", nil, "`bytes` of each input and result; several are measured in turn")
	f.DurationVar(&l.config.Params.ActivityDelay, "activity-delay", 0, "`time` an activity takes")
	f.IntSliceVar(&l.config.Depths, "depth", nil, "`instances` that wait in the queue, such as 10,1000,100000 (operations 100)")
	f.IntSliceVar(&l.config.Histories, "history", nil, "`events` of each instance at the beginning, such as 5,100,1000 (operations 5)")
	f.IntVar(&l.config.HistoryCache, "history-cache", 0, "`MiB` of histories to keep between turns, so that a fetch reads only what is newer")
	f.DurationVar(&l.config.LookBack, "look-back", 0, "begin fetches this `time` before what the last one found, such as 1s: dead rows cost less, the order is less exact")
	f.IntVar(&l.config.TurnBatch, "turn-batch", 0, "lock up to this many `turns` in one call and ack them in one, as starts that come together are sent in one (default 1)")
	f.IntVar(&l.config.WorkBatch, "work-batch", 0, "lock up to this many `activities` in one call, and ack those that end together in one (default 1)")
	f.Int64Var(&l.seed, "seed", 0, "`seed` of payloads and of the order of strategies (default random, and reported)")
	f.StringArrayVar(&l.faults, "fault", nil, "put a fault in, to try a gate: `strategy:operation:delay[:as]`")
	_ = f.MarkHidden("fault")
	f.BoolVar(&l.noVerify, "no-verify", false, "do not check before measuring that the strategies agree")
	l.addLoad(f)
	f.IntVar(&l.config.MaxConnections, "max-connections", 0, "hold no more `connections` (default three quarters of those of a server that was named)")
	f.BoolVar(&l.config.Keep, "keep", false, "keep the schemas")
	f.StringVar(&l.out, "out", "", "result `file` (default results/<time>-<what>.json); the markdown report goes beside it")
	f.BoolVar(&l.json, "json", false, "print JSON")
	for _, name := range []string{"rtt", "cold"} { // "[]" is no default that helps anybody
		if flag := f.Lookup(name); flag.DefValue == "[]" {
			flag.DefValue = ""
		}
	}
	complete(c, "workload", workloadNames)
}

// addOpenLoop is for commands in which units may begin at a rate.
func (l *loadFlags) addOpenLoop(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&l.rate, "rate", "", "begin units at this `rate`, such as 200/s, whatever has ended: an open loop, with latency from the intended start")
	f.DurationVar(&l.config.Ramp, "ramp", 0, "`time` the rate takes to get there, unrecorded (default a tenth of the round)")
	f.DurationVar(&l.config.LatencyLimit, "latency-limit", 0, "count units that take longer than this `time` as late")
}

// complete gives a flag its shell completion, also after the commas of a list.
func complete(c *cobra.Command, flag string, names func() []string) {
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) (all []string, _ cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		for _, name := range names() {
			all = append(all, before+name)
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	})
}

func workloadNames() (names []string) {
	for _, w := range workloads.All() {
		names = append(names, w.Name()+"\t"+w.About())
	}
	return names
}

func strategyNames() (names []string) {
	for _, s := range strategies.All() {
		names = append(names, s.Name()+"\t"+strategies.About(s.Name()))
	}
	return names
}

// finish turns the flags into a valid configuration.
func (l *loadFlags) finish(a *app, c *cobra.Command) error {
	l.config.Strategies, l.config.Workloads, l.config.AddedRTT = l.strategies, l.workload, l.rtt
	l.config.Verify, l.config.MaxOutage = !l.noVerify, l.maxOutage
	var err error
	if l.config.Dispatchers, err = parseDispatchers(l.dispatch); err != nil {
		return usage{err}
	}
	if l.config.Faults, err = parseFaults(l.faults); err != nil {
		return usage{err}
	}
	if l.config.Rate, err = parseRate(l.rate); err != nil {
		return usage{err}
	}
	if l.config.MaxConnections < 0 {
		return usage{fmt.Errorf("--max-connections %d is negative: give a number above 0", l.config.MaxConnections)}
	}
	for _, f := range []string{"in-flight", "rounds", "orchestrations", "max-connections"} {
		if flag := c.Flags().Lookup(f); flag != nil && flag.Changed && flag.Value.String() == "0" {
			return usage{fmt.Errorf("--%s 0: give a number above 0", f)}
		}
	}
	for _, f := range []string{"duration", "round"} {
		if flag := c.Flags().Lookup(f); flag != nil && flag.Changed && l.config.Round <= 0 {
			return usage{fmt.Errorf("--%s %v is not positive: give for example 10s", f, l.config.Round)}
		}
	}
	if l.config.Rate > 0 && !c.Flags().Changed("in-flight") {
		l.config.InFlight = 0
	}
	l.config.Seed = uint64(l.seed)
	if !c.Flags().Changed("seed") {
		l.config.Seed = rand.Uint64N(1 << 32)
	}
	l.config.Command = commandLine(a.args)
	err = l.config.Validate()
	if err != nil && c.Flags().Lookup("strategies") == nil {
		return usage{errors.New(strings.ReplaceAll(err.Error(), "--strategies", "--strategy"))}
	}
	return err
}

func parseDispatchers(list []string) (all []bench.Dispatchers, err error) {
	for _, s := range list {
		var d bench.Dispatchers
		left, right, ok := strings.Cut(s, ":")
		if ok {
			if d.Orchestration, err = strconv.Atoi(left); err == nil {
				d.Worker, err = strconv.Atoi(right)
			}
		}
		if !ok || err != nil || d.Orchestration < 1 || d.Worker < 1 {
			return nil, fmt.Errorf("--dispatchers %.40q: give orchestration and worker dispatchers, for example 2:2", s)
		}
		all = append(all, d)
	}
	return all, nil
}

func parseFaults(list []string) (all []bench.Fault, err error) {
	for _, s := range list {
		parts := strings.SplitN(s, ":", 4)
		if len(parts) < 3 {
			return nil, fmt.Errorf("--fault %.60q: give strategy:operation:delay, for example sp:ack_orchestration_item:50us", s)
		}
		f := bench.Fault{Strategy: parts[0], Operation: parts[1]}
		if f.Statement = parts[2] == "statement"; !f.Statement {
			if f.Delay, err = time.ParseDuration(parts[2]); err != nil {
				return nil, fmt.Errorf("--fault %.60q: the delay %.20q is no time, as 50us is, nor statement", s, parts[2])
			}
		}
		if len(parts) == 4 {
			f.As = parts[3]
		}
		all = append(all, f)
	}
	return all, nil
}

// parseRate takes "200/s", "200" for the same, or "90/min"; "" is no rate.
func parseRate(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	number, unit, _ := strings.Cut(s, "/")
	rate, err := strconv.ParseFloat(number, 64)
	switch unit {
	case "", "s":
	case "min":
		rate /= 60
	default:
		err = errors.ErrUnsupported
	}
	if err != nil || !(rate > 0) {
		return 0, fmt.Errorf("--rate %.40q: give units a second, for example 200/s", s)
	}
	return rate, nil
}

// commandLine is what was typed, for the report, without the secret that a DSN may hold.
func commandLine(args []string) string {
	words := []string{"pgbench-provider"}
	for i := 0; i < len(args); i++ {
		switch {
		case strings.HasPrefix(args[i], "--dsn="):
			words = append(words, "--dsn="+quote(target.Redact(strings.TrimPrefix(args[i], "--dsn="))))
		default: // a DSN may have been put behind a wrong flag
			words = append(words, quote(target.Redact(args[i])))
		}
	}
	return strings.Join(words, " ")
}

func quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$&;|<>()*?[]#~`!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
