package chaos

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// planted are rows that must not be, and a part of what is said of them. $1 is an instance that ended after activities.
var planted = []struct{ what, sql, says string }{
	{"ended twice", `insert into history (instance_id, execution_id, event_id, event_data, created_at) select instance_id, execution_id, event_id + 1,
		replace(event_data, '"event_id":' || event_id, '"event_id":' || event_id + 1), created_at
		from history where instance_id = $1 order by event_id desc limit 1`, "is OrchestrationCompleted"},
	{"a gap", "delete from history where instance_id = $1 and event_id = 2", "event 2 has the id 3"},
	{"no end", "delete from history where instance_id = $1 and event_data like '{_OrchestrationCompleted_%'", "is ActivityCompleted"},
	{"no event", "delete from history where instance_id = $1", "no event"},
	{"another id inside", `update history set event_data = replace(event_data, '"event_id":2', '"event_id":9')
		where instance_id = $1 and event_id = 2`, "and 9 inside"},
	{"answered twice", `update history set event_data = regexp_replace(event_data, '"source_event_id":\d+', '"source_event_id":2')
		where instance_id = $1`, "event 2 was answered 5 times"},
	{"nothing was asked", `update history set event_data = regexp_replace(event_data, '"source_event_id":\d+', '"source_event_id":1')
		where instance_id = $1`, "an answer to event 1, which asks for nothing"},
	{"a wrong output", "update executions set output = 'x' where instance_id = $1", `output "x"`},
	{"still running", "update executions set status = 'Running' where instance_id = $1", "status Running"},
	{"no execution", "delete from executions where instance_id = $1", "status "},
	{"no instance", "delete from instances where instance_id = $1", "there is no instance"},
	{"a second execution", "update instances set current_execution_id = 2 where instance_id = $1", "its current execution is 2, not 1"},
	{"a stray execution", "insert into executions (instance_id, execution_id, status, output, started_at) select 'stray', 1, status, output, 0 from executions where instance_id = $1", "stray/1 has rows"},
	{"a stray history", "insert into history (instance_id, execution_id, event_id, event_data, created_at) select 'stray', 1, 1, event_data, 0 from history where instance_id = $1 and event_id = 1",
		"stray/1 has rows"},
	{"a stray instance", "insert into instances (instance_id, orchestration_name, current_execution_id, created_at, updated_at) select 'stray', '', 1, 0, 0 from instances where instance_id = $1", "stray is there"},
	{"what cannot be decoded", "update history set event_data = '{' where instance_id = $1 and event_id = 1", "cannot be decoded"},
	{"a message", "insert into orchestrator_queue (instance_id, work_item, visible_at) values ($1, '{}', 0)", "1 rows in orchestrator_queue"},
	{"work", "insert into worker_queue (instance_id, work_item, visible_at, enqueued_at) values ($1, '{}', 0, 0)", "1 in worker_queue"},
	{"a lock", "insert into instance_locks (instance_id, visible_at, head_id) values ($1, 0, 0)", "1 in instance_locks"},
}

func TestCheckerFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	w, conn, victim := finished(t)
	if got := looks(t, w, conn); len(got) > 0 {
		t.Fatalf("a sound database is said to be broken: %q", got)
	}
	for _, p := range planted {
		execute(t, conn, "begin")
		if tag, err := conn.Exec(t.Context(), p.sql, victim); err != nil || tag.RowsAffected() == 0 {
			t.Fatalf("%s: %v, %v", p.what, tag, err)
		}
		finds(t, w, conn, p.what, p.says)
		execute(t, conn, "rollback")
	}
	input := key(victim, 1, fan[0])
	delete(w.load.executed, input)
	finds(t, w, conn, "never executed", input+" was never executed")
	if all := w.stored(t.Context(), victim); !strings.HasPrefix(all, "executions [1 Completed], events [OrchestrationStarted, ActivityScheduled,") ||
		!strings.HasSuffix(all, ", OrchestrationCompleted], messages [], activities [], lock []") {
		t.Errorf("what is stored of %s: %s", victim, all)
	}
	w.load.executed[input], w.load.executed["stray"] = 1, 1
	finds(t, w, conn, "executed unasked", "stray was executed, and nobody asked")
	delete(w.load.executed, "stray")
	execute(t, conn, "begin")
	w.started[0].deleted = true
	finds(t, w, conn, "a deleted one came back", w.started[0].id+" is there")
	w.started[0].deleted = false
	w.record.problem("permanent")
	if got := w.finish().Violations; len(got) != 1 || !strings.Contains(got[0], "permanent") {
		t.Errorf("an error that is for good: %q", got)
	}
}

// What a strategy can do it can do under chaos.
func TestForgetfulStrategiesHandOver(t *testing.T) {
	t.Parallel()
	w := &world{}
	for _, s := range strategies.All() {
		_, before := s.(provider.EagerStrategy)
		if _, after := w.forget(s).(provider.EagerStrategy); after != before {
			t.Errorf("%s hands over: %v, and under chaos: %v", s.Name(), before, after)
		}
	}
}

// finished is a world without faults some of whose instances of each kind have ended, and one that ran the fan of activities.
func finished(t *testing.T) (w *world, conn *pgx.Conn, victim string) {
	t.Helper()
	w = opened(t, Config{Seed: 4, Strategy: "sp"})
	conn, err := w.admin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	var group sync.WaitGroup
	for n, k := range kinds {
		group.Go(func() {
			r := w.rand(uint64(n))
			for i := range 2 {
				w.one(t.Context(), r, w.processes[n%processCount], &instance{id: fmt.Sprint(k.name, i), kind: k})
			}
		})
	}
	group.Wait()
	w.empties(t.Context(), conn, drainTime)
	w.stop(t.Context())
	for _, i := range w.started {
		if i.kind.name == "FanOut" && !i.deleted {
			victim = i.id
		}
	}
	if victim == "" || w.started[0].deleted {
		t.Fatal("the instances that the test needs were deleted: take another seed")
	}
	return w, conn, victim
}

func opened(t *testing.T, c Config) *world {
	t.Helper()
	c.Log, c.Dispatcher = func(line string) { t.Log(line) }, []string{os.Args[0], "dispatch"}
	w, err := open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// finds demands that one violation at least says so.
func finds(t *testing.T, w *world, conn *pgx.Conn, what, says string) {
	t.Helper()
	got := looks(t, w, conn)
	for _, v := range got {
		if strings.Contains(v, says) {
			return
		}
	}
	t.Errorf("%s: %q is not among the violations: %q", what, says, got)
}

func looks(t *testing.T, w *world, conn *pgx.Conn) []string {
	t.Helper()
	w.empties(t.Context(), conn, 0)
	if err := w.compare(t.Context(), conn); err != nil {
		w.violate("%v", err)
	}
	all := w.result.Violations
	w.result.Violations = nil
	return all
}

func execute(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestSpreadOfRecoveries(t *testing.T) {
	t.Parallel()
	r := Result{Recoveries: map[string][]time.Duration{"kill": {3, 1}, "stop-fast": {9, 2}, "cut": {100}}}
	if median, most := spread(r.restarts()); median != 2 || most != 9 || r.Slowest() != 9 {
		t.Errorf("median %d, most %d", median, most)
	}
	more := Result{Recoveries: map[string][]time.Duration{"kill": {2e9}}}
	if got, want := waits([]*Result{&r, &more}), "cut 0s 0s, kill 0s 2s, stop-fast 0s 0s"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}
