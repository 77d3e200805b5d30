package equivalence

import (
	"cmp"
	"slices"

	"pgbench-provider/provider"
)

// ListChildren gives direct children, oldest first.
func (m *Model) ListChildren(id string) ([]string, error) {
	return m.sorted(func(child string) bool { return m.childOf(child, id) }), nil
}

func (m *Model) childOf(child, parent string) bool {
	i := m.instances[child]
	return i.parent != nil && *i.parent == parent
}

// below says whether the instance has a parent that is there.
func (m *Model) below(i *instance) bool { return i.parent != nil && m.instances[*i.parent] != nil }

// GetParentID gives the parent, nil for a root.
func (m *Model) GetParentID(id string) (*string, error) {
	if i := m.instances[id]; i != nil {
		return i.parent, nil
	}
	return nil, provider.ErrInstanceNotFound
}

// GetInstanceTree gives the instance and all below it, deepest first.
func (m *Model) GetInstanceTree(id string) ([]string, error) {
	if m.instances[id] == nil {
		return nil, provider.ErrInstanceNotFound
	}
	depth := map[string]int{id: 0}
	level := []string{id}
	for n := 1; len(level) > 0; n++ {
		var next []string
		for _, parent := range level {
			next = append(next, m.sorted(func(child string) bool { return m.childOf(child, parent) })...)
		}
		for _, child := range next {
			depth[child] = n
		}
		level = next
	}
	ids := m.sorted(func(id string) bool { _, in := depth[id]; return in })
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(depth[b], depth[a]), cmp.Compare(a, b)) })
	return ids, nil
}

// DeleteInstances deletes all of ids or nothing.
func (m *Model) DeleteInstances(ids []string, force bool) (d provider.Deleted, err error) {
	for id := range m.instances {
		if status, _ := m.status(id); slices.Contains(ids, id) && status == provider.StatusRunning && !force {
			return d, provider.ErrInstanceRunning
		}
	}
	for id, i := range m.instances {
		if i.parent != nil && slices.Contains(ids, *i.parent) && !slices.Contains(ids, id) {
			return d, provider.ErrHasChildren
		}
	}
	for _, id := range ids {
		m.remove(id, &d)
	}
	return d, nil
}

func (m *Model) remove(id string, d *provider.Deleted) {
	if q := m.queues[id]; q != nil {
		d.Messages += int64(len(q.messages))
		delete(m.queues, id)
	}
	m.works = slices.DeleteFunc(m.works, func(w *work) bool { return w.instance == id })
	for k, h := range m.history {
		if k.instance == id {
			d.Events += int64(len(h))
			delete(m.history, k)
		}
	}
	for k := range m.executions {
		if k.instance == id {
			d.Executions++
			delete(m.executions, k)
		}
	}
	if m.instances[id] != nil {
		d.Instances++
		delete(m.instances, id)
	}
}

// DeleteInstance deletes a root and all below it.
func (m *Model) DeleteInstance(id string, force bool) (d provider.Deleted, err error) {
	i := m.instances[id]
	if i == nil {
		return d, provider.ErrInstanceNotFound
	}
	if m.below(i) {
		return d, provider.ErrSubOrchestration
	}
	tree, err := m.GetInstanceTree(id)
	if err != nil {
		return d, err
	}
	return m.DeleteInstances(tree, force)
}

// DeleteInstancesBulk deletes ended roots with all below them.
func (m *Model) DeleteInstancesBulk(f provider.InstanceSet) (d provider.Deleted, err error) {
	roots := m.sorted(func(id string) bool {
		e := m.current(id)
		return !m.below(m.instances[id]) && e != nil && e.status.Terminal() && m.selected(f, id)
	})
	slices.SortFunc(roots, func(a, b string) int {
		return cmp.Or(cmp.Compare(*m.current(a).completed, *m.current(b).completed), cmp.Compare(a, b))
	})
	var ids []string
	for _, root := range roots[:min(len(roots), int(f.Limit))] {
		tree, err := m.GetInstanceTree(root)
		if err != nil {
			return d, err
		}
		ids = append(ids, tree...)
	}
	return m.DeleteInstances(ids, true)
}

func (m *Model) selected(f provider.InstanceSet, id string) bool {
	if f.IDs != nil && !slices.Contains(f.IDs, id) {
		return false
	}
	e := m.current(id)
	return f.CompletedBefore == nil || e != nil && e.completed != nil && *e.completed < *f.CompletedBefore
}

// PruneExecutions deletes old executions.
func (m *Model) PruneExecutions(f provider.InstanceSet, keepLast int64, completedBefore *int64) (p provider.Pruned, err error) {
	ids := m.sorted(func(id string) bool { return m.selected(f, id) })
	ids = ids[:min(len(ids), int(f.Limit))]
	p.Instances = int64(len(ids))
	var doomed []executionKey
	for _, id := range ids {
		list, err := m.ListExecutions(id)
		if err != nil {
			return p, err
		}
		for n, number := range list {
			key := executionKey{id, number}
			if number == m.instances[id].current || m.executions[key].status == provider.StatusRunning || int64(len(list)-n) <= keepLast {
				continue
			}
			ended := m.executions[key].completed
			if ended == nil && n+1 < len(list) {
				ended = &m.executions[executionKey{id, list[n+1]}].started
			}
			if completedBefore == nil || ended != nil && *ended < *completedBefore {
				doomed = append(doomed, key)
			}
		}
	}
	for _, key := range doomed {
		p.Executions++
		p.Events += int64(len(m.history[key]))
		delete(m.history, key)
		delete(m.executions, key)
	}
	return p, nil
}
