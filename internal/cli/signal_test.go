package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/target"
)

// program builds the command once for the tests that send it signals.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pgbench-provider")
	if out, err := exec.Command("go", "build", "-o", path, "pgbench-provider/cmd/pgbench-provider").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// tmpdir is short, because a socket's path is bounded, and open to the user that the server runs as.
func tmpdir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pgbp-cli-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// measuring starts the command and returns when it measures.
func measuring(t *testing.T, path, tmp string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(path, append([]string{"run", "--duration", "60s", "--no-verify", "--out", filepath.Join(t.TempDir(), "r.json")}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "PGBENCH_PROVIDER_PROGRESS=all")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	rest := &bytes.Buffer{}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "round 1 of 1") {
			time.Sleep(300 * time.Millisecond) // into the load
			go func() {
				for lines.Scan() {
					rest.WriteString(lines.Text() + "\n")
				}
			}()
			return cmd, rest
		}
		rest.WriteString(lines.Text() + "\n")
	}
	t.Fatalf("the command never measured: %s", rest)
	return nil, nil
}

// ends wants the command to end by itself. The bound only tells a hang from a slow machine.
func ends(t *testing.T, cmd *exec.Cmd, wantCode int) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != wantCode {
			t.Errorf("ended with %v, want exit code %d", err, wantCode)
		}
	case <-time.After(30 * time.Second):
		t.Error("did not end after the signal")
	}
}

func TestInterruptedRunCleansUp(t *testing.T) {
	t.Parallel()
	path, tmp := program(t), tmpdir(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd, _ := measuring(t, path, tmp)
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		ends(t, cmd, 130)
		if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) != 0 {
			t.Errorf("after %v: left %v", signal, left)
		}
	}
}

func TestInterruptedRunDropsItsSchema(t *testing.T) {
	t.Parallel()
	cmd, _ := measuring(t, program(t), tmpdir(t), "--dsn", pgtest.DSN(t))
	before := schemasOf(t, cmd.Process.Pid)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ends(t, cmd, 130)
	if after := schemasOf(t, cmd.Process.Pid); before != 1 || after != 0 {
		t.Errorf("%d schemas while it ran, %d after; want 1 and 0", before, after)
	}
}

// schemasOf counts the schemas of a process.
func schemasOf(t *testing.T, pid int) (n int) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), pgtest.Server(t).Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	err = conn.QueryRow(t.Context(), `select count(*) from pg_namespace
		where obj_description(oid, 'pg_namespace') like '% by process ' || $1::int || ' on %'`, pid).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Killed without a chance to clean up: the next run does it. Not parallel: Sweep looks where TMPDIR says.
func TestKilledRunIsSwept(t *testing.T) {
	path, tmp := program(t), tmpdir(t)
	cmd, _ := measuring(t, path, tmp)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	left, _ := filepath.Glob(filepath.Join(tmp, "*"))
	if len(left) == 0 {
		t.Fatal("the killed run left nothing: this test proves nothing")
	}
	next := exec.Command(path, "doctor")
	next.Env = append(os.Environ(), "TMPDIR="+tmp)
	if out, err := next.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if left, _ = filepath.Glob(filepath.Join(tmp, "*")); len(left) != 0 {
		t.Errorf("the next run left %v", left)
	}
	t.Setenv("TMPDIR", tmp)
	if removed, err := target.Sweep(t.Context()); err != nil || len(removed) != 0 {
		t.Errorf("there was more to sweep: %v, %v", removed, err)
	}
}
