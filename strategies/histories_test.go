package strategies_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/internal/netdelay"
	"pgbench-provider/internal/pgtest"
	"pgbench-provider/migrations"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// last remembers the last operation of a kind.
type last map[string]provider.Observation

func (l last) Observe(o *provider.Observation) { l[o.Operation] = *o }

// process is a provider with a pool of its own, as another process would have it.
func process(t *testing.T, config *pgx.ConnConfig, s provider.Strategy, option func(*provider.Config)) (*provider.Provider, last) {
	t.Helper()
	pc, err := pgxpool.ParseConfig("")
	if err != nil {
		t.Fatal(err)
	}
	pc.ConnConfig, pc.MaxConns = config.Copy(), 2
	pc.ConnConfig.DialFunc = netdelay.Dialer(pc.ConnConfig.DialFunc, netdelay.Options{})
	pool, err := pgxpool.NewWithConfig(t.Context(), pc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	l := last{}
	c := provider.Config{Pool: pool, Strategy: s, Observer: l}
	option(&c)
	p, err := provider.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p, l
}

// keeping is the option to keep so many bytes of histories.
func keeping(cache int) func(*provider.Config) {
	return func(c *provider.Config) { c.HistoryCache = cache }
}

func migrated(t *testing.T, s provider.Strategy) *pgx.ConnConfig {
	t.Helper()
	config := pgtest.NewSchema(t)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := migrations.Apply(t.Context(), conn, s); err != nil {
		t.Fatal(err)
	}
	return config
}

func note(id int64, size int) provider.Event {
	return provider.ExternalEvent{ID: id, Name: "Note", Data: strings.Repeat("x", size)}
}

// runTurn sends instance a message and serves the turn that it makes, with new events after those that are there.
func runTurn(t *testing.T, p *provider.Provider, instance string, ack func(*provider.OrchestrationItem) provider.OrchestrationAck) *provider.OrchestrationItem {
	t.Helper()
	return runTurnWith(t, p, instance, func(item *provider.OrchestrationItem) error {
		return p.AckOrchestrationItem(t.Context(), item.LockToken, ack(item))
	})
}

func runTurnWith(t *testing.T, p *provider.Provider, instance string, ack func(*provider.OrchestrationItem) error) *provider.OrchestrationItem {
	t.Helper()
	start := provider.StartOrchestration{Instance: instance, Orchestration: "Long", ExecutionID: 1}
	if err := p.EnqueueOrchestratorItem(t.Context(), start, 0); err != nil {
		t.Fatal(err)
	}
	item, err := p.FetchOrchestrationItem(t.Context(), time.Minute)
	if err != nil || item.Instance != instance || item.HistoryError != nil {
		t.Fatalf("fetched %+v: %v", item, err)
	}
	if err := ack(item); err != nil {
		t.Fatal(err)
	}
	return item
}

func TestKeptHistoriesAreNotSentAgain(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			p, seen := process(t, migrated(t, s), s, keeping(1<<20))
			const size, each = 200, 100
			for turn := range 4 {
				item := runTurn(t, p, "long", func(item *provider.OrchestrationItem) provider.OrchestrationAck {
					a := provider.OrchestrationAck{ExecutionID: 1, Metadata: provider.ExecutionMetadata{Name: "Long", Version: "1"}}
					for e := range each {
						a.History = append(a.History, note(int64(len(item.History)+e+1), size))
					}
					return a
				})
				if len(item.History) != turn*each {
					t.Fatalf("turn %d got %d events", turn, len(item.History))
				}
				// The first turn finds no instance to own, so the second reads what the first wrote.
				got, whole := seen["fetch_orchestration_item"].Wire.BytesIn, uint64(turn*each*size)
				if kept := got < size*each; kept != (turn != 1) {
					t.Errorf("turn %d: %d bytes came, with a history of %d", turn, got, whole)
				}
			}
		})
	}
}

// Whatever several processes do to an instance, each turn gets the history that the database holds.
func TestKeptHistoriesAreTheTruth(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			config := migrated(t, s)
			var all []*provider.Provider
			for _, cache := range []int{1 << 20, 1 << 20, 900, 0} { // one forgets most of it
				p, _ := process(t, config, s, keeping(cache))
				all = append(all, p)
			}
			r := rand.New(rand.NewPCG(1, 7))
			reader := all[len(all)-1]
			for step := range 150 {
				instance := fmt.Sprint("i", r.IntN(2))
				runTurn(t, all[r.IntN(len(all))], instance, func(item *provider.OrchestrationItem) provider.OrchestrationAck {
					truth, err := reader.ReadExecution(t.Context(), instance, item.ExecutionID)
					if err != nil || len(truth) != len(item.History) || len(truth) > 0 && !reflect.DeepEqual(truth, item.History) {
						t.Fatalf("step %d: execution %d of %s has %v, the turn got %v (%v)", step, item.ExecutionID, instance, truth, item.History, err)
					}
					return someTurn(t, r, all[r.IntN(len(all))], item)
				})
				if r.IntN(20) == 0 {
					if _, err := reader.DeleteInstance(t.Context(), instance, true); err != nil && !errors.Is(err, provider.ErrInstanceNotFound) {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// someTurn adds events, leaves a gap that others fill while the turn runs, begins a new execution, or ends one.
func someTurn(t *testing.T, r *rand.Rand, other *provider.Provider, item *provider.OrchestrationItem) provider.OrchestrationAck {
	t.Helper()
	next := int64(1)
	if n := len(item.History); n > 0 {
		next = item.History[n-1].EventID() + 1
	}
	a := provider.OrchestrationAck{ExecutionID: item.ExecutionID, Metadata: provider.ExecutionMetadata{Name: "Long", Version: "1"}}
	if r.IntN(4) > 0 {
		a.History = append(a.History, note(next+1, 40), note(next+2, 40))
	}
	switch r.IntN(8) {
	case 0, 1:
		if err := other.AppendHistory(t.Context(), item.Instance, item.ExecutionID, []provider.Event{note(next, 40)}); err != nil {
			t.Fatal(err)
		}
	case 2:
		a.ExecutionID, a.History = item.ExecutionID+1, []provider.Event{note(1, 40)}
	case 3:
		a.Metadata.Status = provider.StatusCompleted
	case 4, 5, 6:
		a.Metadata.Name, a.Metadata.Version = "", "" // as in the middle; makes no instance
	}
	return a
}
