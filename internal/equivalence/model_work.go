package equivalence

import (
	"cmp"
	"slices"

	"pgbench-provider/provider"
)

// EnqueueWorkerItem adds a work item.
func (m *Model) EnqueueWorkerItem(w provider.Work, now int64) error {
	m.works = append(m.works, &work{id: m.nextID(), visible: now, enqueued: now,
		instance: *w.InstanceID, execution: *w.ExecutionID, activity: *w.ActivityID, item: w.Item})
	return nil
}

// FetchWorkItem locks the item that has been visible longest.
func (m *Model) FetchWorkItem(l provider.Lock) (*provider.LockedWork, error) {
	var best *work
	for _, w := range m.works {
		if w.visible <= l.Now && (best == nil || cmp.Or(before(l, w.visible, best.visible), cmp.Compare(w.id, best.id)) < 0) {
			best = w
		}
	}
	if best == nil {
		return nil, provider.ErrNoWork
	}
	best.token, best.visible = l.Token, l.Until
	best.attempts++
	return &provider.LockedWork{ID: best.id, Item: best.item, AttemptCount: best.attempts, EnqueuedAt: best.enqueued}, nil
}

// FetchWorkItems is one fetch after the other.
func (m *Model) FetchWorkItems(l provider.Lock, n int) (works []provider.LockedWork, err error) {
	for range n {
		w, err := m.FetchWorkItem(l)
		if err != nil {
			break
		}
		works = append(works, *w)
	}
	if len(works) == 0 {
		return nil, provider.ErrNoWork
	}
	return works, nil
}

func (m *Model) heldWork(l provider.WorkLock) *work {
	for _, w := range m.works {
		if w.id == l.ID && w.token == l.Token {
			return w
		}
	}
	return nil
}

func (m *Model) unexpiredWork(l provider.WorkLock, now int64) *work {
	if w := m.heldWork(l); w != nil && w.visible > now {
		return w
	}
	return nil
}

// AckWorkItem deletes the item and enqueues its completion.
func (m *Model) AckWorkItem(l provider.WorkLock, now int64, completion *provider.Message) error {
	w := m.unexpiredWork(l, now)
	if w == nil {
		return provider.ErrLockLost
	}
	m.works = slices.DeleteFunc(m.works, func(other *work) bool { return other == w })
	if completion != nil {
		return m.EnqueueOrchestratorItem(*completion)
	}
	return nil
}

// AckWorkItems is one ack after the other, or none.
func (m *Model) AckWorkItems(l provider.WorkLocks, now int64, completions provider.Messages) error {
	for i, id := range l.IDs {
		if m.unexpiredWork(provider.WorkLock{ID: id, Token: l.Tokens[i]}, now) == nil {
			return provider.ErrLockLost
		}
	}
	for i, id := range l.IDs {
		done := provider.Message{InstanceID: completions.InstanceIDs[i], VisibleAt: completions.VisibleAt[i], Item: completions.Items[i]}
		if err := m.AckWorkItem(provider.WorkLock{ID: id, Token: l.Tokens[i]}, now, &done); err != nil {
			return err
		}
	}
	return nil
}

// AbandonWorkItem gives the item back.
func (m *Model) AbandonWorkItem(a provider.WorkAbandon) error {
	w := m.heldWork(a.Lock)
	if w == nil {
		return provider.ErrLockLost
	}
	w.token, w.visible = "", w.enqueued
	if a.VisibleAt != nil {
		w.visible = *a.VisibleAt
	}
	if a.IgnoreAttempt {
		w.attempts--
	}
	return nil
}

// RenewWorkItemLock moves the expiry.
func (m *Model) RenewWorkItemLock(l provider.WorkLock, now, until int64) error {
	w := m.unexpiredWork(l, now)
	if w == nil {
		return provider.ErrLockLost
	}
	w.visible = until
	return nil
}
