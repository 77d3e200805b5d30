package runtime

import (
	"context"
	"time"

	"pgbench-provider/provider"
)

// fetchSome fetches as many turns as one call may lock.
func (d *dispatcher) fetchSome(calls context.Context) ([]*provider.OrchestrationItem, error) {
	if d.TurnBatch > 1 {
		return d.provider.FetchOrchestrationItems(calls, d.LockTimeout, d.TurnBatch)
	}
	item, err := d.provider.FetchOrchestrationItem(calls, d.LockTimeout)
	if err != nil {
		return nil, err
	}
	return []*provider.OrchestrationItem{item}, nil
}

// A decided turn waits to be acked with others.
type decided struct {
	item *provider.OrchestrationItem
	decision
}

// run decides turns one after the other and acks those together that can be. What is left after a quarter of the lock is given
// back: others may have time for it.
func (d *dispatcher) run(run, calls context.Context, items []*provider.OrchestrationItem) {
	var group, alone []decided
	for i, item := range items {
		if i > 0 && time.Since(d.locked) > d.LockTimeout/4 {
			d.giveBack(calls, items[i:])
			break
		}
		one := decided{item, decide(d.rules, item)}
		if one.ack != nil && !one.ack.Alone() {
			group = append(group, one)
		} else {
			alone = append(alone, one)
		}
	}
	d.more = len(alone) > 0
	if !d.together(run, calls, group) {
		d.each(run, calls, group)
	}
	d.more = false
	d.each(run, calls, alone)
}

// together acks turns in one call, if there are several. It returns false when nothing is acked: one lock is lost, one turn cannot be
// stored, or the call failed.
func (d *dispatcher) together(run, calls context.Context, group []decided) bool {
	if len(group) < 2 {
		return false
	}
	err := d.ack(run, calls, group...)
	if err != nil && provider.IsRetryable(err) {
		d.counters.retries.Add(1)
	}
	return err == nil
}

// each ends turns one by one.
func (d *dispatcher) each(run, calls context.Context, list []decided) {
	more := d.more
	for i, one := range list {
		d.more = more || i < len(list)-1
		d.turn(run, calls, one.item, one.decision)
	}
	d.more = more
}

// giveBack gives turns back that were fetched and not begun.
func (d *dispatcher) giveBack(calls context.Context, items []*provider.OrchestrationItem) {
	for _, item := range items {
		d.abandon(calls, item, provider.Abandon{IgnoreAttempt: true})
	}
}
