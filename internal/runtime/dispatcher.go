package runtime

import (
	"context"
	"errors"
	"time"

	"pgbench-provider/provider"
)

// A dispatcher fetches turns, decides them and acks them, one after the other.
type dispatcher struct {
	*Runtime
	provider *provider.Provider
}

func (d *dispatcher) loop(run, calls context.Context) {
	bell, patience := make(chan struct{}, 1), time.NewTimer(time.Hour)
	patience.Stop()
	for failures := 0; run.Err() == nil; {
		d.turns.fetches()
		item, err := d.provider.FetchOrchestrationItem(calls, d.LockTimeout)
		switch {
		case err == nil:
			d.turns.found()
			failures = 0
			d.turn(calls, item)
		case errors.Is(err, provider.ErrNoWork):
			failures = 0
			d.turns.rest(run, bell, patience, d.IdleSleep)
		default:
			d.turns.found()
			d.report(err)
			sleep(run, backoff(err, failures))
			failures++
		}
	}
}

func (d *dispatcher) turn(calls context.Context, item *provider.OrchestrationItem) {
	what := decide(d.rules, item)
	switch {
	case what.abandon != nil:
		d.abandon(calls, item, *what.abandon)
	case what.discard:
		d.discard(calls, item, what.end)
	default:
		d.commit(calls, item, what)
	}
}

func (d *dispatcher) discard(calls context.Context, item *provider.OrchestrationItem, end *Result) {
	err := d.persist(calls, func() error { return d.provider.DiscardOrchestrationItem(calls, item.LockToken) })
	switch {
	case err == nil:
		d.counters.discarded.Add(1)
		d.ended(item.Instance, end)
	case errors.Is(err, provider.ErrLockLost):
		d.counters.lost.Add(1)
	default:
		d.report(err)
		d.abandon(calls, item, provider.Abandon{Delay: time.Second})
	}
}

// commit acks the decision or, when it can never be stored, what stands in for it. A turn whose lock was lost is somebody
// else's and is dropped.
func (d *dispatcher) commit(calls context.Context, item *provider.OrchestrationItem, what decision) {
	err := d.ack(calls, item, what)
	if err == nil || errors.Is(err, provider.ErrLockLost) || calls.Err() != nil {
		return
	}
	d.report(err)
	switch {
	case provider.IsRetryable(err):
	case what.fallback != nil:
		instead := what.fallback(err)
		if err = d.ack(calls, item, instead); err == nil || errors.Is(err, provider.ErrLockLost) {
			return
		}
		d.report(err)
		if item.AttemptCount > d.MaxAttempts && !provider.IsRetryable(err) {
			// Its rows contradict each other: only an end that builds on none of them can be stored.
			item.HistoryError = err
			d.commit(calls, item, decideCorrupt(d.rules, item))
			return
		}
	case item.HistoryError != nil && errors.Is(err, provider.ErrDuplicateEvent):
		// It was ended for that reason before.
		d.discard(calls, item, nil)
		return
	}
	// Without a delay it would be fetched again at once, to fail again.
	d.abandon(calls, item, provider.Abandon{Delay: time.Second})
}

func (d *dispatcher) ack(calls context.Context, item *provider.OrchestrationItem, what decision) error {
	err := d.persist(calls, func() error { return d.provider.AckOrchestrationItem(calls, item.LockToken, *what.ack) })
	acked := time.Now()
	switch {
	case err == nil:
		d.counters.turns.Add(1)
		if what.end != nil {
			what.end.FinishedAt = acked
			d.awaited.deliver(item.Instance, *what.end)
		}
		d.announce(what.ack)
	case errors.Is(err, provider.ErrLockLost):
		// The first try may have committed and only its reply be lost.
		d.counters.lost.Add(1)
		d.announce(what.ack)
	}
	return err
}

// announce wakes those for whom the ack has work. This dispatcher fetches next and is itself one of them.
func (d *dispatcher) announce(ack *provider.OrchestrationAck) {
	d.works.wake(len(ack.WorkerItems))
	instances := 0
	for i, m := range ack.OrchestratorItems {
		if t, ok := m.(provider.TimerFired); ok {
			d.turns.wakeIn(time.Duration(t.FireAt-d.provider.Now()) * time.Millisecond)
		} else if i == 0 || ack.OrchestratorItems[i-1].Target() != m.Target() {
			instances++
		}
	}
	d.turns.wake(instances - 1)
}

func (d *dispatcher) abandon(calls context.Context, item *provider.OrchestrationItem, how provider.Abandon) {
	err := d.provider.AbandonOrchestrationItem(calls, item.LockToken, how)
	switch {
	case err == nil:
		d.counters.abandoned.Add(1)
		d.turns.wakeIn(how.Delay)
	case errors.Is(err, provider.ErrLockLost):
		d.counters.lost.Add(1)
	default:
		d.report(err)
	}
}

func (r *Runtime) ended(instance string, end *Result) {
	if end != nil {
		end.FinishedAt = time.Now()
		r.awaited.deliver(instance, *end)
	}
}
