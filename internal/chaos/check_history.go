package chaos

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// historyOf checks that events are contiguous, that the first begins and only the last ends, and that everything that was
// asked for has exactly one answer.
func (w *world) historyOf(execution string, s *stored, status provider.Status) {
	asked, answers := map[int64]bool{}, map[int64]int{}
	for n, e := range s.events {
		if s.ids[n] != int64(n+1) || e.EventID() != s.ids[n] {
			w.violate("%s: event %d has the id %d, and %d inside", execution, n+1, s.ids[n], e.EventID())
		}
		if _, begins := e.(provider.OrchestrationStarted); begins != (n == 0) {
			w.violate("%s: event %d is %s", execution, n+1, e.Kind())
		}
		if end := ends(e); (end != "") != (n == len(s.events)-1) || end != "" && end != status {
			w.violate("%s: event %d of %d is %s", execution, n+1, len(s.events), e.Kind())
		}
		switch e := e.(type) {
		case provider.ActivityScheduled, provider.TimerCreated, provider.SubOrchestrationScheduled, provider.ExternalSubscribed:
			asked[e.EventID()] = true
		case provider.ActivityCompletedEvent:
			answers[e.SourceID]++
		case provider.TimerFiredEvent:
			answers[e.SourceID]++
		case provider.SubOrchestrationCompleted:
			answers[e.SourceID]++
		case provider.ActivityFailedEvent, provider.SubOrchestrationFailed:
			w.violate("%s: event %d is %s", execution, n+1, e.Kind())
		}
		if x, ok := e.(provider.ExternalSubscribed); ok {
			delete(asked, x.ID) // its answer names the event and no id
		}
	}
	if len(s.events) == 0 {
		w.violate("%s: no event", execution)
	}
	for id := range asked {
		if answers[id] != 1 {
			w.violate("%s: event %d was answered %d times", execution, id, answers[id])
		}
		delete(answers, id)
	}
	for id := range answers {
		w.violate("%s: an answer to event %d, which asks for nothing", execution, id)
	}
}

// ends is the status that an event gives its execution; empty for one that does not end it.
func ends(e provider.Event) provider.Status {
	switch e.(type) {
	case provider.OrchestrationCompleted:
		return provider.StatusCompleted
	case provider.OrchestrationFailed:
		return provider.StatusFailed
	case provider.OrchestrationContinuedAsNew:
		return provider.StatusContinuedAsNew
	}
	return ""
}

// read gives all executions, and histories without one, by "instance/execution".
func read(ctx context.Context, conn *pgx.Conn) (map[string]*stored, error) {
	all := map[string]*stored{}
	var id, status, output string
	var execution, event int64
	rows, err := conn.Query(ctx, "select instance_id, execution_id, status, coalesce(output, '') from executions")
	if err != nil {
		return nil, err
	}
	if _, err := pgx.ForEachRow(rows, []any{&id, &execution, &status, &output}, func() error {
		all[fmt.Sprintf("%s/%d", id, execution)] = &stored{status: status, output: output}
		return nil
	}); err != nil {
		return nil, err
	}
	rows, err = conn.Query(ctx, "select instance_id, execution_id, event_id, event_data from history order by 1, 2, 3")
	if err != nil {
		return nil, err
	}
	_, err = pgx.ForEachRow(rows, []any{&id, &execution, &event, &output}, func() error {
		key := fmt.Sprintf("%s/%d", id, execution)
		if all[key] == nil {
			all[key] = &stored{}
		}
		decoded, err := provider.DecodeEvent(output)
		if err != nil {
			return fmt.Errorf("%s: event %d: %w", key, event, err)
		}
		all[key].ids, all[key].events = append(all[key].ids, event), append(all[key].events, decoded)
		return nil
	})
	return all, err
}

// readCurrent gives the current execution of every instance.
func readCurrent(ctx context.Context, conn *pgx.Conn) (map[string]int64, error) {
	all := map[string]int64{}
	var id string
	var execution int64
	rows, err := conn.Query(ctx, "select instance_id, current_execution_id from instances")
	if err != nil {
		return nil, err
	}
	_, err = pgx.ForEachRow(rows, []any{&id, &execution}, func() error { all[id] = execution; return nil })
	return all, err
}
