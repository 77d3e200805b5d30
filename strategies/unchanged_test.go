package strategies_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// A turn in the middle of an orchestration writes its instance's row only where there is something to change.
func TestMiddleTurnLeavesTheInstanceAlone(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			config := migrated(t, s)
			conn, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			p, _ := process(t, config, s, keeping(0))
			keeper, _ := process(t, config, s, keeping(1<<20))
			version := func() (v string) {
				t.Helper()
				if err := conn.QueryRow(t.Context(), "select ctid::text || xmin from instances where instance_id = 'a'").Scan(&v); err != nil {
					t.Fatal(err)
				}
				return v
			}
			type ackFunc func(p *provider.Provider, token provider.LockToken, a provider.OrchestrationAck) error
			single := func(p *provider.Provider, token provider.LockToken, a provider.OrchestrationAck) error {
				return p.AckOrchestrationItem(t.Context(), token, a)
			}
			several := func(p *provider.Provider, token provider.LockToken, a provider.OrchestrationAck) error {
				return p.AckOrchestrationItems(t.Context(), []provider.OrchestrationItemAck{{LockToken: token, OrchestrationAck: a}})
			}
			fetching := func(p *provider.Provider, token provider.LockToken, a provider.OrchestrationAck) error {
				_, err := p.AckOrchestrationItemAndFetch(t.Context(), token, a, provider.Room{Turn: time.Minute})
				return err
			}
			id := int64(0)
			event := func() []provider.Event { id++; return []provider.Event{note(id, 10)} }
			turn := func(p *provider.Provider, ack ackFunc, a provider.OrchestrationAck) {
				t.Helper()
				runTurnWith(t, p, "a", func(item *provider.OrchestrationItem) error { return ack(p, item.LockToken, a) })
			}
			named := provider.OrchestrationAck{ExecutionID: 1, History: event(), Metadata: provider.ExecutionMetadata{Name: "O", Version: "1"}}
			turn(p, single, named)
			for _, c := range []struct {
				what   string
				p      *provider.Provider
				ack    ackFunc
				a      provider.OrchestrationAck
				writes bool
			}{
				{"an ack", p, single, provider.OrchestrationAck{ExecutionID: 1, History: event()}, false},
				{"an ack of several", p, several, provider.OrchestrationAck{ExecutionID: 1, History: event()}, false},
				{"an ack that fetches", p, fetching, provider.OrchestrationAck{ExecutionID: 1, History: event()}, false},
				{"an ack without events", p, single, provider.OrchestrationAck{ExecutionID: 1}, true},
				{"an ack of several without events", p, several, provider.OrchestrationAck{ExecutionID: 1}, true},
				{"a process that keeps histories", keeper, single, provider.OrchestrationAck{ExecutionID: 1, History: event()}, true},
				{"one that keeps none after it", p, several, provider.OrchestrationAck{ExecutionID: 1, History: event()}, true},
				{"another after that", p, single, provider.OrchestrationAck{ExecutionID: 1, History: event()}, false},
				{"a new execution", p, single, provider.OrchestrationAck{ExecutionID: 2, History: event()}, true},
				{"an ack of it", p, several, provider.OrchestrationAck{ExecutionID: 2, History: event()}, false},
			} {
				before := version()
				turn(c.p, c.ack, c.a)
				if wrote := version() != before; wrote != c.writes {
					t.Errorf("%s wrote the instance's row: %t, want %t", c.what, wrote, c.writes)
				}
			}
			events, err := p.ReadExecution(t.Context(), "a", 1)
			if err != nil || len(events) != 7 {
				t.Errorf("%d events, %v", len(events), err)
			}
		})
	}
}
