package pgtest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
)

// Standby makes a hot standby of an embedded server, which streams from it, and gives how to connect. It stops at the end of
// the test.
func Standby(tb testing.TB, primary *target.Server) *pgx.ConnConfig {
	tb.Helper()
	config, as := primary.Config(), other(tb)
	dir, err := os.MkdirTemp("", "standby-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := give(as, dir); err != nil {
		tb.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	program := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(primary.Program(name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
		return cmd
	}
	backup := program("pg_basebackup", "--pgdata", data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
		"--host", config.Host, "--port", strconv.Itoa(int(config.Port)), "--username", config.User, "--no-password")
	backup.Env = append(os.Environ(), "PGPASSWORD="+config.Password)
	if out, err := backup.CombinedOutput(); err != nil {
		tb.Fatalf("pg_basebackup: %v: %s", err, out)
	}
	config.Port = uint16(freePort(tb))
	config.Fallbacks = nil
	server := program("postgres", "-D", data, "-p", strconv.Itoa(int(config.Port)), "-c", "unix_socket_directories=")
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = server.Wait(); close(ended) }()
	tb.Cleanup(func() { _ = server.Process.Signal(target.Immediate); <-ended })
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if conn, err := pgx.ConnectConfig(tb.Context(), config); err == nil {
			_ = conn.Close(tb.Context())
			return config
		}
		select {
		case <-ended:
			tb.Fatalf("the standby does not start: %s", log.String())
		default:
		}
	}
	tb.Fatalf("the standby at %s does not answer in time", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))))
	return nil
}
