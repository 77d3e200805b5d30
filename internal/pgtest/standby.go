package pgtest

import (
	"errors"
	"fmt"
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

// Standby makes a hot standby of an embedded server, which streams from it, and gives how to connect. The server is stopped for a
// moment. The standby stops at the end of the test.
func Standby(tb testing.TB, primary *target.Server) *pgx.ConnConfig {
	tb.Helper()
	config, as := primary.Config(), other(tb)
	dir, err := os.MkdirTemp("", "standby-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	copyFolder(tb, primary, data)
	signal := filepath.Join(data, "standby.signal")
	if err := errors.Join(os.WriteFile(signal, nil, 0o600), give(as, dir, signal)); err != nil {
		tb.Fatal(err)
	}
	source := fmt.Sprintf("primary_conninfo=host=%s port=%d user=%s password=%s", config.Host, config.Port, config.User, config.Password)
	config.Port = uint16(freePort(tb))
	config.Fallbacks = nil
	server := exec.Command(primary.Program("postgres"), "-D", data, "-p", strconv.Itoa(int(config.Port)), "-c", "unix_socket_directories=", "-c", source)
	server.Dir, server.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
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

// copyFolder copies a server's files while it is down. (pg_basebackup is not among the programs of every installation.)
func copyFolder(tb testing.TB, server *target.Server, to string) {
	tb.Helper()
	if err := server.Halt(tb.Context(), target.Fast); err != nil {
		tb.Fatal(err)
	}
	out, err := exec.Command("cp", "-pR", filepath.Join(filepath.Dir(server.LogPath()), "data"), to).CombinedOutput()
	if err := errors.Join(err, server.Resume(tb.Context())); err != nil {
		tb.Fatalf("copy the server's files: %v: %s", err, out)
	}
}
