package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pgbench-provider/provider"
)

// warmPasses before the last one. Each statement has one plan from its first use on (provider.SessionSettings); the second pass is for
// what a connection missed because another was quicker.
const warmPasses = 2

// tables are those of the provider (migrations).
var tables = []string{"instances", "executions", "history", "orchestrator_queue", "instance_locks", "worker_queue"}

// warm runs every statement on every connection, so that nothing is prepared or planned in a round, and leaves the tables
// empty. All connections are warmed at once, because a server may be far away; a distance that we add is not there yet.
func (c *cell) warm(ctx context.Context) error {
	conns, err := acquireAll(ctx, c.pool)
	defer releaseAll(conns)
	if err != nil {
		return err
	}
	var ids atomic.Int64
	at := together
	if c.exact {
		at = inTurn // or what the tables look like inside would depend on chance
	}
	run := func(first, passes int) error {
		return at(len(conns), func(i int) error {
			for pass := range passes {
				w := warmer{ctx, c.strategy, conns[i].Conn(), fmt.Sprintf("warm-up-%d-%d", i, first+pass), &ids}
				if err := w.pass(); err != nil {
					return fmt.Errorf("warm-up of %s: %w", c.strategy.Name(), err)
				}
			}
			return nil
		})
	}
	if err := run(0, warmPasses); err != nil {
		return err
	}
	// A truncate throws away all cached plans, so the last pass comes after it, and its rows are deleted. Those of cells
	// that share the schema are warm already, and stay so.
	if !c.shared {
		if _, err := conns[0].Exec(ctx, "truncate "+strings.Join(tables, ", ")); err != nil {
			return err
		}
	}
	if err := run(warmPasses, 1); err != nil {
		return err
	}
	return c.empty(ctx, conns[0])
}

// empty deletes all rows, which no cached plan notices.
func (c *cell) empty(ctx context.Context, conn execer) error {
	for _, table := range tables {
		if _, err := conn.Exec(ctx, "delete from "+table); err != nil {
			return err
		}
	}
	return nil
}

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// acquireAll gets every connection of the pool. Also after an error, what it gives must be released.
func acquireAll(ctx context.Context, pool *pgxpool.Pool) ([]*pgxpool.Conn, error) {
	conns := make([]*pgxpool.Conn, pool.Config().MaxConns)
	err := together(len(conns), func(i int) (err error) {
		conns[i], err = pool.Acquire(ctx)
		return err
	})
	return conns, err
}

func releaseAll(conns []*pgxpool.Conn) {
	for _, conn := range conns {
		if conn != nil {
			conn.Release()
		}
	}
}

// together runs n calls at once and gives the first error.
func together(n int, call func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = call(i) })
	}
	group.Wait()
	return errors.Join(errs...)
}

func inTurn(n int, call func(i int) error) error {
	for i := range n {
		if err := call(i); err != nil {
			return err
		}
	}
	return nil
}

// A warmer calls the operations of a strategy on one connection, through the strategy itself: a pool would not say which
// connection it uses. Others do the same at once, so what it fetches is mostly another's; nothing depends on whose.
type warmer struct {
	ctx      context.Context
	s        provider.Strategy
	conn     *pgx.Conn
	instance string
	ids      *atomic.Int64 // shared: event ids and tokens
}

// warmNow is any time: nothing here goes by the clock.
const warmNow, warmUntil = 1_000_000, 2_000_000

func (w warmer) lock() provider.Lock {
	return provider.Lock{Token: fmt.Sprintf("00000000-0000-4000-8000-%012d", w.ids.Add(1)), Now: warmNow, Until: warmUntil}
}

func (w warmer) pass() error {
	for _, step := range []func() error{w.empty, w.turn, w.turns, w.work, w.works, w.eager, w.read} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// empty fetches where nothing can be: before all time.
func (w warmer) empty() error {
	if _, err := w.s.FetchOrchestrationItem(w.ctx, w.conn, provider.Lock{Token: w.lock().Token, Now: -1, Until: 1}); !errors.Is(err, provider.ErrNoWork) {
		return fmt.Errorf("an empty queue gave %v", err)
	}
	if _, err := w.s.FetchOrchestrationItems(w.ctx, w.conn, provider.Lock{Token: w.lock().Token, Now: -1, Until: 1}, 2); !errors.Is(err, provider.ErrNoWork) {
		return fmt.Errorf("an empty queue gave %v", err)
	}
	if _, err := w.s.FetchWorkItem(w.ctx, w.conn, provider.Lock{Token: w.lock().Token, Now: -1, Until: 1}); !errors.Is(err, provider.ErrNoWork) {
		return fmt.Errorf("an empty queue gave %v", err)
	}
	if _, err := w.s.FetchWorkItems(w.ctx, w.conn, provider.Lock{Token: w.lock().Token, Now: -1, Until: 1}, 1); !errors.Is(err, provider.ErrNoWork) {
		return fmt.Errorf("an empty queue gave %v", err)
	}
	return nil
}

// fetch gets a turn; nil when what waits is in other hands at the moment.
func (w warmer) fetch() (*provider.Turn, provider.TurnLock, error) {
	l := w.lock()
	t, err := w.s.FetchOrchestrationItem(w.ctx, w.conn, l)
	if errors.Is(err, provider.ErrNoWork) {
		return nil, provider.TurnLock{}, nil
	}
	if err != nil {
		return nil, provider.TurnLock{}, err
	}
	return t, provider.TurnLock{Token: l.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs}, nil
}

// turn runs an abandoned turn and three that change all that a turn can change: the first of an instance, one in the
// middle, and the last.
func (w warmer) turn() error {
	for kind := range 4 {
		m := provider.Message{InstanceID: w.instance, VisibleAt: warmNow, Item: "{}"}
		if err := w.s.EnqueueOrchestratorItem(w.ctx, w.conn, m); err != nil {
			return err
		}
		t, held, err := w.fetch()
		if err != nil {
			return err
		}
		if t == nil {
			continue
		}
		if err := w.s.RenewOrchestrationLock(w.ctx, w.conn, held, warmNow, warmUntil); err != nil {
			return err
		}
		if kind == 3 {
			if err := w.s.AbandonOrchestrationItem(w.ctx, w.conn, provider.TurnAbandon{Lock: held, Now: warmNow}); err != nil {
				return err
			}
			if t, held, err = w.fetch(); t == nil || err != nil {
				return err
			}
			if err := w.s.DiscardOrchestrationItem(w.ctx, w.conn, held, warmNow); err != nil {
				return err
			}
			continue
		}
		if err := w.s.AckOrchestrationItem(w.ctx, w.conn, w.ack(held, kind)); err != nil {
			return err
		}
	}
	return nil
}

// turns runs three turns of an instance, each acked in a call for several, and each handed over where that is possible.
func (w warmer) turns() error {
	id := w.instance + "-turns"
	send := provider.Messages{InstanceIDs: []string{id, id + "-more"}, VisibleAt: []int64{warmNow, warmNow}, Items: []string{"{}", "{}"}}
	s, eager := w.s.(provider.EagerStrategy)
	for kind := range 3 {
		l := w.lock()
		work := w.lock()
		want := provider.Want{Turn: &l, Turns: 2, Works: 2, Work: &work}
		var turns []*provider.Turn
		var err error
		if eager && kind > 0 {
			var h provider.Handover
			h, err = s.EnqueueOrchestratorItemsAndFetch(w.ctx, w.conn, send, want)
			turns = h.Turns
		} else if err = w.s.EnqueueOrchestratorItems(w.ctx, w.conn, send); err == nil {
			turns, err = w.s.FetchOrchestrationItems(w.ctx, w.conn, l, 2)
		}
		if err != nil && !errors.Is(err, provider.ErrNoWork) {
			return err
		}
		if len(turns) == 0 {
			continue
		}
		slices.SortFunc(turns, func(a, b *provider.Turn) int { return cmp.Compare(a.InstanceID, b.InstanceID) })
		var acks []*provider.TurnAck
		for _, t := range turns {
			a := w.ack(provider.TurnLock{Token: l.Token, InstanceID: t.InstanceID, MessageIDs: t.MessageIDs}, kind)
			a.Messages = provider.Messages{}
			acks = append(acks, a)
		}
		if eager && kind > 0 {
			next := w.lock()
			_, err = s.AckOrchestrationItemsAndFetch(w.ctx, w.conn, provider.NewTurnAcks(warmNow, acks), provider.Want{Turn: &next, Turns: 2, Works: 2, Work: &next})
		} else {
			err = w.s.AckOrchestrationItems(w.ctx, w.conn, provider.NewTurnAcks(warmNow, acks))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w warmer) ack(held provider.TurnLock, kind int) *provider.TurnAck {
	name, version, status, output := "Warm", "1.0.0", provider.StatusCompleted, ""
	id := w.ids.Add(1)
	a := &provider.TurnAck{Lock: held, Now: warmNow, ExecutionID: 1,
		Events: provider.Events{IDs: []int64{id}, Data: []string{"{}"}},
		Works: provider.Works{InstanceIDs: []string{held.InstanceID}, ExecutionIDs: []int64{1},
			ActivityIDs: []int64{id}, Items: []string{"{}"}}}
	switch kind {
	case 0:
		a.Name, a.Version = &name, &version
	case 1: // as with a history that is kept
		a.HistoryOwner, a.HistoryThrough = &held.Token, &id
	case 2:
		a.ExecutionID = 2
		a.Status, a.Output, a.CompletedAt = &status, &output, &a.Now
		a.Messages = provider.Messages{InstanceIDs: []string{held.InstanceID, held.InstanceID + "-child"},
			VisibleAt: []int64{warmUntil, warmUntil}, Items: []string{"{}", "{}"}}
	}
	return a
}

// work schedules an item and works off one that is given back, one with a completion and one without.
func (w warmer) work() error {
	one := int64(1)
	for kind := range 3 {
		item := provider.Work{InstanceID: &w.instance, ExecutionID: &one, ActivityID: &one, Item: "{}"}
		if err := w.s.EnqueueWorkerItem(w.ctx, w.conn, item, warmNow); err != nil {
			return err
		}
		l := w.lock()
		work, err := w.s.FetchWorkItem(w.ctx, w.conn, l)
		if errors.Is(err, provider.ErrNoWork) {
			continue
		}
		if err != nil {
			return err
		}
		held := provider.WorkLock{Token: l.Token, ID: work.ID}
		if err := w.s.RenewWorkItemLock(w.ctx, w.conn, held, warmNow, warmUntil); err != nil {
			return err
		}
		var done *provider.Message
		if kind == 0 {
			done = &provider.Message{InstanceID: w.instance, VisibleAt: warmNow, Item: "{}"}
		}
		if kind == 2 {
			err = w.s.AbandonWorkItem(w.ctx, w.conn, provider.WorkAbandon{Lock: held})
		} else {
			err = w.s.AckWorkItem(w.ctx, w.conn, held, warmNow, done)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// works works off two items in one call, if it gets any.
func (w warmer) works() error {
	for _, more := range []bool{false, true} {
		for id := range int64(2) {
			item := provider.Work{InstanceID: &w.instance, ExecutionID: &id, ActivityID: &id, Item: "{}"}
			if err := w.s.EnqueueWorkerItem(w.ctx, w.conn, item, warmNow); err != nil {
				return err
			}
		}
		l := w.lock()
		items, err := w.s.FetchWorkItems(w.ctx, w.conn, l, 2)
		if errors.Is(err, provider.ErrNoWork) {
			continue
		}
		if err != nil {
			return err
		}
		var locks provider.WorkLocks
		var done provider.Messages
		for _, item := range items {
			locks.IDs, locks.Tokens = append(locks.IDs, item.ID), append(locks.Tokens, l.Token)
			done.InstanceIDs, done.VisibleAt, done.Items = append(done.InstanceIDs, w.instance), append(done.VisibleAt, warmNow), append(done.Items, "{}")
		}
		if s, ok := w.s.(provider.EagerStrategy); ok && more {
			turn, work := w.lock(), w.lock()
			_, err = s.AckWorkItemsAndFetch(w.ctx, w.conn, locks, warmNow, done, provider.Want{Turn: &turn, Works: 2, Work: &work})
		} else {
			err = w.s.AckWorkItems(w.ctx, w.conn, locks, warmNow, done)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eager runs the three turns of an instance, and an activity after each, by what is handed over. What else it is handed
// stays locked until the tables are emptied.
func (w warmer) eager() error {
	s, ok := w.s.(provider.EagerStrategy)
	if !ok {
		return nil
	}
	message := provider.Message{InstanceID: w.instance + "-eager", VisibleAt: warmNow, Item: "{}"}
	want := func() provider.Want {
		turn, work := w.lock(), w.lock()
		return provider.Want{Turn: &turn, Works: 1, Work: &work}
	}
	asked := want()
	got, err := s.EnqueueOrchestratorItemAndFetch(w.ctx, w.conn, message, asked)
	for kind := 0; kind < 3 && err == nil && got.Turn() != nil; kind++ {
		held := provider.TurnLock{Token: asked.Turn.Token, InstanceID: got.Turn().InstanceID, MessageIDs: got.Turn().MessageIDs}
		asked = want()
		if got, err = s.AckOrchestrationItemAndFetch(w.ctx, w.conn, w.ack(held, kind), asked); err != nil || len(got.Works) == 0 {
			break
		}
		work := provider.WorkLock{Token: asked.Work.Token, ID: got.Works[0].ID}
		asked = want()
		got, err = s.AckWorkItemAndFetch(w.ctx, w.conn, work, warmNow, &message, asked)
	}
	return err
}

func (w warmer) read() error {
	if _, err := w.s.ReadHistory(w.ctx, w.conn, w.instance); err != nil {
		return err
	}
	if _, err := w.s.ReadStatus(w.ctx, w.conn, w.instance); err != nil && !errors.Is(provider.Translate(err), provider.ErrInstanceNotFound) {
		return err
	}
	if _, err := w.s.GetQueueDepths(w.ctx, w.conn, 0); err != nil {
		return err
	}
	_, _, err := w.s.NextVisible(w.ctx, w.conn)
	return err
}
