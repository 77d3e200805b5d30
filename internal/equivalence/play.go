package equivalence

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgbench-provider/provider"
)

// start is when every script begins, in Unix milliseconds: any time will do.
const start = 1_700_000_000_000

// A player runs a script on one subject and keeps the locks that the script has taken. Ids of rows are the subject's own
// business, so they stay here and out of every answer.
type player struct {
	subject Subject
	now     int64
	tokens  int64
	turns   []provider.TurnLock
	works   []provider.WorkLock
	queued  int
}

func newPlayer(s Subject) *player { return &player{subject: s, now: start} }

func (p *player) token() string {
	p.tokens++
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", p.tokens)
}

const nobodysToken = "ffffffff-ffff-4fff-bfff-ffffffffffff"

func (p *player) turn(op Op) provider.TurnLock {
	if op.Slot < 0 || len(p.turns) == 0 {
		return provider.TurnLock{Token: nobodysToken, InstanceID: op.instance(), MessageIDs: []int64{1}}
	}
	// The newest locks first: old ones are mostly lost.
	return p.turns[len(p.turns)-1-op.Slot%len(p.turns)]
}

func (p *player) work(op Op) provider.WorkLock {
	if op.Slot < 0 || len(p.works) == 0 {
		return provider.WorkLock{Token: nobodysToken, ID: 1}
	}
	return p.works[len(p.works)-1-op.Slot%len(p.works)]
}

// item is a message's text: numbered, so that order shows.
func (p *player) item(op Op) string {
	p.queued++
	return fmt.Sprintf("%d:%s", p.queued, op.payload())
}

// play runs one operation and gives its answer as text that is the same for subjects that mean the same.
func (p *player) play(op Op) string {
	switch op.Kind {
	case "advance_clock":
		p.now += op.Advance
		return ""
	case "enqueue_orchestrator_item", "fetch_orchestration_item", "ack_orchestration_item",
		"enqueue_orchestrator_items", "fetch_orchestration_items", "ack_orchestration_items",
		"abandon_orchestration_item", "renew_orchestration_lock", "discard_orchestration_item":
		return p.playTurn(op)
	case "enqueue_worker_item", "fetch_work_item", "fetch_work_items", "ack_work_item", "ack_work_items", "abandon_work_item", "renew_work_item_lock":
		return p.playWork(op)
	case "list_children", "get_parent_id", "get_instance_tree", "delete_instances", "delete_instance", "delete_instances_bulk", "prune_executions":
		return p.playRemoval(op)
	}
	return p.playRead(op)
}

func (p *player) playTurn(op Op) string {
	s := p.subject
	switch op.Kind {
	case "enqueue_orchestrator_item":
		return p.enqueue(provider.Message{InstanceID: op.instance(), VisibleAt: p.now + op.Delay, Item: p.item(op)}, p.want(op))
	case "fetch_orchestration_item":
		lock := p.lock(op)
		t, err := s.FetchOrchestrationItem(lock)
		if err != nil {
			return answer(nil, err)
		}
		p.turns = append(p.turns, provider.TurnLock{Token: lock.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs})
		return turnText(t)
	case "enqueue_orchestrator_items":
		var all provider.Messages
		for n := range op.batch() {
			all.InstanceIDs = append(all.InstanceIDs, op.target(n*op.Execution))
			all.VisibleAt, all.Items = append(all.VisibleAt, p.now+op.Delay*int64(n%2)), append(all.Items, p.item(op))
		}
		return p.enqueueAll(all, p.wantAll(op))
	case "fetch_orchestration_items":
		lock := p.lock(op)
		turns, err := s.FetchOrchestrationItems(lock, op.batch())
		text := ""
		for _, t := range turns {
			p.turns = append(p.turns, provider.TurnLock{Token: lock.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs})
			text += turnText(t) + "; "
		}
		return answer(text, err)
	case "ack_orchestration_items":
		return p.ackTurns(p.turnAcks(op), p.wantAll(op))
	case "ack_orchestration_item":
		return p.ackTurn(p.ack(op), p.want(op))
	case "abandon_orchestration_item":
		return answer(nil, s.AbandonOrchestrationItem(provider.TurnAbandon{Lock: p.turn(op), Now: p.now, VisibleAt: p.later(op), IgnoreAttempt: op.Flag}))
	case "renew_orchestration_lock":
		return answer(nil, s.RenewOrchestrationLock(p.turn(op), p.now, p.now+op.Timeout))
	}
	return answer(nil, s.DiscardOrchestrationItem(p.turn(op), p.now))
}

func (p *player) lock(op Op) provider.Lock {
	l := provider.Lock{Token: p.token(), Now: p.now, Until: p.now + op.Timeout}
	if op.Since > 0 {
		l.From = p.now + 1 - op.Since
	}
	return l
}

func (p *player) later(op Op) *int64 {
	if op.Delay == 0 {
		return nil
	}
	at := p.now + op.Delay
	return &at
}

func (p *player) ack(op Op) *provider.TurnAck {
	a := &provider.TurnAck{Lock: p.turn(op), Now: p.now, ExecutionID: int64(op.Execution)}
	if op.Named {
		name, version := fmt.Sprintf("Name %d", op.Payload), fmt.Sprintf("%d.0.0", op.Event)
		a.Name, a.Version = &name, &version
		if parent := op.other(); op.Flag && parent < a.Lock.InstanceID { // no cycles: a runtime makes none
			a.Parent = &parent
		}
	}
	if status := provider.Status(op.status()); status != "" {
		output := op.payload()
		a.Status, a.Output = &status, &output
		if status.Terminal() {
			a.CompletedAt = &a.Now
		}
	}
	a.Events = events(op)
	for n := range op.Works {
		a.Works.InstanceIDs = append(a.Works.InstanceIDs, a.Lock.InstanceID)
		a.Works.ExecutionIDs = append(a.Works.ExecutionIDs, int64(op.Execution))
		a.Works.ActivityIDs = append(a.Works.ActivityIDs, int64(op.Event+n))
		a.Works.Items = append(a.Works.Items, p.item(op))
	}
	for n := range op.Messages {
		a.Messages.InstanceIDs = append(a.Messages.InstanceIDs, op.target(n*op.Count))
		a.Messages.VisibleAt = append(a.Messages.VisibleAt, p.now+op.Delay*int64(op.Messages-n))
		a.Messages.Items = append(a.Messages.Items, p.item(op))
	}
	for n := range op.Cancels {
		a.Cancelled.ExecutionIDs = append(a.Cancelled.ExecutionIDs, int64(op.Execution))
		a.Cancelled.ActivityIDs = append(a.Cancelled.ActivityIDs, int64(op.Event+n))
	}
	return a
}

func events(op Op) (e provider.Events) {
	for n := range op.Count {
		e.IDs = append(e.IDs, int64(op.Event+n))
		e.Data = append(e.Data, fmt.Sprintf("%d.%d:%s", op.Execution, op.Event+n, op.payload()))
	}
	return e
}

// turnAcks are the ends of some of the newest locked turns of different instances, in the instances' order.
func (p *player) turnAcks(op Op) (acks []*provider.TurnAck) {
	for n := range op.batch() {
		next := op
		next.Messages, next.Cancels = 0, 0
		if next.Slot >= 0 {
			next.Slot += n
		}
		if n > 0 { // not all alike
			next.Named, next.Status, next.Execution = op.Named != (n == 1), op.Status+n, 1+(op.Execution+n)%3
		}
		a := p.ack(next)
		if slices.ContainsFunc(acks, func(other *provider.TurnAck) bool { return other.Lock.InstanceID == a.Lock.InstanceID }) {
			break
		}
		acks = append(acks, a)
	}
	slices.SortFunc(acks, func(a, b *provider.TurnAck) int { return cmp.Compare(a.Lock.InstanceID, b.Lock.InstanceID) })
	return acks
}

func (p *player) playWork(op Op) string {
	s := p.subject
	switch op.Kind {
	case "enqueue_worker_item":
		instance, execution, activity := op.instance(), int64(op.Execution), int64(op.Event)
		w := provider.Work{InstanceID: &instance, ExecutionID: &execution, ActivityID: &activity, Item: p.item(op)}
		return answer(nil, s.EnqueueWorkerItem(w, p.now))
	case "fetch_work_item":
		lock := p.lock(op)
		w, err := s.FetchWorkItem(lock)
		if err != nil {
			return answer(nil, err)
		}
		p.works = append(p.works, provider.WorkLock{Token: lock.Token, ID: w.ID})
		return workText(w)
	case "fetch_work_items":
		lock := p.lock(op)
		works, err := s.FetchWorkItems(lock, op.batch())
		text := ""
		for _, w := range works {
			p.works = append(p.works, provider.WorkLock{Token: lock.Token, ID: w.ID})
			text += workText(&w) + "; "
		}
		return answer(text, err)
	case "ack_work_item":
		var done *provider.Message
		if op.Flag {
			done = &provider.Message{InstanceID: op.instance(), VisibleAt: p.now, Item: p.item(op)}
		}
		return p.ackWork(p.work(op), done, p.want(op))
	case "ack_work_items":
		locks, done := p.acks(op)
		return p.ackWorks(locks, done, p.wantAll(op))
	case "abandon_work_item":
		return answer(nil, s.AbandonWorkItem(provider.WorkAbandon{Lock: p.work(op), VisibleAt: p.later(op), IgnoreAttempt: op.Flag}))
	}
	return answer(nil, s.RenewWorkItemLock(p.work(op), p.now, p.now+op.Timeout))
}

// acks are the ends of some of the newest locked items, each once, mostly for one instance.
func (p *player) acks(op Op) (l provider.WorkLocks, done provider.Messages) {
	for n := range op.batch() {
		next := op
		if next.Slot >= 0 {
			next.Slot += n
		}
		lock := p.work(next)
		if slices.Contains(l.IDs, lock.ID) {
			break
		}
		l.IDs, l.Tokens = append(l.IDs, lock.ID), append(l.Tokens, lock.Token)
		done.InstanceIDs = append(done.InstanceIDs, op.target(n*op.Execution*op.Messages))
		done.VisibleAt = append(done.VisibleAt, p.now)
		done.Items = append(done.Items, p.item(op))
	}
	return l, done
}

func (p *player) playRead(op Op) string {
	s, id, execution := p.subject, op.instance(), int64(op.Execution)
	switch op.Kind {
	case "read_history":
		h, err := s.ReadHistory(id)
		return answer(texts(h), err)
	case "read_execution":
		h, err := s.ReadExecution(id, execution)
		return answer(texts(h), err)
	case "append_history":
		return answer(nil, s.AppendHistory(id, execution, p.now, events(op)))
	case "read_status":
		st, err := s.ReadStatus(id)
		return answer(fmt.Sprintf("execution %d, %s, %s", st.ExecutionID, st.Status, short(st.Output)), err)
	case "list_instances":
		ids, err := s.ListInstances(provider.Status(op.status()))
		return answer(ids, err)
	case "list_executions":
		ids, err := s.ListExecutions(id)
		return answer(ids, err)
	case "latest_execution_id":
		n, err := s.LatestExecutionID(id)
		return answer(n, err)
	case "get_instance_info":
		i, err := s.GetInstanceInfo(id)
		i.Output = short(i.Output)
		return answer(fmt.Sprintf("%+v", i), err)
	case "get_execution_info":
		e, err := s.GetExecutionInfo(id, execution)
		e.Output = short(e.Output)
		return answer(fmt.Sprintf("%+v", e), err)
	case "get_system_metrics":
		m, err := s.GetSystemMetrics()
		return answer(fmt.Sprintf("%+v", m), err)
	case "get_queue_depths":
		d, err := s.GetQueueDepths(p.now)
		return answer(fmt.Sprintf("%+v", d), err)
	}
	return "no such operation"
}

func (p *player) playRemoval(op Op) string {
	s, id := p.subject, op.instance()
	set := provider.InstanceSet{Limit: int64(op.Count)}
	if op.Named {
		set.IDs = []string{id, op.other()}
	}
	set.CompletedBefore = p.earlier(op, op.Flag)
	switch op.Kind {
	case "list_children":
		ids, err := s.ListChildren(id)
		return answer(ids, err)
	case "get_parent_id":
		parent, err := s.GetParentID(id)
		if parent == nil {
			return answer("none", err)
		}
		return answer(*parent, err)
	case "get_instance_tree":
		ids, err := s.GetInstanceTree(id)
		return answer(ids, err)
	case "delete_instances":
		ids := slices.Compact(slices.Sorted(slices.Values([]string{id, op.other()})))
		d, err := s.DeleteInstances(ids, op.Flag)
		return answer(fmt.Sprintf("%+v", d), err)
	case "delete_instance":
		d, err := s.DeleteInstance(id, op.Flag)
		return answer(fmt.Sprintf("%+v", d), err)
	case "delete_instances_bulk":
		d, err := s.DeleteInstancesBulk(set)
		return answer(fmt.Sprintf("%+v", d), err)
	}
	pruned, err := s.PruneExecutions(set, int64(op.Slot+1), p.earlier(op, !op.Flag))
	return answer(fmt.Sprintf("%+v", pruned), err)
}

func (p *player) earlier(op Op, set bool) *int64 {
	if !set {
		return nil
	}
	at := p.now - op.Delay
	return &at
}

func turnText(t *provider.Turn) string {
	execution := "none"
	if t.ExecutionID != nil {
		execution = fmt.Sprint(*t.ExecutionID)
	}
	return fmt.Sprintf("turn of %q, visible at %d, attempt %d, messages %s, known %t, name %s, version %s, execution %s, history %s",
		t.InstanceID, t.VisibleAt-start, t.AttemptCount, texts(t.Messages), t.Known, deref(t.Name), deref(t.Version), execution, texts(t.History))
}

func deref(s *string) string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("%q", *s)
}

// short keeps long texts readable and still tells them apart by their length.
func short(s string) string {
	if len(s) <= 60 {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:20], len(s))
}

func texts(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = short(s)
	}
	return "[" + strings.Join(quoted, " ") + "]"
}

var sentinels = []error{provider.ErrNoWork, provider.ErrLockLost, provider.ErrDuplicateEvent, provider.ErrInstanceNotFound,
	provider.ErrExecutionNotFound, provider.ErrInstanceRunning, provider.ErrHasChildren, provider.ErrSubOrchestration}

// answer prefers the error: a value beside one means nothing.
func answer(value any, err error) string {
	if err == nil {
		if value == nil {
			return "ok"
		}
		return fmt.Sprint(value)
	}
	err = provider.Translate(err)
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return "error: " + s.Error()
		}
	}
	return "error: " + err.Error()
}

func workText(w *provider.LockedWork) string {
	return fmt.Sprintf("item %s, attempt %d, enqueued at %d", short(w.Item), w.AttemptCount, w.EnqueuedAt-start)
}
