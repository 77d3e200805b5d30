package target_test

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
)

// Also where nothing but a user's own rights are had; as another user when the tests run as root.
func TestRunsAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	uid := 0
	if os.Geteuid() == 0 {
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		if uid, err = strconv.Atoi(nobody.Uid); err != nil {
			t.Fatal(err)
		}
	}
	cmd, dir := startChild(t, tmpdir(t), uid)
	pid := postmaster(dir)
	if pid == 0 {
		t.Fatal("no server")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := os.Stat("/proc/self/stat"); err == nil && !within(func() bool { return !runs(pid) }) {
		t.Errorf("the server of the killed run outlives it, process %d", pid)
	}
}

// The PG* variables are for the user's servers, and a private one does not care about them.
func TestEnvironmentDoesNotReachPrivateServer(t *testing.T) {
	t.Parallel()
	tmp := tmpdir(t)
	_, dir := startChild(t, tmp, 0, "PGSERVICE=nope", "PGTARGETSESSIONATTRS=standby", "PGOPTIONS=-c nope=1", "PGCHANNELBINDING=require",
		"PGREQUIREAUTH=none", "PGSSLMODE=verify-full", "PGSSLROOTCERT=/nonexistent", "PGSSLCERTMODE=require", "PGDATA=/nonexistent", "PGPORT=1",
		"PGMINPROTOCOLVERSION=3.2", "PGTZ=nowhere", "LANGUAGE=de", "LC_ALL=de_DE.UTF-8", "PGSSLNEGOTIATION=direct")
	if postmaster(dir) == 0 {
		t.Error("no server")
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "*.conf")); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestLongTemporaryFolder(t *testing.T) {
	t.Parallel()
	long := filepath.Join(tmpdir(t), strings.Repeat("l", 100))
	if err := os.Mkdir(long, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, dir := startChild(t, long, 0); postmaster(dir) == 0 {
		t.Error("no server")
	}
}

// A client in the middle of a transaction and a context that has ended do not keep a server from being stopped, and what
// it logged can be counted until then.
func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	server := open(t)
	pid := postmaster(filepath.Dir(server.LogPath()))
	conn := connect(t, server.Config())
	if _, err := conn.Exec(t.Context(), "begin; do $$ begin raise warning 'planted line'; end $$"); err != nil {
		t.Fatal(err)
	}
	if n, err := server.CountInLog("planted line"); n != 1 || err != nil {
		t.Errorf("%d lines, %v; want 1", n, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Close(cancelled); err != nil {
		t.Error(err)
	}
	if runs(pid) {
		t.Errorf("process %d still runs", pid)
	}
	if _, err := os.Stat(server.LogPath()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// What a server refuses is told with its own words, and leaves nothing. Not parallel: TMPDIR is the process's.
func TestServerThatDoesNotStart(t *testing.T) {
	tmp := tmpdir(t)
	t.Setenv("TMPDIR", tmp)
	_, err := target.Open(t.Context(), target.Spec{Getenv: nothing, Settings: map[string]string{"shared_buffers": "a lot"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers"`) {
		t.Errorf("got %v, want what the server's log says", err)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// As root the server runs as another user, to whom root's own folders are closed: said before anything is tried. Other users
// keep their own folder.
func TestClosedTemporaryFolder(t *testing.T) {
	tmp := tmpdir(t)
	inner := filepath.Join(tmp, "inner")
	if err := errors.Join(os.Mkdir(inner, 0o700), os.Chmod(tmp, 0o700)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", inner)
	server, err := target.Open(t.Context(), target.Spec{Getenv: nothing})
	if os.Geteuid() != 0 {
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Close(t.Context()); err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), "may not enter "+inner) || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("got %v, want the folder and the remedy", err)
	}
	if left, _ := filepath.Glob(filepath.Join(inner, "*")); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// A role without rights learns the facts too; the settings that only some may see are not what decides.
func TestFactsOfPoorRole(t *testing.T) {
	t.Parallel()
	server := open(t)
	admin := connect(t, server.Config())
	if _, err := admin.Exec(t.Context(), "create role poor login password 'pl4nted'; create extension pg_stat_statements"); err != nil {
		t.Fatal(err)
	}
	config := server.Config()
	config.User, config.Password = "poor", secret
	facts, err := target.ServerFacts(t.Context(), connect(t, config))
	if err != nil {
		t.Fatal(err)
	}
	if !facts.StatLoaded || !facts.StatCreated || !facts.Loopback || facts.CanCreate || facts.TLS || facts.Settings["fsync"] != "off" ||
		facts.VersionNum < 120000 || facts.DatabaseBytes == 0 {
		t.Errorf("facts: %+v", facts)
	}
	named, err := target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: "host=127.0.0.1 sslmode=disable user=poor password=pl4nted dbname=bench port=" +
		strconv.Itoa(int(config.Port))})
	if err != nil {
		t.Fatal(err)
	}
	if d := named.Describe(); strings.Contains(d, secret) || !strings.HasSuffix(d, "/bench as poor") {
		t.Errorf("described as %q", d)
	}
	for user, want := range map[string]string{"nobody_known": "check user, password", "poor' dbname='none": `has no database "none"`} {
		_, err := target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: "host=127.0.0.1 sslmode=disable password=pl4nted dbname=bench port=" +
			strconv.Itoa(int(config.Port)) + " user='" + user + "'"})
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, target.ErrBadInput) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want %s", user, err, want)
		}
	}
}

// Names are quoted in every statement, and a comment that only looks like ours is not ours.
func TestOddSchemaNames(t *testing.T) {
	t.Parallel()
	conn := connect(t, open(t).Config())
	for _, prefix := range []string{`My "odd" schema`, `it's; drop`, "ünï"} {
		name, err := target.CreateSchema(t.Context(), conn, prefix)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "create table "+pgx.Identifier{name, "t"}.Sanitize()+" (x int)"); err != nil {
			t.Fatal(err)
		}
		left, err := target.LeftSchemas(t.Context(), conn)
		if err != nil || len(left) != 1 || left[0].Name != name || left[0].CreatedAt.IsZero() {
			t.Errorf("left %v, %v; want %s", left, err, name)
		}
		if err := target.DropSchema(t.Context(), conn, name); err != nil {
			t.Error(err)
		}
	}
	if _, err := conn.Exec(t.Context(), `create schema pgbp_00000000; comment on schema pgbp_00000000 is 'once created by pgbench-provider 2026'`); err != nil {
		t.Fatal(err)
	}
	if err := target.DropSchema(t.Context(), conn, "pgbp_00000000"); err == nil {
		t.Error("a schema of another was dropped")
	}
}
