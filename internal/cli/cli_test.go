package cli_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"pgbench-provider/internal/cli"
	"pgbench-provider/internal/pgtest"
)

// tests stops the server after the tests: testscript.Main does not return.
type tests struct{ *testing.M }

func (t tests) Run() int {
	code := t.M.Run()
	if err := pgtest.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){
		"pgbench-provider": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := cli.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
			stop()
			os.Exit(code)
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	recorded, err := filepath.Abs("../../testdata/results")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SERVER", dsn)
			env.Setenv("RECORDED", recorded)
			poor, err := url.Parse(dsn)
			if err != nil {
				return err
			}
			poor.User = url.UserPassword("nocreate", "pl4nted")
			env.Setenv("NOCREATE", poor.String())
			poor.User = url.UserPassword("onlyone", "pl4nted")
			env.Setenv("ONLYONE", poor.String())
			alone, err := url.Parse(dsn)
			if err != nil {
				return err
			}
			alone.Path = "/pgbp_harm"
			env.Setenv("ALONE", alone.String())
			far := *alone
			far.Host = "0.0.0.0:" + far.Port() // leads here, and is none of the loopback addresses
			env.Setenv("FAR", far.String())
			far.Host = alone.Host + "," + far.Host
			env.Setenv("NEAR_AND_FAR", far.String())
			env.Setenv("TMPDIR", env.WorkDir)
			env.Setenv("INVALID", "\xff")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"sql":   sql,
			"named": named,
		},
	})
}

// exits runs a program and wants its exit code: exits 2 pgbench-provider run --strategy nope
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGS...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// sql runs a statement on the test server as its owner.
func sql(ts *testscript.TestScript, neg bool, args []string) {
	conn, err := pgx.Connect(context.Background(), ts.Getenv("SERVER"))
	ts.Check(err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), args[0])
	ts.Check(err)
}

// named migrates a schema of that name up and down again, and drops it.
func named(ts *testscript.TestScript, neg bool, args []string) {
	conn, err := pgx.Connect(context.Background(), ts.Getenv("SERVER"))
	ts.Check(err)
	defer conn.Close(context.Background())
	tables := func() (n int) {
		ts.Check(conn.QueryRow(context.Background(), "select count(*) from pg_tables where schemaname = $1", args[0]).Scan(&n))
		return n
	}
	ts.Check(ts.Exec("pgbench-provider", "migrate", "up", "--schema", args[0]))
	ts.Check(ts.Exec("pgbench-provider", "migrate", "status", "--schema", args[0]))
	if n := tables(); n < 6 {
		ts.Fatalf("schema %q has %d tables", args[0], n)
	}
	ts.Check(ts.Exec("pgbench-provider", "migrate", "down", "--schema", args[0]))
	if n := tables(); n != 0 {
		ts.Fatalf("schema %q still has %d tables", args[0], n)
	}
	_, err = conn.Exec(context.Background(), "drop schema "+pgx.Identifier{args[0]}.Sanitize())
	ts.Check(err)
	_, err = conn.Exec(context.Background(), "select from public.pgbp_bystander")
	ts.Check(err)
}
