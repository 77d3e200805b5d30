package bench_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/pooler"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/target"
)

// private starts a cluster of its own for a test, and gives it also as a server that the caller named.
func private(t *testing.T) (cluster, named *target.Server) {
	t.Helper()
	cluster, err := target.Open(t.Context(), target.Spec{Getenv: nothing, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Close(context.Background()) })
	return cluster, open(t, dsn(cluster.Config()))
}

func nothing(string) string { return "" }

// dsn names a server, and others after it.
func dsn(c *pgx.ConnConfig, others ...*pgx.ConnConfig) string {
	host := net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	for _, o := range others {
		host += "," + net.JoinHostPort(o.Host, strconv.Itoa(int(o.Port)))
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Path: "/" + c.Database, Host: host, RawQuery: "sslmode=disable"}
	return u.String()
}

func open(t *testing.T, dsn string) *target.Server {
	t.Helper()
	server, err := target.Open(t.Context(), target.Spec{DSN: dsn, Getenv: nothing})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// outage is a server that goes away in the middle of a round.
type outage struct {
	t       *testing.T
	cluster *target.Server
	how     syscall.Signal
	down    func() error // nil stops the cluster so
	up      func() error // nil starts it again
	round   int
	begin   sync.Once
	over    chan struct{}
	phases  map[string]int
	swept   []string
}

// show ends the server after a part of the first measured cell of the round; away says for how long, 0 for ever.
func (o *outage) show(away time.Duration) func(bench.Progress) {
	o.over, o.phases = make(chan struct{}), map[string]int{}
	if o.down == nil {
		o.down = func() error { return o.cluster.Halt(context.Background(), o.how) }
	}
	if o.up == nil {
		o.up = func() error { return o.cluster.Resume(context.Background()) }
	}
	return func(p bench.Progress) {
		o.phases[p.Phase]++
		if p.Phase == "measured" && o.phases["back"] > 0 && away > 0 && o.cluster != nil {
			o.sweep()
		}
		if p.Phase != "measure" || p.Round < o.round {
			return
		}
		o.begin.Do(func() {
			go func() {
				defer close(o.over)
				time.Sleep(80 * time.Millisecond)
				if err := o.down(); err != nil {
					o.t.Error(err)
				}
				if away == 0 {
					return
				}
				time.Sleep(away)
				if err := o.up(); err != nil {
					o.t.Error(err)
				}
			}()
		})
	}
}

// sweep does what the next run would do first.
func (o *outage) sweep() {
	conn, err := pgx.ConnectConfig(o.t.Context(), o.cluster.Config())
	if err != nil {
		o.t.Error(err)
		return
	}
	defer conn.Close(context.Background())
	dropped, err := target.SweepSchemas(o.t.Context(), conn)
	if err != nil {
		o.t.Error(err)
	}
	o.swept = append(o.swept, dropped...)
}

func TestRunSurvivesRestarts(t *testing.T) {
	t.Parallel()
	cluster, named := private(t)
	for _, c := range []struct {
		workload string
		how      syscall.Signal
		rate     float64
	}{{"hello-world", target.Kill, 0}, {"operations", target.Fast, 0}, {"hot-row", target.Immediate, 0}, {"hello-world", target.Fast, 400}} {
		o := &outage{t: t, cluster: cluster, how: c.how, round: 2}
		f, err := bench.Run(t.Context(), named, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{c.workload},
			Dispatchers: []bench.Dispatchers{{Orchestration: 2, Worker: 1}}, Rounds: 4, Round: 200 * time.Millisecond, InFlight: 2, Seed: 1, Rate: c.rate, MaxOutage: time.Minute}, o.show(300*time.Millisecond))
		<-o.over
		if err != nil {
			t.Fatalf("%s, %v: %v", c.workload, c.how, err)
		}
		voided := 0
		for _, cell := range f.Cells {
			sound := map[int]bool{}
			for _, r := range cell.Rounds {
				sound[r.Round] = true
				if len(r.Operations) == 0 {
					t.Errorf("%s: round %d of %s measured nothing", c.workload, r.Round, cell.Name())
				}
			}
			if len(sound) < 4 {
				t.Errorf("%s: %s has %d rounds", c.workload, cell.Name(), len(sound))
			}
			for _, d := range cell.Disturbed {
				voided++
				if d.Reason == "" || d.Outage <= 0 || sound[d.Round] {
					t.Errorf("%s: %+v", c.workload, d)
				}
			}
		}
		if voided == 0 || o.phases["outage"] == 0 || o.phases["back"] == 0 {
			t.Errorf("%s: %d rounds are disturbed, the phases were %v", c.workload, voided, o.phases)
		}
		if len(o.swept) > 0 {
			t.Errorf("%s: the next run would have dropped %v", c.workload, o.swept)
		}
		if !strings.Contains(strings.Join(f.Warnings, "\n"), "The server went away once") {
			t.Errorf("%s: no warning in %q", c.workload, f.Warnings)
		}
		var out bytes.Buffer
		if err := result.Write(&out, f); err != nil {
			t.Error(err)
		}
		if _, err := result.Read(&out); err != nil {
			t.Error(err)
		}
	}
	conn, err := pgx.ConnectConfig(t.Context(), cluster.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if left, err := target.LeftSchemas(t.Context(), conn); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What was measured before is there when the server does not come back in time.
func TestOutageTooLong(t *testing.T) {
	t.Parallel()
	for _, most := range []time.Duration{0, 300 * time.Millisecond} {
		cluster, named := private(t)
		o := &outage{t: t, cluster: cluster, how: target.Immediate, round: 3}
		f, err := bench.Run(t.Context(), named, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"hello-world"},
			Rounds: 6, Round: 200 * time.Millisecond, InFlight: 2, Seed: 1, MaxOutage: most}, o.show(0))
		<-o.over
		if !errors.Is(err, bench.ErrOutage) || !strings.Contains(err.Error(), "--max-outage") {
			t.Fatalf("%v: %v", most, err)
		}
		if len(f.Cells) != 2 || len(f.Cells[0].Rounds) < 2 || len(f.Cells[1].Rounds) < 2 || len(f.Cells[0].Disturbed)+len(f.Cells[1].Disturbed) != 1 {
			t.Errorf("%v: the file has %+v", most, f.Cells)
		}
		if !strings.Contains(strings.Join(f.Warnings, "\n"), "The run ended early") {
			t.Errorf("%v: no warning in %q", most, f.Warnings)
		}
		if err := result.Write(&bytes.Buffer{}, f); err != nil {
			t.Error(err)
		}
	}
}

// A private server that dies is started again: nobody else would.
func TestPrivateServerRevived(t *testing.T) {
	t.Parallel()
	cluster, _ := private(t)
	o := &outage{t: t, cluster: cluster, how: target.Kill, round: 2}
	f, err := bench.Run(t.Context(), cluster, bench.Config{Strategies: []string{"sp"}, Workloads: []string{"hello-world"},
		Rounds: 3, Round: 200 * time.Millisecond, InFlight: 2, Seed: 1, MaxOutage: time.Minute}, o.show(0))
	<-o.over
	if err != nil {
		t.Fatal(err)
	}
	if o.phases["revive"] != 1 || len(f.Cells[0].Rounds) != 3 || !strings.Contains(strings.Join(f.Warnings, "\n"), "had died and was started again once") {
		t.Errorf("%v, %d rounds, %q", o.phases, len(f.Cells[0].Rounds), f.Warnings)
	}
}

// Counts that an outage broke off are those of a run without one.
func TestExactAfterOutage(t *testing.T) {
	t.Parallel()
	cluster, named := private(t)
	config := bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"operations"}, Exact: true, Orchestrations: 60, Rounds: 1,
		Seed: 1, MaxOutage: time.Minute}
	want, err := bench.Run(t.Context(), named, config, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &outage{t: t, cluster: cluster, how: target.Immediate, round: 1}
	got, err := bench.Run(t.Context(), named, config, o.show(200*time.Millisecond))
	<-o.over
	if err != nil {
		t.Fatal(err)
	}
	if o.phases["back"] != 1 || !strings.Contains(strings.Join(got.Warnings, "\n"), "counted anew") {
		t.Errorf("the phases were %v, the warnings %q", o.phases, got.Warnings)
	}
	for i, c := range want.Cells {
		for j, x := range c.Summary.Operations {
			y := got.Cells[i].Summary.Operations[j]
			if x.Name != y.Name || x.Count != y.Count || x.RoundTripsPerOp != y.RoundTripsPerOp || x.BytesOutPerOp != y.BytesOutPerOp || x.BytesInPerOp != y.BytesInPerOp {
				t.Errorf("%s: %s: %d calls, %v round trips after an outage; %d and %v without", c.Name(), x.Name, y.Count, y.RoundTripsPerOp, x.Count, x.RoundTripsPerOp)
			}
		}
	}
}

// One connection that ends is an outage too: its place is taken by one on which nothing is prepared.
func TestLostConnectionDisturbs(t *testing.T) {
	t.Parallel()
	cluster, named := private(t)
	ended := 0
	f, err := bench.Run(t.Context(), named, bench.Config{Strategies: []string{"sp"}, Workloads: []string{"hello-world"}, Rounds: 3,
		Round: 200 * time.Millisecond, InFlight: 2, Seed: 1, MaxOutage: time.Minute}, func(p bench.Progress) {
		if p.Phase != "measure" || p.Round != 2 {
			return
		}
		conn, err := pgx.ConnectConfig(context.Background(), cluster.Config())
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		err = conn.QueryRow(context.Background(), `select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity
			where backend_type = 'client backend' and query not like '%pg_stat%' order by state_change desc limit 1) one`).Scan(&ended)
		if err != nil {
			t.Error(err)
		}
	})
	if err != nil || ended != 1 {
		t.Fatalf("%d ended: %v", ended, err)
	}
	if len(f.Cells[0].Disturbed) != 1 || len(f.Cells[0].Rounds) != 3 {
		t.Errorf("%d sound rounds, disturbed %+v", len(f.Cells[0].Rounds), f.Cells[0].Disturbed)
	}
}

// Of two servers one dies, and the other takes over what it was sent: the run goes on there, and removes its schemas there.
func TestRunSurvivesAFailover(t *testing.T) {
	t.Parallel()
	for _, attributes := range []string{"read-write", "any"} {
		primary, _ := private(t)
		standby := pgtest.Standby(t, primary)
		conn, err := pgx.ConnectConfig(t.Context(), primary.Config())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		// What was confirmed is at the standby: a loss would be ours.
		if _, err := conn.Exec(t.Context(), "alter system set synchronous_standby_names = '*'"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "select pg_reload_conf()"); err != nil {
			t.Fatal(err)
		}
		named := open(t, dsn(primary.Config(), standby)+"&target_session_attrs="+attributes)
		ctx := context.Background()
		o := &outage{t: t, round: 2,
			down: func() error { return primary.Halt(ctx, target.Kill) },
			up: func() error {
				conn, err := pgx.ConnectConfig(ctx, standby)
				if err != nil {
					return err
				}
				defer conn.Close(ctx)
				_, err = conn.Exec(ctx, "select pg_promote()")
				return err
			}}
		f, err := bench.Run(t.Context(), named, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"hello-world"},
			Rounds: 4, Round: 200 * time.Millisecond, InFlight: 2, Seed: 1, MaxOutage: time.Minute}, o.show(300*time.Millisecond))
		<-o.over
		if err != nil {
			t.Fatalf("%s: %v", attributes, err)
		}
		if len(f.Cells[0].Rounds) < 4 || len(f.Cells[1].Rounds) < 4 || len(f.Cells[0].Disturbed)+len(f.Cells[1].Disturbed) == 0 {
			t.Errorf("%s: %d and %d rounds, %+v and %+v", attributes, len(f.Cells[0].Rounds), len(f.Cells[1].Rounds), f.Cells[0].Disturbed, f.Cells[1].Disturbed)
		}
		if all := strings.Join(f.Warnings, "\n"); !strings.Contains(all, "The server went away once") || strings.Contains(all, "lost") {
			t.Errorf("%s: %q", attributes, f.Warnings)
		}
		address := net.JoinHostPort(standby.Host, strconv.Itoa(int(standby.Port)))
		if !strings.Contains(f.Environment.Server.Address, ","+address+"/") {
			t.Errorf("%s: the address is %q, without %s", attributes, f.Environment.Server.Address, address)
		}
		after, err := pgx.ConnectConfig(t.Context(), standby)
		if err != nil {
			t.Fatal(err)
		}
		defer after.Close(ctx)
		if left, err := target.LeftSchemas(t.Context(), after); err != nil || len(left) > 0 {
			t.Errorf("%s: left: %v, %v", attributes, left, err)
		}
	}
}

// Behind a pooler the server goes away, or the pooler does.
func TestRunSurvivesOutagesBehindAPooler(t *testing.T) {
	t.Parallel()
	cluster, _ := private(t)
	for _, mode := range []pooler.Mode{pooler.Session, pooler.Transaction} {
		bouncer := pgtest.StartPooler(t, mode, cluster.Config())
		for _, c := range []struct {
			who      string
			down, up func() error
		}{
			{"server", func() error { return cluster.Halt(context.Background(), target.Immediate) }, func() error { return cluster.Resume(context.Background()) }},
			{"pooler", func() error { bouncer.Stop(); return nil }, func() error { bouncer.Start(t); return nil }},
		} {
			named := open(t, bouncer.DSN)
			o := &outage{t: t, round: 2, down: c.down, up: c.up}
			f, err := bench.Run(t.Context(), named, bench.Config{Strategies: []string{"inline", "sp"}, Workloads: []string{"hello-world"},
				Rounds: 4, Round: 200 * time.Millisecond, InFlight: 2, Seed: 1, MaxOutage: time.Minute}, o.show(300*time.Millisecond))
			<-o.over
			if err != nil {
				t.Fatalf("%s, %s: %v", mode, c.who, err)
			}
			if len(f.Cells[0].Rounds) < 4 || len(f.Cells[1].Rounds) < 4 || len(f.Cells[0].Disturbed)+len(f.Cells[1].Disturbed) == 0 {
				t.Errorf("%s, %s: %d and %d rounds, %+v and %+v", mode, c.who, len(f.Cells[0].Rounds), len(f.Cells[1].Rounds), f.Cells[0].Disturbed, f.Cells[1].Disturbed)
			}
			if all := strings.Join(f.Warnings, "\n"); !strings.Contains(all, "The server went away once") {
				t.Errorf("%s, %s: %q", mode, c.who, f.Warnings)
			}
		}
	}
	conn, err := pgx.ConnectConfig(t.Context(), cluster.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if left, err := target.LeftSchemas(t.Context(), conn); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
