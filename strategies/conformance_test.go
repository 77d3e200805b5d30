package strategies_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/provider"
	"pgbench-provider/provider/providertest"
	"pgbench-provider/strategies"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The modes differ in how arguments and results are encoded, and in what the server may have cached.
var modes = []struct {
	name string
	mode pgx.QueryExecMode
}{
	{"cache_statement", pgx.QueryExecModeCacheStatement},
	{"simple_protocol", pgx.QueryExecModeSimpleProtocol},
	{"exec", pgx.QueryExecModeExec},
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			for _, m := range modes {
				t.Run(m.name, func(t *testing.T) {
					t.Parallel()
					providertest.Run(t, s, schemaIn(m.mode))
				})
			}
		})
	}
}

// TestConformanceWithOptions keeps the same rules with a provider that keeps histories and reads only what is newer, and with
// one whose fetches begin as late in a queue as they may.
func TestConformanceWithOptions(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]func(*provider.Config){
		"history_cache": func(c *provider.Config) { c.HistoryCache = 1 << 20 },
		"look_back":     func(c *provider.Config) { c.LookBack = time.Millisecond },
	} {
		for _, s := range strategies.All() {
			t.Run(name+"/"+s.Name(), func(t *testing.T) {
				t.Parallel()
				providertest.Run(t, s, pgtest.NewSchema, option)
			})
		}
	}
}

func schemaIn(mode pgx.QueryExecMode) providertest.Schema {
	return func(tb testing.TB) *pgx.ConnConfig {
		config := pgtest.NewSchema(tb)
		config.DefaultQueryExecMode = mode
		return config
	}
}

// idleStatements says what a fetch that finds nothing costs; a strategy that is not listed is only bound by the suite.
var idleStatements = map[string]int64{
	"inline": 3, // begin, select, rollback
	"sp":     1,
}

func TestIdlePollStatements(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		want, ok := idleStatements[s.Name()]
		if !ok {
			continue
		}
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			h, err := providertest.Open(t.Context(), pgtest.NewSchema(t), s)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(h.Close)
			turn, work, err := h.IdlePollStatements(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if turn != want || work != want {
				t.Errorf("an idle poll takes %d statements for a turn and %d for work, want %d", turn, work, want)
			}
		})
	}
}

// TestStress is the crowd for longer than the suite has time for in every mode.
func TestStress(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			h, err := providertest.Open(t.Context(), pgtest.NewSchema(t), s)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(h.Close)
			providertest.Stress(t, h, 400)
		})
	}
}
