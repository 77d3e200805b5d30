package pgtest_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/target"
)

// failing makes this binary run TestFails, which does nothing otherwise.
const failing = "PGBENCH_PROVIDER_PGTEST_FAILS"

func TestMain(m *testing.M) { pgtest.Main(m) }

func schemaOf(t *testing.T, config *pgx.ConnConfig) (name string, tables int) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	err = conn.QueryRow(t.Context(), `select coalesce(current_schema(), ''),
		(select count(*) from pg_class where relnamespace = to_regnamespace(quote_ident(current_schema())))`).Scan(&name, &tables)
	if err != nil {
		t.Fatal(err)
	}
	return name, tables
}

func left(t *testing.T) map[string]bool {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), pgtest.Server(t).Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	schemas, err := target.LeftSchemas(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range schemas {
		names[s.Name] = true
	}
	return names
}

func TestSchemaIsFreshAndDropped(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	t.Run("use", func(t *testing.T) {
		for range 2 {
			config := pgtest.NewSchema(t)
			name, tables := schemaOf(t, config)
			if name == "" || seen[name] || tables != 0 {
				t.Fatalf("schema %q with %d tables, after %v; want a new, empty one", name, tables, seen)
			}
			seen[name] = true
			conn, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			if _, err := conn.Exec(t.Context(), "create table full_of (x int)"); err != nil {
				t.Fatal(err)
			}
		}
	})
	after := left(t)
	for name := range seen {
		if after[name] {
			t.Errorf("%s was not dropped", name)
		}
	}
}

func TestFails(t *testing.T) {
	if os.Getenv(failing) == "" {
		return // only the child of the tests below fails
	}
	pgtest.NewSchema(t)
	t.Fatal("as it should")
}

// child runs TestFails in a process of its own, on the server of dsn.
func child(t *testing.T, dsn string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFails$", "-test.v")
	cmd.Env = append(os.Environ(), failing+"=1", "PGBENCH_PROVIDER_TEST_DSN="+dsn)
	out, err := cmd.CombinedOutput()
	if err == nil || strings.Contains(string(out), "SKIP") {
		t.Fatalf("the test did not fail: %s", out)
	}
	return string(out)
}

func TestFailedTestKeepsItsSchema(t *testing.T) {
	t.Parallel()
	out := child(t, pgtest.DSN(t))
	kept := regexp.MustCompile(`schema (\S+) is kept`).FindStringSubmatch(out)
	if kept == nil {
		t.Fatalf("no schema is named: %s", out)
	}
	if !left(t)[kept[1]] {
		t.Errorf("schema %s is gone", kept[1])
	}
}

func TestNoServerFails(t *testing.T) {
	t.Parallel()
	if out := child(t, "postgres://u:pl4nted@127.0.0.1:1/none"); !strings.Contains(out, "no PostgreSQL to test on: 127.0.0.1:1/none cannot be reached") ||
		strings.Contains(out, "pl4nted") {
		t.Errorf("got %s", out)
	}
}
