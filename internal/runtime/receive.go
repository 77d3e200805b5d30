package runtime

import "pgbench-provider/provider"

// receive adds what a message brings to the events. It drops what belongs to another execution, what history or an
// earlier message has already, and starts of what has begun. It returns a fault for an answer to what was not asked.
func (t *turn) receive(m provider.WorkItem) *provider.ErrorDetails {
	id := t.nextID()
	switch m := m.(type) {
	case provider.ActivityCompleted:
		return answered[provider.ActivityScheduled](t, m.ExecutionID, m.ID,
			provider.ActivityCompletedEvent{ID: id, SourceID: m.ID, Result: m.Result})
	case provider.ActivityFailed:
		return answered[provider.ActivityScheduled](t, m.ExecutionID, m.ID,
			provider.ActivityFailedEvent{ID: id, SourceID: m.ID, Details: m.Details})
	case provider.TimerFired:
		return answered[provider.TimerCreated](t, m.ExecutionID, m.ID,
			provider.TimerFiredEvent{ID: id, SourceID: m.ID, FireAt: m.FireAt})
	case provider.SubOrchCompleted:
		return answered[provider.SubOrchestrationScheduled](t, m.ParentExecutionID, m.ParentID,
			provider.SubOrchestrationCompleted{ID: id, SourceID: m.ParentID, Result: m.Result})
	case provider.SubOrchFailed:
		return answered[provider.SubOrchestrationScheduled](t, m.ParentExecutionID, m.ParentID,
			provider.SubOrchestrationFailed{ID: id, SourceID: m.ParentID, Details: m.Details})
	case provider.ExternalRaised:
		t.raised(m.Name, m.Data)
	case provider.QueueMessage:
		t.raised(m.Name, m.Data)
	case provider.CancelInstance:
		if t.cancel == nil {
			t.cancel = &provider.OrchestrationCancelRequested{ID: id, Reason: m.Reason}
			t.add(*t.cancel)
		}
	}
	return nil
}

func (t *turn) raised(name, data string) {
	e := provider.ExternalEvent{ID: t.nextID(), Name: name, Data: data}
	t.add(e)
	t.external = append(t.external, e)
}

// answered adds the answer to a question of kind Q.
func answered[Q provider.Event](t *turn, execution, source int64, answer provider.Event) *provider.ErrorDetails {
	if execution != t.execution || t.recorded == 0 {
		return nil // of an execution before, or of an instance that was deleted and had this id
	}
	if source < 1 || source > int64(t.recorded) {
		return t.nondeterminism("%s answers event %d, which history does not have", answer.Kind(), source)
	}
	if _, ok := t.events[source-1].(Q); !ok {
		return t.nondeterminism("%s answers event %d, which is %s", answer.Kind(), source, t.events[source-1].Kind())
	}
	if t.done[source-1] == 0 {
		t.done[source-1] = answer.EventID()
		t.add(answer)
	}
	return nil
}
