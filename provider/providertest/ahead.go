package providertest

import (
	"context"
	"errors"
	"time"

	"pgbench-provider/provider"
)

// A Provider is the provider under test. Ahead, it sends every enqueue and ack by the method that fetches too, asks for
// more than is handed out at once, and gives back what it got as if it had never been fetched: nothing that a rule sees
// may change by that.
type Provider struct {
	*provider.Provider
	ahead bool
}

var room = provider.Room{Turn: lockTimeout, Works: 2, WorkLock: lockTimeout}

// EnqueueOrchestratorItem enqueues as [provider.Provider.EnqueueOrchestratorItem] does.
func (p *Provider) EnqueueOrchestratorItem(ctx context.Context, item provider.WorkItem, delay time.Duration) error {
	if !p.ahead {
		return p.Provider.EnqueueOrchestratorItem(ctx, item, delay)
	}
	return p.giveBack(p.Provider.EnqueueOrchestratorItemAndFetch(ctx, item, delay, room))
}

// AckOrchestrationItem acks as [provider.Provider.AckOrchestrationItem] does.
func (p *Provider) AckOrchestrationItem(ctx context.Context, token provider.LockToken, ack provider.OrchestrationAck) error {
	if !p.ahead {
		return p.Provider.AckOrchestrationItem(ctx, token, ack)
	}
	return p.giveBack(p.Provider.AckOrchestrationItemAndFetch(ctx, token, ack, room))
}

// AckWorkItem acks as [provider.Provider.AckWorkItem] does.
func (p *Provider) AckWorkItem(ctx context.Context, token provider.LockToken, completion provider.WorkItem) error {
	if !p.ahead {
		return p.Provider.AckWorkItem(ctx, token, completion)
	}
	return p.giveBack(p.Provider.AckWorkItemAndFetch(ctx, token, completion, room))
}

// giveBack undoes the fetches. The operation's error is the first thing of interest.
func (p *Provider) giveBack(h provider.HandedOver, err error) error {
	ctx := context.Background()
	if err != nil {
		if h.Turn() != nil || h.Works != nil || h.Err != nil {
			return errors.New("handed over in spite of " + err.Error())
		}
		return err
	}
	err = h.Err
	undo := provider.Abandon{IgnoreAttempt: true}
	note := func(failed error) {
		// A turn of the rule may have cancelled the activity meanwhile, or somebody deleted the instance.
		if !errors.Is(failed, provider.ErrLockLost) {
			err = errors.Join(err, failed)
		}
	}
	for _, turn := range h.Turns {
		note(p.AbandonOrchestrationItem(ctx, turn.LockToken, undo))
	}
	for _, work := range h.Works {
		note(p.AbandonWorkItem(ctx, work.LockToken, undo))
	}
	return err
}
