package pgtest

import (
	"errors"
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

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pooler"
)

// PgBouncer starts a PgBouncer in front of the tests' server and gives its connection string. It stops at the end of the
// test. A machine without PgBouncer fails the test: nothing is skipped.
func PgBouncer(tb testing.TB, mode pooler.Mode) string {
	tb.Helper()
	return StartPooler(tb, mode, Server(tb).Config()).DSN
}

// A Pooler is a PgBouncer that a test may stop and start again.
type Pooler struct {
	DSN          string
	program, dir string
	as           *syscall.Credential // nil is the current user
	port         int
	stop         func()
}

// StartPooler starts a PgBouncer in front of the server that config names. It stops at the end of the test.
func StartPooler(tb testing.TB, mode pooler.Mode, config *pgx.ConnConfig) *Pooler {
	tb.Helper()
	p := &Pooler{program: find(tb), as: other(tb)}
	var err error
	if p.dir, err = os.MkdirTemp("", "pgbouncer-"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.Stop(); _ = os.RemoveAll(p.dir) })
	for range 5 { // between looking and binding somebody else may take the port
		p.port = freePort(tb)
		write(tb, p.dir, "users.txt", fmt.Sprintf("%q %q\n", config.User, config.Password))
		write(tb, p.dir, "pgbouncer.ini", strings.Join([]string{
			"[databases]", fmt.Sprintf("* = host=%s port=%d", config.Host, config.Port),
			"[pgbouncer]", "listen_addr = 127.0.0.1", "listen_port = " + strconv.Itoa(p.port), "unix_socket_dir =",
			"auth_type = scram-sha-256", "auth_file = " + filepath.Join(p.dir, "users.txt"),
			"pool_mode = " + string(mode), "default_pool_size = 60", "max_client_conn = 400", "server_login_retry = 1", "logfile = " + filepath.Join(p.dir, "log"), "",
		}, "\n"))
		if p.start(tb) {
			u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)),
				Path: "/" + config.Database, RawQuery: "sslmode=disable"}
			p.DSN = u.String()
			return p
		}
	}
	log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	tb.Fatalf("PgBouncer does not start: %s", log)
	return nil
}

// Stop kills the pooler: its clients' connections end.
func (p *Pooler) Stop() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// Start starts a stopped pooler again, on the same port. It may be called from any goroutine.
func (p *Pooler) Start(tb testing.TB) {
	tb.Helper()
	if !p.start(tb) {
		tb.Errorf("PgBouncer does not start again")
	}
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

// start says whether the pooler listens.
func (p *Pooler) start(tb testing.TB) bool {
	tb.Helper()
	cmd := exec.Command(p.program, "-q", filepath.Join(p.dir, "pgbouncer.ini"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	if err := errors.Join(give(p.as, p.dir, filepath.Join(p.dir, "users.txt"), filepath.Join(p.dir, "pgbouncer.ini")), cmd.Start()); err != nil {
		tb.Error(err)
		return false
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	stop := func() { _ = cmd.Process.Kill(); <-ended }
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port))); err == nil {
			_ = conn.Close()
			p.stop = stop
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

// other is the user that root hands a server to, which refuses to run as root; nil is the current user.
func other(tb testing.TB) *syscall.Credential {
	tb.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	tb.Fatal("there is neither a user postgres nor nobody for a server to run as")
	return nil
}

func give(to *syscall.Credential, paths ...string) (err error) {
	for _, path := range paths {
		if to != nil {
			err = errors.Join(err, os.Chown(path, int(to.Uid), int(to.Gid)))
		}
	}
	return err
}
