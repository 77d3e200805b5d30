package target_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
)

func TestEmbeddedServerLeavesNothing(t *testing.T) {
	t.Parallel()
	server, err := target.Open(t.Context(), target.Spec{Getenv: nothing, Settings: map[string]string{"log_min_messages": "info"}})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(server.LogPath())
	conn, err := pgx.ConnectConfig(t.Context(), server.Config())
	if err != nil {
		t.Fatal(err)
	}
	facts, err := target.ServerFacts(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if facts.Settings["fsync"] != "on" || facts.Settings["synchronous_commit"] != "on" {
		t.Errorf("the server is not durable: %v", facts.Settings)
	}
	if !facts.StatLoaded || facts.Pooler != "" || !facts.CanCreate || facts.Settings["log_min_messages"] != "" {
		t.Errorf("facts: %+v", facts)
	}
	_ = conn.Close(t.Context())
	pid := postmaster(dir)
	if pid == 0 {
		t.Fatal("no postmaster")
	}
	for range 2 { // the second does nothing
		if err := server.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
	if runs(pid) {
		t.Errorf("process %d still runs", pid)
	}
}

func TestSourceOrder(t *testing.T) {
	t.Parallel()
	env := map[string]string{}
	getenv := func(name string) string { return env[name] }
	if (target.Spec{Getenv: getenv}).Named() {
		t.Error("an empty environment names a database")
	}
	// Each names a port where nobody listens; the one that counts shows in the error.
	env["PGHOST"] = "127.0.0.1"
	env["DATABASE_URL"] = "postgres://127.0.0.1:2/url"
	for _, step := range []struct {
		set, value, want string
	}{
		{"", "", "127.0.0.1:2/url"},
		{"PGBENCH_PROVIDER_DSN", "host=127.0.0.1 port=3 dbname=own user=u", "127.0.0.1:3/own"},
	} {
		if step.set != "" {
			env[step.set] = step.value
		}
		_, err := target.Open(t.Context(), target.Spec{Getenv: getenv})
		if err == nil || !strings.Contains(err.Error(), step.want) {
			t.Errorf("with %s: %v, want it to name %s", step.set, err, step.want)
		}
	}
	_, err := target.Open(t.Context(), target.Spec{Getenv: getenv, DSN: "postgres://127.0.0.1:4/flag"})
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:4/flag") {
		t.Errorf("with a flag: %v", err)
	}
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	server, err := target.Open(t.Context(), target.Spec{Getenv: nothing, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	conn, err := pgx.ConnectConfig(t.Context(), server.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	name, err := target.CreateSchema(t.Context(), conn, `odd " name`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "create schema foreign_one; comment on schema foreign_one is 'mine'; create role nocreate login password 'pl4nted'"); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{"foreign_one", "public", "no such schema"} {
		if err := target.DropSchema(t.Context(), conn, foreign); err == nil {
			t.Errorf("%s was dropped", foreign)
		}
	}
	if err := target.DropSchema(t.Context(), conn, name); err != nil {
		t.Error(err)
	}
	left, err := target.LeftSchemas(t.Context(), conn)
	if err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	schemasTellOfTheirRuns(t, server)
	config := server.Config()
	config.User, config.Password = "nocreate", "pl4nted"
	poor, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer poor.Close(context.Background())
	_, err = target.CreateSchema(t.Context(), poor, "x")
	if err == nil || !strings.Contains(err.Error(), `GRANT CREATE ON DATABASE "bench" TO "nocreate"`) {
		t.Errorf("got %v, want the GRANT that is missing", err)
	}
}

func TestChosenBinaries(t *testing.T) {
	t.Parallel()
	_, err := target.Open(t.Context(), target.Spec{Getenv: nothing, PgBin: t.TempDir()})
	if !errors.Is(err, target.ErrBadInput) {
		t.Errorf("got %v, want bad input", err)
	}
	_, err = target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: "host=h", Container: "i"})
	if !errors.Is(err, target.ErrBadInput) {
		t.Errorf("got %v, want bad input", err)
	}
}

func schemasTellOfTheirRuns(t *testing.T, server *target.Server) {
	t.Helper()
	connect := func() *pgx.Conn {
		conn, err := pgx.ConnectConfig(t.Context(), server.Config())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	run, other := connect(), connect()
	defer other.Close(context.Background())
	mine, err := target.CreateHeldSchema(t.Context(), run, "held")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := target.CreateSchema(t.Context(), run, "kept")
	if err != nil {
		t.Fatal(err)
	}
	lives := func(want target.Life) bool {
		left, err := target.LeftSchemas(t.Context(), other)
		if err != nil || len(left) != 2 {
			t.Fatalf("left %v, %v", left, err)
		}
		got := map[string]target.Life{}
		for _, l := range left {
			got[l.Name] = l.Life
		}
		return got[mine] == want && got[kept] == target.Unknown
	}
	if !lives(target.Alive) {
		t.Error("a schema whose session holds it is not told as alive")
	}
	run.Close(context.Background())
	for end := time.Now().Add(30 * time.Second); !lives(target.Dead); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a schema whose session has ended is still told as alive")
		}
	}
	for _, name := range []string{mine, kept} {
		if err := target.DropSchema(t.Context(), other, name); err != nil {
			t.Error(err)
		}
	}
}
