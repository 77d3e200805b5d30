package provider

import (
	"container/list"
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
)

// histories keeps the events of the instances whose last turn this process had, so that a fetch asks only for newer ones.
// The server decides whether they are still the truth: it names the owner and the last event of the last turn. What was
// used longest ago is forgotten first.
type histories struct {
	owner string
	limit int // bytes of JSON

	mu     sync.Mutex
	size   int
	known  map[string]*list.Element // of *kept, by instance
	recent *list.List
}

// kept are the events of one execution through one of them. Events are never changed once they are there.
type kept struct {
	instance           string
	execution, through int64
	seen               *string // the owner when they were read
	events             []Event
	added              []Event // by the turn under way
	size               int
}

func newHistories(limit int) *histories {
	if limit <= 0 {
		return nil
	}
	return &histories{owner: newToken(), limit: limit, known: map[string]*list.Element{}, recent: list.New()}
}

// me is the owner as fetches and acks name it.
func (h *histories) me() *string {
	if h == nil {
		return nil
	}
	return &h.owner
}

func (h *histories) get(instance string) *kept {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.known[instance]
	if e == nil {
		return nil
	}
	h.recent.MoveToFront(e)
	return e.Value.(*kept)
}

func (h *histories) drop(instance string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.known[instance]; e != nil {
		h.remove(e)
	}
}

func (h *histories) remove(e *list.Element) {
	k := h.recent.Remove(e).(*kept)
	delete(h.known, k.instance)
	h.size -= k.size
}

func (h *histories) put(k *kept) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.known[k.instance]; e != nil {
		h.remove(e)
	}
	if k.size > h.limit {
		return
	}
	h.known[k.instance] = h.recent.PushFront(k)
	for h.size += k.size; h.size > h.limit; {
		h.remove(h.recent.Back())
	}
}

// complete gives item the events that the fetch left out because this process keeps them. It reads them again when they
// were forgotten meanwhile; if that fails the item is given back.
func (p *Provider) complete(ctx context.Context, t *Turn, item *OrchestrationItem) (*OrchestrationItem, error) {
	if p.histories == nil {
		return item, nil
	}
	if item.HistoryError != nil || !t.Known || t.ExecutionID == nil {
		p.histories.drop(t.InstanceID)
		return item, nil
	}
	if err := p.recall(ctx, t, item); err != nil {
		_ = p.AbandonOrchestrationItem(ctx, item.LockToken, Abandon{IgnoreAttempt: true}) // else its lock runs out
		return nil, err
	}
	return item, nil
}

func (p *Provider) recall(ctx context.Context, t *Turn, item *OrchestrationItem) error {
	h := p.histories
	k := &kept{instance: t.InstanceID, execution: *t.ExecutionID, seen: t.HistoryOwner, events: item.History, size: length(t.History)}
	if through := t.KeptThrough(h.me()); through > 0 {
		if old := h.get(t.InstanceID); old != nil && old.execution == k.execution && old.through == through {
			k.events, k.size = append(old.events, item.History...), k.size+old.size
		} else if err := p.reread(ctx, k, item); err != nil || item.HistoryError != nil {
			return err
		}
	}
	if n := len(k.events); n > 0 {
		k.through = k.events[n-1].EventID()
	}
	item.History = slices.Clip(k.events)
	h.put(k)
	return nil
}

func (p *Provider) reread(ctx context.Context, k *kept, item *OrchestrationItem) error {
	p.histories.drop(k.instance)
	var data []string
	err := p.do(ctx, "read_execution", OutcomeOK, func(conn *pgx.Conn) (err error) {
		data, err = p.strategy.ReadExecution(ctx, conn, k.instance, k.execution)
		return err
	})
	if err != nil {
		return err
	}
	k.size = length(data)
	if k.events, err = decodeHistory(data); err != nil {
		item.History, item.HistoryError = nil, err
	}
	return nil
}

// keeps says in an ack what this process will keep when it has committed, and returns that; nil for nothing.
func (h *histories) keeps(a *TurnAck, events []Event) *kept {
	if h == nil {
		return nil
	}
	old := h.get(a.Lock.InstanceID)
	if old == nil || old.execution != a.ExecutionID || a.Status != nil && a.Status.Terminal() {
		return nil
	}
	k := &kept{instance: old.instance, execution: old.execution, through: old.through, events: old.events, added: events,
		size: old.size + length(a.Events.Data)}
	for _, id := range a.Events.IDs {
		if id <= k.through {
			return nil // out of order: what is newer would not be all that is new
		}
		k.through = id
	}
	a.HistorySeen, a.HistoryOwner, a.HistoryThrough = old.seen, &h.owner, &k.through
	k.seen = a.HistoryOwner
	return k
}

// acked keeps what an ack has committed, or forgets the instance.
func (h *histories) acked(instance string, k *kept, err error) {
	if h == nil {
		return
	}
	if k == nil || err != nil {
		h.drop(instance)
		return
	}
	// Only here: of those who hold the same events, one at most commits.
	k.events, k.added = append(k.events, k.added...), nil
	h.put(k)
}

func length(texts []string) (n int) {
	for _, t := range texts {
		n += len(t)
	}
	return n
}
