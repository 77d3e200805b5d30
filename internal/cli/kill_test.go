package cli_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/target"
)

var kills = flag.Int("kills", 3, "how often TestKilledRuns kills a run")

// A run that is killed at any moment leaves nothing that the next does not remove, and that one touches neither the schemas
// of a run that works beside it nor one of somebody else's.
func TestKilledRuns(t *testing.T) {
	t.Parallel()
	path, tmp := program(t), tmpdir(t)
	dsn, conn := ownDatabase(t, "killed")
	if _, err := conn.Exec(t.Context(), "create schema pgbp_of_another create table kept (n int)"); err != nil {
		t.Fatal(err)
	}
	beside, _ := measuring(t, path, tmp, "--duration", "1h", "--dsn", dsn)
	living := marked(t, conn)
	if len(living) != 1 {
		t.Fatalf("a run has %d schemas", len(living))
	}
	left := 0
	for range *kills {
		// Verified first, which makes schemas too. Its moments are spread over preparation and load.
		victim := exec.Command(path, "compare", "--strategies", "inline,sp", "--rounds", "50", "--round", "100ms", "--dsn", dsn, "--out", filepath.Join(t.TempDir(), "r.json"))
		victim.Env = append(os.Environ(), "TMPDIR="+tmp)
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(4 * time.Second))))
		_ = victim.Process.Kill()
		_ = victim.Wait()
		if len(marked(t, conn)) > 1 {
			left++
		}
		alone(t, conn)
		next := exec.Command(path, "run", "--orchestrations", "1", "--in-flight", "1", "--no-verify", "--dsn", dsn, "--out", filepath.Join(t.TempDir(), "r.json"))
		next.Env = append(os.Environ(), "TMPDIR="+tmp)
		if out, err := next.CombinedOutput(); err != nil {
			t.Fatalf("the next run: %v: %s", err, out)
		}
		if now := marked(t, conn); !slices.Equal(now, living) {
			t.Fatalf("schemas %v after the next run, want those of the run beside it: %v", now, living)
		}
		if _, err := conn.Exec(t.Context(), "select from pgbp_of_another.kept"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d runs killed, of which %d left schemas", *kills, left)
	if err := beside.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("the run beside has ended: %v", err)
	}
	ends(t, beside, 130)
	if now := marked(t, conn); len(now) > 0 {
		t.Errorf("left: %v", now)
	}
}

// ownDatabase makes a database, in which no other test has schemas, and gives how to reach it.
func ownDatabase(t *testing.T, name string) (dsn string, conn *pgx.Conn) {
	t.Helper()
	admin, err := pgx.ConnectConfig(t.Context(), pgtest.Server(t).Config())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	if _, err := admin.Exec(t.Context(), "create database "+name); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(pgtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	if conn, err = pgx.Connect(t.Context(), u.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return u.String(), conn
}

func marked(t *testing.T, conn *pgx.Conn) (names []string) {
	t.Helper()
	all, err := target.LeftSchemas(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		names = append(names, s.Name)
	}
	return names
}

// alone waits until the server has noticed that a killed client is gone: its sessions end when they next read or write.
func alone(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var holders int
		err := conn.QueryRow(t.Context(), `select count(distinct pid) from pg_locks where locktype = 'advisory'
			and database = (select oid from pg_database where datname = current_database())`).Scan(&holders)
		if err != nil {
			t.Fatal(err)
		}
		if holders <= 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions hold schemas long after the kill", holders)
		}
	}
}
