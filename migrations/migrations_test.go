package migrations_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// A schema made before 0002 has a column that no ack fills any more.
func TestOldSchemaLosesEventType(t *testing.T) {
	t.Parallel()
	conn, err := pgx.ConnectConfig(t.Context(), pgtest.NewSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	apply := func() {
		t.Helper()
		if err := migrations.Apply(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	insert := func() error {
		_, err := conn.Exec(t.Context(), `insert into history (instance_id, execution_id, event_id, event_data, created_at) values ('a', 1, 1, '{}', 0)`)
		return err
	}
	apply()
	if _, err := conn.Exec(t.Context(), `delete from pgbench_provider_migrations where version = 2`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `alter table history add column event_type text not null`); err != nil {
		t.Fatal(err)
	}
	if insert() == nil {
		t.Fatal("the old table takes events without a type")
	}
	apply()
	if err := insert(); err != nil {
		t.Error(err)
	}
}
