package equivalence

import (
	"cmp"
	"maps"
	"slices"

	"pgbench-provider/provider"
)

// A Model is the contract in memory: what a strategy must answer, written without tables, locks or SQL in mind. It is a
// [Subject] for one goroutine.
//
// It keeps an attempt count on every message, as the contract words it; the strategies count by instance where that gives
// the same answer. That they agree is one of the things it is for.
type Model struct {
	ids        int64
	instances  map[string]*instance
	executions map[executionKey]*execution
	history    map[executionKey]map[int64]string
	queues     map[string]*queue
	works      []*work
}

type (
	executionKey struct {
		instance string
		id       int64
	}
	instance struct {
		name             string
		version          *string
		parent           *string
		current          int64
		created, updated int64
	}
	execution struct {
		status    provider.Status
		output    string
		started   int64
		completed *int64
	}
	message struct {
		id, visible int64
		attempts    int
		item        string
	}
	// A queue is an instance with messages. It is free when token is empty.
	queue struct {
		messages []*message // by id
		token    string
		until    int64
		head     *message // the earliest when the lock was taken
	}
	work struct {
		id, visible, enqueued int64
		instance              string
		execution, activity   int64
		item, token           string
		attempts              int
	}
)

// NewModel gives an empty model.
func NewModel() *Model {
	return &Model{instances: map[string]*instance{}, executions: map[executionKey]*execution{},
		history: map[executionKey]map[int64]string{}, queues: map[string]*queue{}}
}

func (m *Model) nextID() int64 {
	m.ids++
	return m.ids
}

// earliest is the message that decides when a free instance may be fetched.
func (q *queue) earliest() *message {
	return slices.MinFunc(q.messages, func(a, b *message) int {
		return cmp.Or(cmp.Compare(a.visible, b.visible), cmp.Compare(a.id, b.id))
	})
}

// clock is from when on the instance may be fetched, and the id that breaks ties.
func (q *queue) clock() (at, id int64) {
	if q.token != "" {
		return q.until, q.head.id
	}
	e := q.earliest()
	return e.visible, e.id
}

func (m *Model) held(l provider.TurnLock) *queue {
	if q := m.queues[l.InstanceID]; q != nil && q.token == l.Token {
		return q
	}
	return nil
}

func (m *Model) unexpired(l provider.TurnLock, now int64) *queue {
	if q := m.held(l); q != nil && q.until > now {
		return q
	}
	return nil
}

// EnqueueOrchestratorItem adds a message.
func (m *Model) EnqueueOrchestratorItem(msg provider.Message) error {
	q := m.queues[msg.InstanceID]
	if q == nil {
		q = &queue{}
		m.queues[msg.InstanceID] = q
	}
	q.messages = append(q.messages, &message{id: m.nextID(), visible: msg.VisibleAt, item: msg.Item})
	return nil
}

// FetchOrchestrationItem locks the instance that has been fetchable longest.
func (m *Model) FetchOrchestrationItem(l provider.Lock) (*provider.Turn, error) {
	var best string
	var at, id int64
	for name, q := range m.queues {
		a, i := q.clock()
		if a <= l.Now && (best == "" || cmp.Or(before(l, a, at), cmp.Compare(i, id)) < 0) {
			best, at, id = name, a, i
		}
	}
	if best == "" {
		return nil, provider.ErrNoWork
	}
	q := m.queues[best]
	if q.token == "" {
		q.head = q.earliest()
	}
	q.token, q.until = l.Token, l.Until
	t := &provider.Turn{InstanceID: best}
	for _, msg := range q.messages {
		if msg.visible <= l.Now {
			if len(t.Messages) == 0 || msg.visible < t.VisibleAt {
				t.VisibleAt = msg.visible
			}
			msg.attempts++
			t.AttemptCount = max(t.AttemptCount, msg.attempts)
			t.MessageIDs = append(t.MessageIDs, msg.id)
			t.Messages = append(t.Messages, msg.item)
		}
	}
	m.describe(t)
	return t, nil
}

// before compares two times of visibility: what is visible since l.From comes first, then what is so longest.
func before(l provider.Lock, a, b int64) int {
	if early := (a < l.From); early != (b < l.From) {
		if early {
			return 1
		}
		return -1
	}
	return cmp.Compare(a, b)
}

func (m *Model) describe(t *provider.Turn) {
	if i := m.instances[t.InstanceID]; i != nil {
		t.Known, t.Name, t.Version, t.ExecutionID = true, &i.name, i.version, &i.current
	} else if last := m.latestTrace(t.InstanceID); last > 0 {
		t.ExecutionID = &last
	}
	if t.ExecutionID != nil {
		t.History = m.events(t.InstanceID, *t.ExecutionID)
	}
}

func (m *Model) latestTrace(id string) (last int64) {
	for k := range m.executions {
		if k.instance == id {
			last = max(last, k.id)
		}
	}
	for k, h := range m.history {
		if k.instance == id && len(h) > 0 {
			last = max(last, k.id)
		}
	}
	return last
}

func (m *Model) events(id string, execution int64) (list []string) {
	h := m.history[executionKey{id, execution}]
	for _, event := range slices.Sorted(maps.Keys(h)) {
		list = append(list, h[event])
	}
	return list
}

// AckOrchestrationItem commits a turn.
func (m *Model) AckOrchestrationItem(a *provider.TurnAck) error {
	id := a.Lock.InstanceID
	q := m.unexpired(a.Lock, a.Now)
	if q == nil {
		return provider.ErrLockLost
	}
	key := executionKey{id, a.ExecutionID}
	for _, e := range a.Events.IDs {
		if _, there := m.history[key][e]; there {
			return provider.ErrDuplicateEvent
		}
	}
	for n := range a.Messages.Items {
		_ = m.EnqueueOrchestratorItem(provider.Message{InstanceID: a.Messages.InstanceIDs[n], VisibleAt: a.Messages.VisibleAt[n], Item: a.Messages.Items[n]})
	}
	m.endTurn(id, q, a.Lock.MessageIDs)
	m.writeTurn(id, key, a)
	m.append(key, a.Events)
	for n := range a.Works.Items {
		m.works = append(m.works, &work{id: m.nextID(), visible: a.Now, enqueued: a.Now, instance: a.Works.InstanceIDs[n],
			execution: a.Works.ExecutionIDs[n], activity: a.Works.ActivityIDs[n], item: a.Works.Items[n]})
	}
	for n := range a.Cancelled.ActivityIDs {
		m.works = slices.DeleteFunc(m.works, func(w *work) bool {
			return w.instance == id && w.execution == a.Cancelled.ExecutionIDs[n] && w.activity == a.Cancelled.ActivityIDs[n]
		})
	}
	return nil
}

// EnqueueOrchestratorItems adds one message after the other.
func (m *Model) EnqueueOrchestratorItems(all provider.Messages) error {
	for i, id := range all.InstanceIDs {
		_ = m.EnqueueOrchestratorItem(provider.Message{InstanceID: id, VisibleAt: all.VisibleAt[i], Item: all.Items[i]})
	}
	return nil
}

// FetchOrchestrationItems is one fetch after the other.
func (m *Model) FetchOrchestrationItems(l provider.Lock, n int) (turns []*provider.Turn, err error) {
	for range n {
		t, err := m.FetchOrchestrationItem(l)
		if err != nil {
			break
		}
		turns = append(turns, t)
	}
	if len(turns) == 0 {
		return nil, provider.ErrNoWork
	}
	return turns, nil
}

// AckOrchestrationItems is one ack after the other, or none.
func (m *Model) AckOrchestrationItems(now int64, acks []*provider.TurnAck) error {
	for _, a := range acks {
		if m.unexpired(a.Lock, now) == nil {
			return provider.ErrLockLost
		}
	}
	for _, a := range acks {
		for _, e := range a.Events.IDs {
			if _, there := m.history[executionKey{a.Lock.InstanceID, a.ExecutionID}][e]; there {
				return provider.ErrDuplicateEvent
			}
		}
	}
	for _, a := range acks {
		if err := m.AckOrchestrationItem(a); err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) endTurn(id string, q *queue, done []int64) {
	q.messages = slices.DeleteFunc(q.messages, func(msg *message) bool { return slices.Contains(done, msg.id) })
	q.token = ""
	if len(q.messages) == 0 {
		delete(m.queues, id)
	}
}

func (m *Model) writeTurn(id string, key executionKey, a *provider.TurnAck) {
	i := m.instances[id]
	if a.Name != nil {
		if i == nil {
			i = &instance{created: a.Now}
			m.instances[id] = i
		}
		i.name, i.version = *a.Name, a.Version
		if i.parent == nil {
			i.parent = a.Parent
		}
	}
	if i != nil {
		i.current, i.updated = max(i.current, a.ExecutionID), a.Now
	}
	e := m.executions[key]
	if e == nil {
		e = &execution{status: provider.StatusRunning, started: a.Now}
		m.executions[key] = e
	}
	if a.Status != nil {
		e.status, e.output, e.completed = *a.Status, *a.Output, nil
		if a.CompletedAt != nil {
			at := *a.CompletedAt
			e.completed = &at
		}
	}
}

func (m *Model) append(key executionKey, e provider.Events) {
	if m.history[key] == nil {
		m.history[key] = map[int64]string{}
	}
	for n, id := range e.IDs {
		if _, there := m.history[key][id]; !there {
			m.history[key][id] = e.Data[n]
		}
	}
}

// AbandonOrchestrationItem gives a turn back.
func (m *Model) AbandonOrchestrationItem(a provider.TurnAbandon) error {
	q := m.held(a.Lock)
	if q == nil {
		return provider.ErrLockLost
	}
	for _, msg := range q.messages {
		if !slices.Contains(a.Lock.MessageIDs, msg.id) {
			continue
		}
		if a.VisibleAt != nil {
			msg.visible = *a.VisibleAt
		}
		if a.IgnoreAttempt {
			msg.attempts = max(0, msg.attempts-1)
		}
	}
	q.token = ""
	return nil
}

// DiscardOrchestrationItem ends a turn and writes nothing.
func (m *Model) DiscardOrchestrationItem(l provider.TurnLock, now int64) error {
	q := m.unexpired(l, now)
	if q == nil {
		return provider.ErrLockLost
	}
	m.endTurn(l.InstanceID, q, l.MessageIDs)
	return nil
}

// RenewOrchestrationLock moves the expiry.
func (m *Model) RenewOrchestrationLock(l provider.TurnLock, now, until int64) error {
	q := m.unexpired(l, now)
	if q == nil {
		return provider.ErrLockLost
	}
	q.until = until
	return nil
}
