// Package pgtest gives each test a fresh schema on a real PostgreSQL: the one that PGBENCH_PROVIDER_TEST_DSN names, or a
// private cluster that the test binary starts when it is first needed and stops at its end. It is for tests only.
package pgtest

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
)

var (
	once   sync.Once
	server *target.Server
	failed error
)

// Main runs the tests of a package and stops what they started: func TestMain(m *testing.M) { pgtest.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = 1
	}
	os.Exit(code)
}

// Stop stops what the tests started, for a TestMain of its own.
func Stop() error {
	if server == nil {
		return nil
	}
	return server.Close(context.Background())
}

// Server is the PostgreSQL of this test binary. A machine without one fails the test: nothing is skipped.
func Server(tb testing.TB) *target.Server {
	tb.Helper()
	once.Do(func() {
		server, failed = target.Open(context.Background(), target.Spec{
			DSN: os.Getenv("PGBENCH_PROVIDER_TEST_DSN"),
			// Only that variable names a database: a developer's own is nothing to test on.
			Getenv: func(string) string { return "" },
			// What is lost in a crash of a test's server is no loss.
			Settings: map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
				"max_connections": "300", "deadlock_timeout": "200ms"},
		})
	})
	if failed != nil {
		tb.Fatalf("no PostgreSQL to test on: %v", failed)
	}
	return server
}

// NewSchema gives a configuration whose search_path is a fresh, empty schema. The schema is dropped when the test has
// passed, and kept, its name logged, when it has failed.
func NewSchema(tb testing.TB) *pgx.ConnConfig {
	tb.Helper()
	config := Server(tb).Config()
	admin := connect(tb, config)
	defer admin.Close(context.Background())
	name, err := target.CreateSchema(context.Background(), admin, "pgbp_test")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("schema %s is kept on %s", name, Server(tb).Describe())
			return
		}
		drop(tb, config, name)
	})
	c := config.Copy()
	c.RuntimeParams["search_path"] = pgx.Identifier{name}.Sanitize()
	return c
}

func connect(tb testing.TB, config *pgx.ConnConfig) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		tb.Fatal(err)
	}
	return conn
}

// drop tries again for a while: a test's last connections may still be closing, and hold locks. A test that left a
// transaction open fails, and does not hang.
func drop(tb testing.TB, config *pgx.ConnConfig, name string) {
	tb.Helper()
	config = config.Copy()
	config.RuntimeParams["lock_timeout"] = "2s"
	admin := connect(tb, config)
	defer admin.Close(context.Background())
	var err error
	for range 5 {
		if err = target.DropSchema(context.Background(), admin, name); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	tb.Errorf("drop schema %s: %v", name, err)
}

// DSN is the test server's connection string, with its password: for programs that a test runs.
func DSN(tb testing.TB) string {
	tb.Helper()
	c := Server(tb).Config()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Host: net.JoinHostPort(c.Host, fmt.Sprint(c.Port)),
		Path: "/" + c.Database, RawQuery: "sslmode=disable"}
	return u.String()
}
