package target_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
)

func nothing(string) string { return "" }

// child makes the test binary start a private server, say where it is, and wait to be killed.
const child = "PGBENCH_PROVIDER_TARGET_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) != "" {
		server, err := target.Open(context.Background(), target.Spec{Getenv: nothing})
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString(filepath.Dir(server.LogPath()) + "\n")
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

// startChild runs this binary as a run of its own and gives its server's folder.
func startChild(t *testing.T, tmp string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"=1", "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line := make([]byte, 4096)
	n, err := out.Read(line)
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	return cmd, strings.TrimSpace(string(line[:n]))
}

// postmaster is the process id of the server in a folder, 0 when none runs.
func postmaster(dir string) int {
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	pid := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		pid = pid*10 + int(c-'0')
	}
	if syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

// runs says whether a process lives; one that has ended and was not asked about yet (a zombie) does not.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return errors.Is(err, os.ErrPermission)
	}
	return !strings.Contains(string(stat), ") Z ")
}

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

// After a SIGKILL the next run sweeps; what belongs to a run that lives is left alone. Not parallel: TMPDIR is the
// process's.
func TestSweep(t *testing.T) {
	tmp, err := os.MkdirTemp("/tmp", "pgbp-sweep-") // short: a socket's path is bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	if err := os.Chmod(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	killed, dead := startChild(t, tmp)
	_, living := startChild(t, tmp)
	stranger := filepath.Join(tmp, "pgbench-provider-stranger")
	if err := os.Mkdir(stranger, 0o755); err != nil {
		t.Fatal(err)
	}
	orphan := postmaster(dead)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	t.Setenv("TMPDIR", tmp)
	removed, err := target.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(removed) != 1 || removed[0] != dead {
		t.Errorf("swept %v, want %s", removed, dead)
	}
	if runs(orphan) {
		t.Errorf("process %d of the killed run still runs", orphan)
	}
	if postmaster(living) == 0 {
		t.Error("the server of a run that lives was stopped")
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Errorf("a folder without our mark was touched: %v", err)
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

func TestPasswordsStaySecret(t *testing.T) {
	t.Parallel()
	const secret = "pl4nted"
	for _, dsn := range []string{
		"postgres://u:pl4nted@127.0.0.1:1/db", "postgres://u:pl4nted@host:port/db", "postgres://u:pl4nted@[::1/db",
		"postgres://u:pl4nted@127.0.0.1:1/db?sslmode=nope", "host=127.0.0.1 port=1 password=pl4nted user=u",
		"host=127.0.0.1 port=x password=pl4nted", "password='pl4nted' host=127.0.0.1 port=1", "postgres://u:pl4nted%zz@h/db",
		"host=/nonexistent password=pl4nted", "postgres://nohost.invalid:5432/db?password=pl4nted", "pl4nted is no DSN password=pl4nted",
	} {
		_, err := target.Open(t.Context(), target.Spec{Getenv: nothing, DSN: dsn})
		if err == nil {
			t.Errorf("%s was opened", dsn)
			continue
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q tells the password, or is more than a line", err)
		}
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"postgres://u:p@h/d":                   "postgres://u:xxxxx@h/d",
		"host=h password=p user=u":             "host=h password=xxxxx user=u",
		"password='a b\\'c' host=h":            "password=xxxxx host=h",
		"postgres://h/d?password=p&sslmode=on": "postgres://h/d?password=xxxxx&sslmode=on",
		"postgres://u@h/d":                     "postgres://u@h/d",
	} {
		if got := target.Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
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
