package target_test

import (
	"testing"

	"pgbench-provider/internal/target"
)

// Every session has limits of its own and says whose it is; what the connection string asks for goes before them, and none
// of it is taken for the server's settings.
func TestLimits(t *testing.T) {
	t.Parallel()
	server, err := target.Open(t.Context(), target.Spec{Getenv: nothing})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close(t.Context())
	want := map[string]string{"statement_timeout": "5min", "lock_timeout": "1min", "idle_in_transaction_session_timeout": "5min", "application_name": "pgbench-provider"}
	config := server.Config()
	for range 2 {
		conn := connect(t, config)
		for name, value := range want {
			var got string
			if err := conn.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&got); err != nil || got != value {
				t.Errorf("%s is %q: %v, want %s", name, got, err, value)
			}
		}
		facts, err := target.ServerFacts(t.Context(), conn)
		if err != nil || facts.Settings["lock_timeout"] != "" {
			t.Errorf("our own limit is taken for the server's: %v, %v", facts.Settings, err)
		}
		config.RuntimeParams["lock_timeout"], want["lock_timeout"] = "7s", "7s"
	}
}
