package equivalence

import (
	"cmp"
	"slices"

	"pgbench-provider/provider"
)

// ReadHistory gives the events of the highest execution.
func (m *Model) ReadHistory(id string) ([]string, error) { return m.events(id, m.latestTrace(id)), nil }

// ReadExecution gives the events of one execution.
func (m *Model) ReadExecution(id string, execution int64) ([]string, error) {
	return m.events(id, execution), nil
}

// AppendHistory adds events and leaves those alone that are there.
func (m *Model) AppendHistory(id string, execution, now int64, e provider.Events) error {
	key := executionKey{id, execution}
	before := len(m.history[key])
	m.append(key, e)
	if i := m.instances[id]; i != nil && i.current == execution && len(m.history[key]) > before {
		i.updated = now
	}
	return nil
}

// current is the execution row of an instance's current execution, or nil.
func (m *Model) current(id string) *execution {
	return m.executions[executionKey{id, m.instances[id].current}]
}

// status is that of the current execution: Running when it has no row.
func (m *Model) status(id string) (provider.Status, string) {
	if e := m.current(id); e != nil {
		return e.status, e.output
	}
	return provider.StatusRunning, ""
}

// ReadStatus tells how the current execution stands.
func (m *Model) ReadStatus(id string) (s provider.InstanceStatus, err error) {
	i := m.instances[id]
	if i == nil {
		return s, provider.ErrInstanceNotFound
	}
	s.ExecutionID = i.current
	s.Status, s.Output = m.status(id)
	return s, nil
}

// sorted gives the instances that are wanted, oldest first.
func (m *Model) sorted(want func(string) bool) (ids []string) {
	for id := range m.instances {
		if want(id) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(m.instances[a].created, m.instances[b].created), cmp.Compare(a, b))
	})
	return ids
}

// ListInstances gives ids, newest first.
func (m *Model) ListInstances(status provider.Status) ([]string, error) {
	ids := m.sorted(func(id string) bool {
		e := m.current(id)
		return status == "" || e != nil && e.status == status
	})
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(m.instances[b].created, m.instances[a].created) })
	return ids, nil
}

// ListExecutions gives execution ids, ascending.
func (m *Model) ListExecutions(id string) (list []int64, err error) {
	for k := range m.executions {
		if k.instance == id {
			list = append(list, k.id)
		}
	}
	slices.Sort(list)
	return list, nil
}

// LatestExecutionID gives the current execution.
func (m *Model) LatestExecutionID(id string) (int64, error) {
	if i := m.instances[id]; i != nil {
		return i.current, nil
	}
	return 0, provider.ErrInstanceNotFound
}

// GetInstanceInfo describes an instance.
func (m *Model) GetInstanceInfo(id string) (info provider.InstanceInfo, err error) {
	i := m.instances[id]
	if i == nil {
		return info, provider.ErrInstanceNotFound
	}
	info = provider.InstanceInfo{InstanceID: id, Name: i.name, Version: *i.version, CurrentExecutionID: i.current,
		CreatedAt: i.created, UpdatedAt: i.updated}
	info.Status, info.Output = m.status(id)
	if i.parent != nil {
		info.ParentInstanceID = *i.parent
	}
	return info, nil
}

// GetExecutionInfo describes an execution.
func (m *Model) GetExecutionInfo(id string, number int64) (info provider.ExecutionInfo, err error) {
	key := executionKey{id, number}
	e := m.executions[key]
	if e == nil {
		return info, provider.ErrExecutionNotFound
	}
	info = provider.ExecutionInfo{ExecutionID: number, Status: e.status, Output: e.output, StartedAt: e.started,
		EventCount: int64(len(m.history[key]))}
	if e.completed != nil {
		info.CompletedAt = *e.completed
	}
	return info, nil
}

// GetSystemMetrics counts.
func (m *Model) GetSystemMetrics() (s provider.SystemMetrics, err error) {
	s.Instances, s.Executions = int64(len(m.instances)), int64(len(m.executions))
	for _, h := range m.history {
		s.Events += int64(len(h))
	}
	for id := range m.instances {
		switch status, _ := m.status(id); status {
		case provider.StatusRunning:
			s.Running++
		case provider.StatusCompleted:
			s.Completed++
		case provider.StatusFailed:
			s.Failed++
		}
	}
	return s, nil
}

// GetQueueDepths counts what could be fetched.
func (m *Model) GetQueueDepths(now int64) (d provider.QueueDepths, err error) {
	for _, q := range m.queues {
		if at, _ := q.clock(); at > now {
			continue
		}
		for _, msg := range q.messages {
			if msg.visible <= now {
				d.Orchestrator++
			}
		}
	}
	for _, w := range m.works {
		if w.visible <= now {
			d.Worker++
		}
	}
	return d, nil
}
