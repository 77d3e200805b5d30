package chaos

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// stored is what the database has of an execution.
type stored struct {
	status, output string
	ids            []int64
	events         []provider.Event
}

// check looks at the database when all clients have seen the end of what they started, and has the processes stopped.
func (w *world) check(ctx context.Context, drained context.Context) {
	w.result.Instances = len(w.started)
	if drained.Err() != nil {
		w.violate("the load did not drain")
		return
	}
	conn, err := w.admin(ctx)
	if err != nil {
		w.violate("the database cannot be read after the run: %v", err)
		return
	}
	defer conn.Close(ctx)
	w.empties(ctx, conn, drainTime)
	stop, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	w.stop(stop)
	w.empties(ctx, conn, 0)
	if err := w.compare(ctx, conn); err != nil {
		w.violate("the database cannot be read after the run: %v", err)
	}
}

// leftSQL counts what is there only while something is to be done.
const leftSQL = `select (select count(*) from orchestrator_queue), (select count(*) from worker_queue), (select count(*) from instance_locks)`

// empties waits until nothing is left to be done, and looks once at least.
func (w *world) empties(ctx context.Context, conn *pgx.Conn, patience time.Duration) {
	var messages, works, locks int
	for end := time.Now().Add(patience); ; pause(ctx, 20*time.Millisecond) {
		err := conn.QueryRow(ctx, leftSQL).Scan(&messages, &works, &locks)
		if err == nil && messages+works+locks == 0 {
			return
		}
		if err != nil || time.Now().After(end) || ctx.Err() != nil {
			w.violate("left behind: %d rows in orchestrator_queue, %d in worker_queue, %d in instance_locks (%v)", messages, works, locks, err)
			return
		}
	}
}

// storedSQL tells in a line what there is of an instance.
const storedSQL = `select format('executions [%s], events [%s], messages [%s], activities [%s], lock [%s]',
	(select string_agg(format('%s %s', execution_id, status), ', ' order by execution_id) from executions where instance_id = $1),
	(select string_agg(split_part(event_data, '"', 2), ', ' order by execution_id, event_id) from history where instance_id = $1),
	(select string_agg(format('%s at %s', left(work_item, 40), visible_at), ', ' order by id) from orchestrator_queue where instance_id = $1),
	(select string_agg(format('%s at %s, attempt %s', activity_id, visible_at, attempt_count), ', ' order by id) from worker_queue where instance_id = $1),
	(select format('%s at %s, attempt %s', lock_token, visible_at, attempt_count) from instance_locks where instance_id = $1))`

func (w *world) stored(ctx context.Context, instance string) (all string) {
	conn, err := w.admin(ctx)
	if err != nil {
		return err.Error()
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, storedSQL, instance).Scan(&all); err != nil {
		return err.Error()
	}
	return all
}

// compare holds what is stored and what was executed against what was started.
func (w *world) compare(ctx context.Context, conn *pgx.Conn) error {
	all, err := read(ctx, conn)
	if err != nil {
		return err
	}
	var current map[string]int64
	if current, err = readCurrent(ctx, conn); err != nil {
		return err
	}
	executed := w.load.executions()
	for _, i := range w.started {
		if i.deleted {
			w.result.Deleted++
		} else {
			w.wants(all, current, i.id, i.kind)
		}
		w.ran(executed, i.kind.activities(i.id))
		if i.kind.children != nil {
			for _, child := range i.kind.children(i.id) {
				w.wants(all, current, child, kinds[0])
				w.ran(executed, kinds[0].activities(child))
			}
		}
	}
	for id := range current {
		w.violate("%s is there, and nobody started it, or it was deleted", id)
	}
	for key := range all {
		w.violate("%s has rows in executions or history, and nobody started it, or it was deleted", key)
	}
	for input := range executed {
		w.violate("the activity %s was executed, and nobody asked for it", input)
	}
	return nil
}

// ran takes the activities of an instance out of what was executed.
func (w *world) ran(executed map[string]int, inputs []string) {
	for _, input := range inputs {
		if executed[input] == 0 {
			w.violate("the activity %s was never executed", input)
		} else {
			w.result.Repeated += executed[input] - 1
		}
		delete(executed, input)
	}
}

// wants holds an instance that ended against its kind, and takes it out of what is there.
func (w *world) wants(all map[string]*stored, current map[string]int64, id string, k kind) {
	last := int64(1)
	if k.name == "Heir" {
		last = generations
	}
	if current[id] != last {
		w.violate("%s: its current execution is %d, not %d (0: there is no instance)", id, current[id], last)
	}
	delete(current, id)
	for n := int64(1); n <= last; n++ {
		execution := fmt.Sprintf("%s/%d", id, n)
		s := all[execution]
		delete(all, execution)
		if s == nil {
			w.violate("%s: there is no execution", execution)
			continue
		}
		status := provider.StatusContinuedAsNew
		if n == last {
			status = provider.StatusCompleted
			if s.output != k.ends(id) {
				w.violate("%s: output %.200q, not %.200q", execution, s.output, k.ends(id))
			}
		}
		if s.status != string(status) {
			w.violate("%s: status %s, not %s", execution, s.status, status)
		}
		w.historyOf(execution, s, status)
	}
}
