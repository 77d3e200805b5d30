package verify_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/target"
	"pgbench-provider/internal/verify"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStrategiesVerify(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	done, found, err := verify.Equivalence(t.Context(), server, strategies.All(), verify.Scripts{Operations: 500, Seed: 1}, nil)
	if err != nil || found != nil || done != 500 {
		t.Errorf("%d operations, difference %v, error %v; want 500 and no other", done, found, err)
	}
	families := map[string]int{}
	err = verify.Conformance(t.Context(), server, strategies.All(), func(v verify.Verdict) {
		families[v.Strategy+" "+v.Family]++
		if v.Failure != "" {
			t.Errorf("%s: %s: %s: %s", v.Strategy, v.Family, v.Rule, v.Failure)
		}
	})
	if err != nil {
		t.Error(err)
	}
	for _, s := range strategies.All() {
		if families[s.Name()+" atomicity"] != 4 || families[s.Name()+" cancellation"] != 16 {
			t.Errorf("families of %s: %v", s.Name(), families)
		}
	}
}

// A routine that forgets the expiry of a lock is found, and the script that shows it is short.
func TestBrokenRoutineIsFound(t *testing.T) {
	t.Parallel()
	spoil := func(ctx context.Context, s provider.Strategy, conn *pgx.Conn) error {
		if s.Name() != "sp" {
			return nil
		}
		var source string
		if err := conn.QueryRow(ctx, "select pg_get_functiondef('ack_work_item'::regproc)").Scan(&source); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, strings.Replace(source, "and w.visible_at > p_now", "", 1))
		return err
	}
	_, found, err := verify.Equivalence(t.Context(), pgtest.Server(t), strategies.All(),
		verify.Scripts{Operations: 20_000, Seed: 1, Spoil: spoil}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if found == nil {
		t.Fatal("the fault was not found")
	}
	if len(found.Script) > 10 || found.Names != [2]string{"model", "sp"} {
		t.Errorf("want at most 10 operations on which sp differs from the model, got\n%v", found)
	}
}

// Nothing is left behind.
func TestSchemasAreDropped(t *testing.T) {
	server, err := target.Open(t.Context(), target.Spec{Getenv: func(string) string { return "" }, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	if _, _, err := verify.Equivalence(t.Context(), server, strategies.All(), verify.Scripts{Operations: 50, Seed: 1}, nil); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.ConnectConfig(t.Context(), server.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	left, err := target.LeftSchemas(t.Context(), conn)
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
