package strategies_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/provider/providertest"
	"pgbench-provider/strategies"
)

// TestDataInOtherModes runs the rules about text, in which modes differ most, in those modes that the whole suite is too
// long for.
func TestDataInOtherModes(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		for name, mode := range map[string]pgx.QueryExecMode{"cache_describe": pgx.QueryExecModeCacheDescribe, "describe_exec": pgx.QueryExecModeDescribeExec} {
			t.Run(s.Name()+"/"+name, func(t *testing.T) {
				t.Parallel()
				config := pgtest.NewSchema(t)
				config.DefaultQueryExecMode = mode
				h, err := providertest.Open(t.Context(), config, s)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(h.Close)
				checked := 0
				for _, r := range providertest.Rules() {
					if !about(r.Name) {
						continue
					}
					checked++
					if err := h.Reset(t.Context()); err != nil {
						t.Fatal(err)
					}
					t.Run(r.Name, func(t *testing.T) { r.Check(t, h) })
				}
				if checked < 8 {
					t.Errorf("only %d rules are about text", checked)
				}
			})
		}
	}
}

func about(rule string) bool {
	for _, word := range []string{"hostile", "payload", "corrupt", "cannot_be_stored"} {
		if strings.Contains(rule, word) {
			return true
		}
	}
	return false
}
