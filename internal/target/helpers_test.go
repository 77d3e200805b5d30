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

// startChild runs this binary as a run of its own, as another user when uid is not 0, and gives its server's folder.
func startChild(t *testing.T, tmp string, uid int, env ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), child+"=1", "TMPDIR="+tmp), env...)
	cmd.Stderr = t.Output()
	if uid != 0 {
		cmd.Dir = tmp
		cmd.Path = "/proc/self/exe" // the folder of the binary may be closed to that user
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
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
	dir := strings.TrimSpace(string(line[:n]))
	pid := postmaster(dir)
	t.Cleanup(func() { // before the folder goes: where the kernel tells nothing, and when a test has failed
		if pid != 0 && runs(pid) && !within(func() bool { return postmaster(dir) != pid || syscall.Kill(pid, syscall.SIGQUIT) != nil || !runs(pid) }) {
			t.Errorf("the server in %s does not stop", dir)
		}
	})
	return cmd, dir
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

// within waits for done, which another process brings about, and says whether it came.
func within(done func() bool) bool {
	for range 200 {
		if done() {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// tmpdir is a short folder open to all; a socket's path is bounded.
func tmpdir(t *testing.T) string {
	t.Helper()
	tmp, err := os.MkdirTemp("/tmp", "pgbp-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	if err := os.Chmod(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	return tmp
}

// open starts a private server that is closed at the end of the test.
func open(t *testing.T) *target.Server {
	t.Helper()
	server, err := target.Open(t.Context(), target.Spec{Getenv: nothing, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server
}

func connect(t *testing.T, config *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
