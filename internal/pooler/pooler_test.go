package pooler_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/pooler"
	"pgbench-provider/internal/target"
	"pgbench-provider/internal/verify"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var modes = []pooler.Mode{pooler.Session, pooler.Transaction}

func through(t *testing.T, mode pooler.Mode) *target.Server {
	t.Helper()
	server, err := target.Open(t.Context(), target.Spec{DSN: pgtest.PgBouncer(t, mode), Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	if server.Pooler() != mode {
		t.Fatalf("%s is seen as %q", mode, server.Pooler())
	}
	return server
}

func TestNoPooler(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.Server(t).Config())
	if mode, err := pooler.Detect(t.Context(), conn); mode != pooler.None || err != nil {
		t.Errorf("a direct connection is seen as %q: %v", mode, err)
	}
}

func connect(t *testing.T, config *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// The contract's rules hold through a pooler, and the strategies agree with the model and each other.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			server := through(t, mode)
			list := strategies.All()
			if mode == pooler.Session { // nothing differs but the beginning of a connection
				list = slices.DeleteFunc(list, func(s provider.Strategy) bool { return s.Name() != "pipeline" && s.Name() != "sp" })
			}
			rules := 0
			err := verify.Conformance(t.Context(), server, list, func(v verify.Verdict) {
				rules++
				if v.Failure != "" {
					t.Errorf("%s: %s/%s: %s", v.Strategy, v.Family, v.Rule, v.Failure)
				}
			})
			if err != nil || rules < 100*len(list) {
				t.Errorf("%d rules checked: %v", rules, err)
			}
			_, found, err := verify.Equivalence(t.Context(), server, list, verify.Scripts{Operations: 300, Seed: 1}, nil)
			if err != nil || found != nil {
				t.Errorf("the strategies differ: %+v, %v", found, err)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			server := through(t, mode)
			config := bench.Config{Strategies: []string{"inline", "pipeline", "sp"}, Workloads: []string{"hello-world"}, Rounds: 2, Round: 200 * time.Millisecond,
				InFlight: 4, AddedRTT: []time.Duration{0}, Dispatchers: []bench.Dispatchers{{Orchestration: 1, Worker: 1}}, Seed: 1}
			file, err := bench.Run(t.Context(), server, config, nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := mode.String(); file.Environment.Server.Pooler != want {
				t.Errorf("the result says %q, want %q", file.Environment.Server.Pooler, want)
			}
			if left, err := target.LeftSchemas(t.Context(), connect(t, server.Config())); err != nil || len(left) > 0 && t.Failed() {
				t.Errorf("%v, %v", left, err)
			}
		})
	}
}

// Many clients with settings of their own share a pooler's sessions, and each sees its own settings only, in and outside
// of transactions, by every protocol, also after errors.
func TestSettingsAreOnesOwn(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			server := through(t, mode)
			var group sync.WaitGroup
			for n := range 8 {
				config := server.Config()
				value := fmt.Sprintf(`it's "%d" \ é`, n)
				config.RuntimeParams["pgbench_provider.mine"] = value
				conn := connect(t, config)
				group.Go(func() { use(t, conn, value) })
			}
			group.Wait()
		})
	}
}

const mine = "select current_setting('pgbench_provider.mine')"

func use(t *testing.T, conn *pgx.Conn, want string) {
	ctx := t.Context()
	check := func(where string, q interface {
		QueryRow(sql string, args ...any) pgx.Row
	}, args ...any) {
		var got string
		if err := q.QueryRow(mine, args...).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", where, got, err, want)
		}
	}
	asks := asker(func(sql string, args ...any) pgx.Row { return conn.QueryRow(ctx, sql, args...) })
	for range 10 {
		check("extended", asks)
		check("simple", asks, pgx.QueryExecModeSimpleProtocol)
		if _, err := conn.Exec(ctx, "select 1/0"); code(err) != "22012" {
			t.Errorf("a division by zero gave %v", err)
		}
		if err := conn.QueryRow(ctx, "select 1/$1::int", 0).Scan(nil); code(err) != "22012" {
			t.Errorf("a division by zero gave %v", err)
		}
		_ = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			in := asker(func(sql string, args ...any) pgx.Row { return tx.QueryRow(ctx, sql, args...) })
			check("in a transaction", in)
			check("in a transaction, again", in)
			return errors.New("rolled back")
		})
		_ = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
			in := asker(func(sql string, args ...any) pgx.Row { return tx.QueryRow(ctx, sql, args...) })
			check("in a serializable transaction", in)
			var got string
			if err := in.QueryRow("show transaction_isolation").Scan(&got); err != nil || got != "serializable" {
				t.Errorf("a serializable transaction is %q: %v", got, err)
			}
			return nil
		})
		for _, begin := range []string{"begin isolation level serializable -- audit", "  START TRANSACTION ISOLATION LEVEL SERIALIZABLE;", "begin /* audit */"} {
			if _, err := conn.PgConn().Exec(ctx, begin).ReadAll(); err != nil {
				t.Errorf("%q: %v", begin, err)
			}
			check(begin, asks, pgx.QueryExecModeSimpleProtocol)
			var level string
			if err := conn.QueryRow(ctx, "show transaction_isolation", pgx.QueryExecModeSimpleProtocol).Scan(&level); err != nil || (level == "serializable") != strings.Contains(strings.ToLower(begin), level) {
				t.Errorf("%q: the transaction is %q: %v", begin, level, err)
			}
			if _, err := conn.Exec(ctx, "rollback"); err != nil {
				t.Error(err)
			}
		}
		if err := conn.Ping(ctx); err != nil {
			t.Error(err)
		}
		b := &pgx.Batch{}
		for range 3 {
			b.Queue(mine).QueryRow(func(row pgx.Row) error {
				var got string
				if err := row.Scan(&got); err != nil || got != want {
					t.Errorf("in a batch: %q, %v; want %q", got, err, want)
				}
				return nil
			})
		}
		if err := conn.SendBatch(ctx, b).Close(); err != nil {
			t.Error(err)
		}
		results, err := conn.PgConn().Exec(ctx, mine+"; select 2").ReadAll()
		if err != nil || len(results) != 2 || string(results[0].Rows[0][0]) != want {
			t.Errorf("a script of two gave %d results: %v", len(results), err)
		}
	}
	if _, err := conn.Exec(ctx, "vacuum pg_catalog.pg_class"); err != nil {
		t.Error(err)
	}
}

type asker func(sql string, args ...any) pgx.Row

func (a asker) QueryRow(sql string, args ...any) pgx.Row { return a(sql, args...) }

func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return fmt.Sprint(err)
}

// A setting that the server refuses is an error of the first statement, in the server's words, and nothing hangs.
func TestRefusedSetting(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			config := through(t, mode).Config()
			config.RuntimeParams["work_mem"] = "much"
			conn := connect(t, config)
			var n int
			if err := conn.QueryRow(t.Context(), "select $1::int", 1).Scan(&n); code(err) != "22023" {
				t.Errorf("got %v, want an invalid value", err)
			}
		})
	}
}

// A DSN that names a setting connects too.
func TestSettingInDSN(t *testing.T) {
	t.Parallel()
	dsn := pgtest.PgBouncer(t, pooler.Transaction) + "&lock_timeout=4321"
	server, err := target.Open(t.Context(), target.Spec{DSN: dsn, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := connect(t, server.Config()).QueryRow(t.Context(), "show lock_timeout").Scan(&got); err != nil || got != "4321ms" {
		t.Errorf("lock_timeout is %q: %v", got, err)
	}
}
