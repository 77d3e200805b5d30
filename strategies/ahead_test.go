package strategies_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider/providertest"
	"pgbench-provider/strategies"
)

// TestConformanceAhead runs the suite with every enqueue and ack also fetching, on the strategies that hand over and on
// those for which the Provider fetches by itself.
func TestConformanceAhead(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			providertest.RunAhead(t, s, schemaIn(pgx.QueryExecModeCacheStatement))
		})
	}
}
