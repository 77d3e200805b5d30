package target

import (
	"context"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What was committed is there after each way to stop, at the same address.
func TestHaltAndResume(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Spec{Getenv: func(string) string { return "" }, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	address := s.Address()
	execute(t, s, "create table counted (n int)")
	for n, how := range []syscall.Signal{Fast, Immediate, Kill} {
		execute(t, s, "insert into counted values (1)")
		if err := s.Halt(t.Context(), how); err != nil {
			t.Fatalf("%v: %v", how, err)
		}
		if err := s.Resume(t.Context()); err != nil {
			t.Fatalf("%v: %v", how, err)
		}
		conn, err := pgx.ConnectConfig(t.Context(), s.Config())
		if err != nil {
			t.Fatalf("%v: %v", how, err)
		}
		var found int
		err = conn.QueryRow(t.Context(), "select count(*) from counted").Scan(&found)
		_ = conn.Close(t.Context())
		if err != nil || found != n+1 || s.Address() != address {
			t.Fatalf("%v: %d rows of %d, at %s instead of %s, %v", how, found, n+1, s.Address(), address, err)
		}
	}
}

func execute(t *testing.T, s *Server, sql string) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), s.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
