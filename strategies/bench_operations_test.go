package strategies_test

import (
	"context"
	"testing"

	"pgbench-provider/internal/fill"
	"pgbench-provider/provider"
)

// An operation is called once between start and stop, and leaves the queues as long as it found them.
type operation struct {
	name string
	once func(b *testing.B, l *laden, start, stop func())
}

var operations = []operation{
	{"enqueue_orchestrator_item", func(b *testing.B, l *laden, start, stop func()) {
		item := l.fetchTurn(b)
		check(b, l.p.AckOrchestrationItem(context.Background(), item.LockToken, provider.OrchestrationAck{ExecutionID: 1}))
		start()
		err := l.p.EnqueueOrchestratorItem(context.Background(), l.message(item.Instance), 0)
		stop()
		check(b, err)
	}},
	{"fetch_orchestration_item", func(b *testing.B, l *laden, start, stop func()) {
		start()
		item, err := l.p.FetchOrchestrationItem(context.Background(), lockFor)
		stop()
		check(b, err)
		l.giveBack(b, item)
	}},
	{"ack_orchestration_item", func(b *testing.B, l *laden, start, stop func()) {
		item := l.fetchTurn(b)
		ack := provider.OrchestrationAck{ExecutionID: 1, WorkerItems: []provider.ActivityExecute{l.activity(item.Instance, 1)}}
		start()
		err := l.p.AckOrchestrationItem(context.Background(), item.LockToken, ack)
		stop()
		check(b, err)
		check(b, l.p.EnqueueOrchestratorItem(context.Background(), l.message(item.Instance), 0))
		l.dropWork(b)
	}},
	{"ack_orchestration_item_history", func(b *testing.B, l *laden, start, stop func()) {
		item := l.fetchTurn(b)
		l.ids++
		event := provider.ExternalEvent{ID: 1_000_000 + l.ids, Name: "E", Data: l.data}
		start()
		err := l.p.AckOrchestrationItem(context.Background(), item.LockToken, provider.OrchestrationAck{ExecutionID: 1, History: []provider.Event{event}})
		stop()
		check(b, err)
		check(b, l.p.EnqueueOrchestratorItem(context.Background(), l.message(item.Instance), 0))
		_, err = l.pool.Exec(context.Background(), "delete from history where instance_id = $1 and event_id > 1000000", item.Instance)
		check(b, err)
	}},
	{"abandon_orchestration_item", func(b *testing.B, l *laden, start, stop func()) {
		item := l.fetchTurn(b)
		start()
		err := l.p.AbandonOrchestrationItem(context.Background(), item.LockToken, provider.Abandon{IgnoreAttempt: true})
		stop()
		check(b, err)
	}},
	{"renew_orchestration_lock", func(b *testing.B, l *laden, start, stop func()) {
		item := l.fetchTurn(b)
		start()
		err := l.p.RenewOrchestrationLock(context.Background(), item.LockToken, lockFor)
		stop()
		check(b, err)
		l.giveBack(b, item)
	}},
	{"enqueue_worker_item", func(b *testing.B, l *laden, start, stop func()) {
		start()
		err := l.p.EnqueueWorkerItem(context.Background(), l.activity(fill.ID("b", 0), 2))
		stop()
		check(b, err)
		l.dropWork(b)
	}},
	{"fetch_work_item", func(b *testing.B, l *laden, start, stop func()) {
		start()
		work, err := l.p.FetchWorkItem(context.Background(), lockFor)
		stop()
		check(b, err)
		check(b, l.p.AbandonWorkItem(context.Background(), work.LockToken, provider.Abandon{IgnoreAttempt: true}))
	}},
	{"ack_work_item", func(b *testing.B, l *laden, start, stop func()) {
		work := l.fetchWork(b)
		a := work.Item.(provider.ActivityExecute)
		done := provider.ActivityCompleted{Instance: "completions", ExecutionID: 1, ID: a.ID, Result: l.data}
		start()
		err := l.p.AckWorkItem(context.Background(), work.LockToken, done)
		stop()
		check(b, err)
		check(b, l.p.EnqueueWorkerItem(context.Background(), a))
		_, err = l.p.DeleteInstances(context.Background(), []string{"completions"}, true)
		check(b, err)
	}},
	{"abandon_work_item", func(b *testing.B, l *laden, start, stop func()) {
		work := l.fetchWork(b)
		start()
		err := l.p.AbandonWorkItem(context.Background(), work.LockToken, provider.Abandon{IgnoreAttempt: true})
		stop()
		check(b, err)
	}},
	{"renew_work_item_lock", func(b *testing.B, l *laden, start, stop func()) {
		work := l.fetchWork(b)
		start()
		err := l.p.RenewWorkItemLock(context.Background(), work.LockToken, lockFor)
		stop()
		check(b, err)
		check(b, l.p.AbandonWorkItem(context.Background(), work.LockToken, provider.Abandon{IgnoreAttempt: true}))
	}},
	{"read_history", func(b *testing.B, l *laden, start, stop func()) {
		start()
		_, err := l.p.ReadHistory(context.Background(), fill.ID("b", 0))
		stop()
		check(b, err)
	}},
	{"read_status", func(b *testing.B, l *laden, start, stop func()) {
		start()
		_, err := l.p.ReadStatus(context.Background(), fill.ID("b", 0))
		stop()
		check(b, err)
	}},
}

func (l *laden) fetchTurn(b *testing.B) *provider.OrchestrationItem {
	b.Helper()
	item, err := l.p.FetchOrchestrationItem(context.Background(), lockFor)
	check(b, err)
	return item
}

func (l *laden) fetchWork(b *testing.B) *provider.LockedWorkItem {
	b.Helper()
	work, err := l.p.FetchWorkItem(context.Background(), lockFor)
	check(b, err)
	return work
}

func (l *laden) giveBack(b *testing.B, item *provider.OrchestrationItem) {
	b.Helper()
	check(b, l.p.AbandonOrchestrationItem(context.Background(), item.LockToken, provider.Abandon{IgnoreAttempt: true}))
}

// dropWork works off one item.
func (l *laden) dropWork(b *testing.B) {
	b.Helper()
	check(b, l.p.AckWorkItem(context.Background(), l.fetchWork(b).LockToken, nil))
}
