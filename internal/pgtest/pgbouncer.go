package pgtest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgbench-provider/internal/pooler"
)

// PgBouncer starts a PgBouncer in front of the tests' server and gives its connection string. It stops at the end of the
// test. A machine without PgBouncer fails the test: nothing is skipped.
func PgBouncer(tb testing.TB, mode pooler.Mode) string {
	tb.Helper()
	program := find(tb)
	c := Server(tb).Config()
	dir, err := os.MkdirTemp("", "pgbouncer-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	for range 5 { // between looking and binding somebody else may take the port
		port := freePort(tb)
		write(tb, dir, "users.txt", fmt.Sprintf("%q %q\n", c.User, c.Password))
		write(tb, dir, "pgbouncer.ini", strings.Join([]string{
			"[databases]", fmt.Sprintf("* = host=%s port=%d", c.Host, c.Port),
			"[pgbouncer]", "listen_addr = 127.0.0.1", "listen_port = " + strconv.Itoa(port), "unix_socket_dir =",
			"auth_type = scram-sha-256", "auth_file = " + filepath.Join(dir, "users.txt"),
			"pool_mode = " + string(mode), "default_pool_size = 60", "max_client_conn = 400", "logfile = " + filepath.Join(dir, "log"), "",
		}, "\n"))
		if start(tb, program, dir, port) {
			u := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
				Path: "/" + c.Database, RawQuery: "sslmode=disable"}
			return u.String()
		}
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	tb.Fatalf("PgBouncer does not start: %s", log)
	return ""
}

// find also looks where Debian puts it, which is not on every user's PATH.
func find(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	tb.Fatal("no PgBouncer on this machine: install it (Debian: apt-get install pgbouncer; macOS: brew install pgbouncer)")
	return ""
}

func write(tb testing.TB, dir, name, text string) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start says whether the pooler listens. It refuses to run as root, so root hands it to another user.
func start(tb testing.TB, program, dir string, port int) bool {
	tb.Helper()
	cmd := exec.Command(program, "-q", filepath.Join(dir, "pgbouncer.ini"))
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: other(tb)}
		give(tb, dir, cmd.SysProcAttr.Credential)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	stop := func() { _ = cmd.Process.Kill(); <-ended }
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = conn.Close()
			tb.Cleanup(stop)
			return true
		}
		select {
		case <-ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	return false
}

func other(tb testing.TB) *syscall.Credential {
	tb.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	tb.Fatal("there is neither a user postgres nor nobody for PgBouncer to run as")
	return nil
}

func give(tb testing.TB, dir string, c *syscall.Credential) {
	tb.Helper()
	for _, path := range []string{dir, filepath.Join(dir, "users.txt"), filepath.Join(dir, "pgbouncer.ini")} {
		if err := os.Chown(path, int(c.Uid), int(c.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
}
