package runtime_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/pgtest"
	"pgbench-provider/internal/runtime"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// A database that was tampered with ends what it spoils, once, and nothing else.
func TestCorruptDatabase(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			survives(t, s)
		})
	}
}

// spoil is what is done to instances that wait for an event.
var spoil = map[string]string{
	"event":     "update history set event_data = 'no json' where instance_id = $1 and event_id = 2",
	"first":     "delete from history where instance_id = $1 and event_id = 1",
	"number":    "update history set event_id = 3 where instance_id = $1 and event_id = 2",
	"last":      `update history set event_data = '{"ExternalSubscribed":{"event_id":9223372036854775807,"name":"E"}}' where instance_id = $1 and event_id = 2`,
	"nul":       `update history set event_data = '{"OrchestrationStarted":{"event_id":1,"name":"W\u0000"}}' where instance_id = $1 and event_id = 1`,
	"execution": "update instances set current_execution_id = -1 where instance_id = $1",
}

// spoiled is what is put into the worker queue.
var spoiled = []string{"no json", `{"ExternalRaised":{"instance":"a"}}`, `{"ActivityExecute":{}}`, `{"ActivityExecute":{"instance":"a\u0000","name":"Echo"}}`}

func survives(t *testing.T, s provider.Strategy) {
	config := pgtest.NewSchema(t)
	p := openIn(t, s, config)
	db, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	r := runtime.NewRegistry()
	r.Orchestration("Wait", func(c *runtime.Context, _ string) (string, error) { return c.WaitEvent("E").Await() })
	r.Orchestration("Work", func(c *runtime.Context, in string) (string, error) { return c.Activity("Echo", in).Await() })
	r.Activity("Echo", func(_ context.Context, in string) (string, error) { return in, nil })
	var mu sync.Mutex
	var reported []error
	b := run(t, p, r, func(c *runtime.Config) {
		c.MaxAttempts = 1
		c.OnError = func(err error) {
			mu.Lock()
			defer mu.Unlock()
			reported = append(reported, err)
		}
	})
	for instance, statement := range spoil {
		b.start(instance, "Wait", "")
		b.subscribed(instance, "E")
		exec(statement, instance)
		b.raise(instance, "E", "x")
	}
	for _, item := range spoiled {
		exec("insert into worker_queue (work_item, visible_at, enqueued_at) values ($1, 0, 0)", item)
	}
	for instance := range spoil {
		if r := b.await(instance); r.Status != provider.StatusFailed {
			t.Errorf("%s ended %s with %q", instance, r.Status, r.Output)
		}
	}
	b.until("rows are gone", func() (gone bool) {
		err := db.QueryRow(t.Context(), "select not exists (select from worker_queue) and not exists (select from orchestrator_queue)").Scan(&gone)
		return err == nil && gone
	})
	b.start("sound", "Work", "still here")
	b.completes("sound", "still here")

	mu.Lock()
	defer mu.Unlock()
	deleted := 0
	for _, err := range reported {
		if errors.Is(err, provider.ErrCorrupt) && strings.Contains(err.Error(), "work item deleted after 2 attempts") {
			deleted++
		}
	}
	if deleted != len(spoiled) || len(reported) > 4*(len(spoil)+len(spoiled)) {
		t.Errorf("%d work items were reported as deleted, want %d, in %d reports: %v", deleted, len(spoiled), len(reported), reported)
	}
}
