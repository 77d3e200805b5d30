package providertest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var handOver = []Rule{
	{Name: "is_an_immediate_fetch", test: handOverIsAnImmediateFetch},
	{Name: "of_what_the_ack_made", test: handOverOfWhatTheAckMade},
	{Name: "of_work_items_in_order", test: handOverOfWorkItemsInOrder},
	{Name: "passes_over_what_is_locked", test: handOverPassesOverWhatIsLocked},
	{Name: "of_nothing_is_no_error", test: handOverOfNothing},
	{Name: "says_what_an_ack_has_left", test: leftAfterAnAck},
	{Name: "reads_no_turn_from_an_old_snapshot", test: noTurnFromAnOldSnapshot},
	{Name: "crash_after_it_loses_nothing", test: crashAfterHandOver},
	{Name: "none_after_a_failed_ack", test: noHandOverAfterAFailedAck},
	{Name: "drops_orphans", test: handOverDropsOrphans},
	{Name: "of_what_cannot_be_decoded", test: handOverOfWhatCannotBeDecoded},
	{Name: "bounds_of_room", test: boundsOfRoom},
	{Name: "commits_durably", test: handOverCommitsDurably},
	{Name: "observed_under_its_own_name", test: handOverObserved},
}

// A handing is one operation that hands over, beside the plain one.
type handing struct {
	name  string
	plain func(s *trial, turn *provider.OrchestrationItem, work *provider.LockedWorkItem) error
	eager func(s *trial, turn *provider.OrchestrationItem, work *provider.LockedWorkItem, r provider.Room) (provider.HandedOver, error)
}

var secondTurn = provider.OrchestrationAck{ExecutionID: 1, History: events(started("1.0.0"), scheduled(2)), Metadata: named("1.0.0"),
	WorkerItems: activities("turn", 2), OrchestratorItems: messages(external("turn", "again"), start("child"))}

// alone acks a turn as a group of one.
func alone(turn *provider.OrchestrationItem) []provider.OrchestrationItemAck {
	a := secondTurn
	a.OrchestratorItems = nil
	return []provider.OrchestrationItemAck{{LockToken: turn.LockToken, OrchestrationAck: a}}
}

// severalTurns tells the operations on several items, which may hand several turns over.
func (h handing) severalTurns() bool { return strings.HasSuffix(h.name, "_items") }

var handings = []handing{
	{"enqueue_orchestrator_item",
		func(s *trial, _ *provider.OrchestrationItem, _ *provider.LockedWorkItem) error {
			return s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, start("new"), 0)
		},
		func(s *trial, _ *provider.OrchestrationItem, _ *provider.LockedWorkItem, r provider.Room) (provider.HandedOver, error) {
			return s.Provider.EnqueueOrchestratorItemAndFetch(s.ctx, start("new"), 0, r)
		}},
	{"ack_orchestration_item",
		func(s *trial, turn *provider.OrchestrationItem, _ *provider.LockedWorkItem) error {
			return s.Provider.Provider.AckOrchestrationItem(s.ctx, turn.LockToken, secondTurn)
		},
		func(s *trial, turn *provider.OrchestrationItem, _ *provider.LockedWorkItem, r provider.Room) (provider.HandedOver, error) {
			return s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, secondTurn, r)
		}},
	{"enqueue_orchestrator_items",
		func(s *trial, _ *provider.OrchestrationItem, _ *provider.LockedWorkItem) error {
			return s.Provider.Provider.EnqueueOrchestratorItems(s.ctx, messages(start("new"), external("known", "z"), start("newer")))
		},
		func(s *trial, _ *provider.OrchestrationItem, _ *provider.LockedWorkItem, r provider.Room) (provider.HandedOver, error) {
			return s.Provider.EnqueueOrchestratorItemsAndFetch(s.ctx, messages(start("new"), external("known", "z"), start("newer")), r)
		}},
	{"ack_orchestration_items",
		func(s *trial, turn *provider.OrchestrationItem, _ *provider.LockedWorkItem) error {
			return s.Provider.Provider.AckOrchestrationItems(s.ctx, alone(turn))
		},
		func(s *trial, turn *provider.OrchestrationItem, _ *provider.LockedWorkItem, r provider.Room) (provider.HandedOver, error) {
			return s.Provider.AckOrchestrationItemsAndFetch(s.ctx, alone(turn), r)
		}},
	{"ack_work_item",
		func(s *trial, _ *provider.OrchestrationItem, work *provider.LockedWorkItem) error {
			return s.Provider.Provider.AckWorkItem(s.ctx, work.LockToken, completed("new", 1))
		},
		func(s *trial, _ *provider.OrchestrationItem, work *provider.LockedWorkItem, r provider.Room) (provider.HandedOver, error) {
			return s.Provider.AckWorkItemAndFetch(s.ctx, work.LockToken, completed("new", 1), r)
		}},
	{"ack_work_items",
		func(s *trial, _ *provider.OrchestrationItem, work *provider.LockedWorkItem) error {
			return s.Provider.Provider.AckWorkItems(s.ctx, []provider.WorkItemAck{{LockToken: work.LockToken, Completion: completed("new", 1)}})
		},
		func(s *trial, _ *provider.OrchestrationItem, work *provider.LockedWorkItem, r provider.Room) (provider.HandedOver, error) {
			return s.Provider.AckWorkItemsAndFetch(s.ctx, []provider.WorkItemAck{{LockToken: work.LockToken, Completion: completed("new", 1)}}, r)
		}},
}

// Whatever there is, and however much of it was taken before, a hand-over is what fetches right after would have got.
func handOverIsAnImmediateFetch(s *trial) {
	began := s.Clock.ms.Load()
	for _, h := range handings {
		for _, taken := range []int{0, 2, 5} {
			for _, r := range []provider.Room{{Works: 2, WorkLock: lockTimeout}, {Turn: lockTimeout, Works: 9, WorkLock: 2 * lockTimeout},
				{Turn: lockTimeout, Turns: 3, Works: 1, WorkLock: lockTimeout}, {Turn: lockTimeout, Turns: 9}} {
				if r.Turns > 0 && !h.severalTurns() {
					continue
				}
				var seen [2]string
				for i := range seen {
					s.Clock.ms.Store(began)
					turn, work := s.bustle()
					for range taken {
						s.fetch()
						s.fetchWork()
					}
					if i == 0 {
						seen[i] = s.sight(s.plainly(r, h.plain(s, turn, work)))
					} else {
						seen[i] = s.sight(h.eager(s, turn, work, r))
					}
				}
				equal(s, fmt.Sprintf("%s for %+v, %d taken before", h.name, r, taken), seen[1], seen[0])
			}
		}
	}
}

// plainly fetches after a plain operation.
func (s *trial) plainly(r provider.Room, err error) (h provider.HandedOver, _ error) {
	if err == nil && r.Turn > 0 {
		for len(h.Turns) < max(r.Turns, 1) && err == nil {
			var turn *provider.OrchestrationItem
			if turn, err = s.Provider.FetchOrchestrationItem(s.ctx, r.Turn); err == nil {
				h.Turns = append(h.Turns, turn)
			}
		}
	}
	for n := 0; n < r.Works && none(err) == nil; n++ {
		var work *provider.LockedWorkItem
		if work, err = s.Provider.FetchWorkItem(s.ctx, r.WorkLock); err == nil {
			h.Works = append(h.Works, work)
		}
	}
	return h, none(err)
}

func none(err error) error {
	if err == provider.ErrNoWork {
		return nil
	}
	return err
}

// A whole orchestration in four calls.
func handOverOfWhatTheAckMade(s *trial) {
	one := provider.Room{Turn: lockTimeout, Works: 1, WorkLock: lockTimeout}
	h, err := s.Provider.EnqueueOrchestratorItemAndFetch(s.ctx, start("a"), 0, one)
	s.must(err)
	equal(s, "messages", h.Turn().Messages, messages(start("a")))
	h, err = s.Provider.AckOrchestrationItemAndFetch(s.ctx, h.Turn().LockToken, provider.OrchestrationAck{ExecutionID: 1,
		History: events(started("1.0.0"), scheduled(2)), WorkerItems: activities("a", 2), Metadata: named("1.0.0")}, one)
	s.must(err)
	equal(s, "turns", len(h.Turns), 0)
	equal[provider.WorkItem](s, "work item", h.Works[0].Item, activity("a", 2))
	h, err = s.Provider.AckWorkItemAndFetch(s.ctx, h.Works[0].LockToken, completed("a", 2), one)
	s.must(err)
	equal(s, "messages", h.Turn().Messages, messages(completed("a", 2)))
	equal(s, "history", h.Turn().History, events(started("1.0.0"), scheduled(2)))
	equal(s, "works", len(h.Works), 0)
	h, err = s.Provider.AckOrchestrationItemAndFetch(s.ctx, h.Turn().LockToken, provider.OrchestrationAck{ExecutionID: 1,
		Metadata: ended(provider.StatusCompleted, "ok")}, one)
	s.must(err)
	equal(s, "at the end", h, provider.HandedOver{})
	status, err := s.Provider.ReadStatus(s.ctx, "a")
	s.must(err)
	equal(s, "status", status.Status, provider.StatusCompleted)
}

// Items that were handed over together have nothing in common afterwards.
func handOverOfWorkItemsInOrder(s *trial) {
	s.schedule(activities("a", 1, 2, 3, 4)...)
	h, err := s.Provider.AckWorkItemAndFetch(s.ctx, s.fetchWork().LockToken, nil, provider.Room{Works: 2, WorkLock: lockTimeout})
	s.must(err)
	equal(s, "items", itemsOf(h.Works), messages(activity("a", 2), activity("a", 3)))
	s.must(s.Provider.AbandonWorkItem(s.ctx, h.Works[0].LockToken, provider.Abandon{}))
	s.fails("again", s.Provider.AbandonWorkItem(s.ctx, h.Works[0].LockToken, provider.Abandon{}), provider.ErrLockLost)
	s.must(s.Provider.RenewWorkItemLock(s.ctx, h.Works[1].LockToken, time.Minute))
	again := s.fetchWork()
	equal[provider.WorkItem](s, "given back", again.Item, activity("a", 2))
	equal(s, "attempts", again.AttemptCount, 2)
	equal[provider.WorkItem](s, "next", s.fetchWork().Item, activity("a", 4))
	s.Clock.Advance(afterLock)
	s.must(s.Provider.AckWorkItem(s.ctx, h.Works[1].LockToken, completed("a", 3)))
}

func itemsOf(works []*provider.LockedWorkItem) (items []provider.WorkItem) {
	for _, w := range works {
		items = append(items, w.Item)
	}
	return items
}

// Rows that another transaction holds are neither waited for nor handed over.
func handOverPassesOverWhatIsLocked(s *trial) {
	s.enqueue(start("turn"))
	turn := s.fetch()
	s.enqueue(start("a"), start("b"))
	s.schedule(activities("a", 1, 2, 3)...)
	conn, done := s.session()
	defer done()
	_, err := conn.Exec(s.ctx, `begin; select from instance_locks where instance_id = 'a' for update;
		select from worker_queue where activity_id = 2 for update`)
	s.must(err)
	h, err := s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, firstTurn("1.0.0"),
		provider.Room{Turn: lockTimeout, Works: 3, WorkLock: lockTimeout})
	s.must(err)
	s.must(h.Err)
	equal(s, "instance", h.Turn().Instance, "b")
	equal(s, "items", itemsOf(h.Works), messages(activity("a", 1), activity("a", 3)))
}

func handOverOfNothing(s *trial) {
	r := provider.Room{Turn: lockTimeout, Works: 3, WorkLock: lockTimeout}
	later := provider.TimerFired{Instance: "a", ExecutionID: 1, ID: 1, FireAt: s.Clock.Now().Add(time.Minute).UnixMilli()}
	h, err := s.Provider.EnqueueOrchestratorItemAndFetch(s.ctx, later, 0, r)
	s.must(err)
	equal(s, "handed over", h, provider.HandedOver{})
	h, err = s.Provider.EnqueueOrchestratorItemAndFetch(s.ctx, start("b"), time.Second, r)
	s.must(err)
	equal(s, "handed over", h, provider.HandedOver{})
	h, err = s.Provider.EnqueueOrchestratorItemAndFetch(s.ctx, start("c"), 0, provider.Room{})
	s.must(err)
	equal(s, "without room", h, provider.HandedOver{})
	equal(s, "instance", s.fetch().Instance, "c")
}

// Whoever sent the message found the instance locked, so its turn is all that knows of it.
func leftAfterAnAck(s *trial) {
	s.enqueue(start("a"))
	turn := s.fetch()
	s.must(s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, external("a", "x"), 3*time.Millisecond))
	r := provider.Room{Turn: lockTimeout}
	h, err := s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, provider.OrchestrationAck{ExecutionID: 1}, r)
	s.must(err)
	if s.Provider.Eager() {
		left := 3 * time.Millisecond
		equal(s, "left", h, provider.HandedOver{Left: []time.Duration{left}})
	} else {
		equal(s, "left", h, provider.HandedOver{})
	}
	s.Clock.Advance(3 * time.Millisecond)
	turn = s.fetch()
	equal(s, "messages", turn.Messages, messages(external("a", "x")))
	s.must(s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, external("a", "y"), 0))
	h, err = s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, provider.OrchestrationAck{ExecutionID: 1}, r)
	s.must(err)
	equal(s, "handed over", h.Turn().Messages, messages(external("a", "y")))
	equal(s, "left", len(h.Left), 0)
	h, err = s.Provider.AckOrchestrationItemAndFetch(s.ctx, h.Turn().LockToken, provider.OrchestrationAck{ExecutionID: 1}, r)
	s.must(err)
	equal(s, "at the end", h, provider.HandedOver{})

	s.enqueue(start("b"), start("c"), start("d"))
	turns := s.fetchTurns(3)
	var acks []provider.OrchestrationItemAck
	for n, t := range turns {
		if n < 2 {
			s.must(s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, external(t.Instance, "x"), time.Duration(3+n)*time.Millisecond))
		}
		acks = append(acks, provider.OrchestrationItemAck{LockToken: t.LockToken, OrchestrationAck: provider.OrchestrationAck{ExecutionID: 1}})
	}
	h, err = s.Provider.AckOrchestrationItemsAndFetch(s.ctx, acks, r)
	s.must(err)
	if s.Provider.Eager() {
		equal(s, "left of several", h, provider.HandedOver{Left: []time.Duration{3 * time.Millisecond, 4 * time.Millisecond}})
	} else {
		equal(s, "left of several", h, provider.HandedOver{})
	}
}

// Whoever got a hand-over and died, or never got the reply, is as one who fetched and died.
func crashAfterHandOver(s *trial) {
	s.enqueue(start("turn"))
	turn := s.fetch()
	s.enqueue(start("a"), external("a", "x"))
	h, err := s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, provider.OrchestrationAck{ExecutionID: 1,
		WorkerItems: activities("turn", 1, 2)}, provider.Room{Turn: lockTimeout, Works: 2, WorkLock: lockTimeout})
	s.must(err)
	equal(s, "attempts", []int{h.Turn().AttemptCount, h.Works[0].AttemptCount, h.Works[1].AttemptCount}, []int{1, 1, 1})
	s.fetchNone()
	s.fetchNoWork()
	s.Clock.Advance(lockTimeout)
	again := s.fetch()
	equal(s, "messages", again.Messages, messages(start("a"), external("a", "x")))
	equal(s, "attempts of the turn", again.AttemptCount, 2)
	for n := range int64(2) {
		work := s.fetchWork()
		equal[provider.WorkItem](s, "work item", work.Item, activity("turn", n+1))
		equal(s, "attempts of the work", work.AttemptCount, 2)
	}
	s.fails("late ack", s.tryAck(h.Turn(), bare), provider.ErrLockLost)
	s.fails("late work ack", s.Provider.AckWorkItem(s.ctx, h.Works[0].LockToken, nil), provider.ErrLockLost)
}

func noHandOverAfterAFailedAck(s *trial) {
	turn, work := s.bustle()
	r := provider.Room{Turn: lockTimeout, Works: 3, WorkLock: lockTimeout}
	before := s.contents()
	refused := func(what string, h provider.HandedOver, err, want error) {
		s.Helper()
		s.fails(what, err, want)
		equal(s, what, h, provider.HandedOver{})
		equal(s, "the database after "+what, s.contents(), before)
	}
	twice := provider.OrchestrationAck{ExecutionID: 1, History: events(scheduled(2), scheduled(2))}
	h, err := s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, twice, r)
	refused("a duplicate event", h, err, provider.ErrDuplicateEvent)
	h, err = s.Provider.AckOrchestrationItemAndFetch(s.ctx, forge(turn.LockToken), secondTurn, r)
	refused("a forged token", h, err, provider.ErrLockLost)
	s.Clock.Advance(time.Minute)
	h, err = s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, secondTurn, r)
	refused("an expired token", h, err, provider.ErrLockLost)
	h, err = s.Provider.AckWorkItemAndFetch(s.ctx, work.LockToken, completed("new", 1), r)
	refused("an expired token of work", h, err, provider.ErrLockLost)
}

func handOverDropsOrphans(s *trial) {
	s.enqueue(start("turn"))
	turn := s.fetch()
	s.must(s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, inbox("nobody"), 0))
	s.must(s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, start("a"), 0))
	h, err := s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, firstTurn("1.0.0"), provider.Room{Turn: lockTimeout})
	s.must(err)
	s.must(h.Err)
	equal(s, "instance", h.Turn().Instance, "a")
	equal(s, "messages for nobody", s.count("select count(*) from orchestrator_queue where instance_id = 'nobody'"), 0)
	s.ack(h.Turn(), firstTurn("1.0.0"))
	h, err = s.Provider.EnqueueOrchestratorItemAndFetch(s.ctx, inbox("nobody"), 0, provider.Room{Turn: lockTimeout})
	s.must(err)
	equal(s, "handed over", h, provider.HandedOver{})
}

// What cannot be decoded is the business of whoever holds it, and no failure of the ack.
func handOverOfWhatCannotBeDecoded(s *trial) {
	s.enqueue(start("turn"))
	turn := s.fetch()
	s.enqueue(start("a"))
	s.schedule(activity("a", 1))
	s.exec(`update orchestrator_queue set work_item = '{"Nonsense": {}}' where instance_id = 'a'`)
	s.exec(`update worker_queue set work_item = 'no json'`)
	h, err := s.Provider.AckOrchestrationItemAndFetch(s.ctx, turn.LockToken, firstTurn("1.0.0"),
		provider.Room{Turn: lockTimeout, Works: 1, WorkLock: lockTimeout})
	s.must(err)
	s.must(h.Err)
	s.fails("turn", h.Turn().HistoryError, provider.ErrCorrupt)
	s.fails("work item", h.Works[0].Err, provider.ErrCorrupt)
	equal(s, "events of the turn that was acked", len(s.history("turn")), 1)
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, h.Turn().LockToken, provider.Abandon{}))
	s.must(s.Provider.AckWorkItem(s.ctx, h.Works[0].LockToken, nil))
}

func boundsOfRoom(s *trial) {
	turn, work := s.bustle()
	before := s.contents()
	for _, r := range []provider.Room{{Turn: -time.Second}, {Turn: time.Microsecond}, {Works: -1}, {Turns: -1}, {Works: 1}, {Works: 1, WorkLock: time.Microsecond}} {
		for _, h := range handings {
			_, err := h.eager(s, turn, work, r)
			s.fails(fmt.Sprintf("%s with %+v", h.name, r), err, provider.ErrInvalid)
		}
	}
	equal(s, "the database", s.contents(), before)
}

// A fetch need not wait for the disk, an ack must, also with a fetch behind it.
func handOverCommitsDurably(s *trial) {
	eager, ok := s.strategy.(provider.EagerStrategy)
	if !ok {
		return // two transactions, each as durable as it is alone
	}
	conn, done := s.session()
	defer done()
	now := s.Clock.Now().UnixMilli()
	lock := provider.Lock{Token: "00000000-0000-4000-8000-000000000001", Now: now, Until: now + 1000}
	durably := func(what string, turns int, do func(conn *pgx.Conn) (provider.Handover, error)) (h provider.Handover) {
		s.must(pgx.BeginFunc(s.ctx, conn, func(tx pgx.Tx) error {
			_, err := tx.Exec(s.ctx, "set local synchronous_commit = on")
			s.must(err)
			h, err = do(tx.Conn())
			s.must(err)
			equal(s, "turns after "+what, len(h.Turns), turns)
			var setting string
			err = tx.QueryRow(s.ctx, "show synchronous_commit").Scan(&setting)
			equal(s, "synchronous_commit at the end of "+what, setting, "on")
			return err
		}))
		return h
	}
	want := provider.Want{Turn: &lock, Turns: 3, Works: 1, Work: &lock}
	durably("an enqueue", 1, func(c *pgx.Conn) (provider.Handover, error) {
		return eager.EnqueueOrchestratorItemAndFetch(s.ctx, c, provider.Message{InstanceID: "a", VisibleAt: now, Item: "{}"}, want)
	})
	send := provider.Messages{InstanceIDs: []string{"b", "c"}, VisibleAt: []int64{now, now}, Items: []string{"{}", "{}"}}
	h := durably("an enqueue of two", 2, func(c *pgx.Conn) (provider.Handover, error) {
		return eager.EnqueueOrchestratorItemsAndFetch(s.ctx, c, send, want)
	})
	for i, works := range []provider.Works{{}, {InstanceIDs: []string{"c"}, ExecutionIDs: []int64{1}, ActivityIDs: []int64{1}, Items: []string{"{}"}}} {
		ack := &provider.TurnAck{Lock: provider.TurnLock{Token: lock.Token, InstanceID: h.Turns[i].InstanceID, MessageIDs: h.Turns[i].MessageIDs},
			Now: now, ExecutionID: 1, Works: works}
		got := durably("an ack of several", 0, func(c *pgx.Conn) (provider.Handover, error) {
			return eager.AckOrchestrationItemsAndFetch(s.ctx, c, provider.NewTurnAcks(now, []*provider.TurnAck{ack}), want)
		})
		equal(s, "items", len(got.Works), works.Len())
		if len(got.Works) > 0 {
			locks := provider.WorkLocks{IDs: []int64{got.Works[0].ID}, Tokens: []string{lock.Token}}
			durably("an ack of items", 1, func(c *pgx.Conn) (provider.Handover, error) {
				return eager.AckWorkItemsAndFetch(s.ctx, c, locks, now, provider.Messages{InstanceIDs: []string{"d"}, VisibleAt: []int64{now}, Items: []string{"{}"}}, want)
			})
		}
	}
}

// A snapshot of a whole transaction may be older than the instance's last turn: a turn read from it would lack events.
func noTurnFromAnOldSnapshot(s *trial) {
	eager, ok := s.strategy.(provider.EagerStrategy)
	if !ok {
		return // each fetch is a transaction of its own
	}
	now := s.Clock.Now().UnixMilli()
	lock := provider.Lock{Token: "00000000-0000-4000-8000-000000000001", Now: now, Until: now + 1000}
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		id := string(level)
		s.schedule(activity(id, 1))
		conn, done := s.session()
		tx, err := conn.BeginTx(s.ctx, pgx.TxOptions{IsoLevel: level})
		s.must(err)
		work, err := eager.FetchWorkItem(s.ctx, tx.Conn(), lock) // with the snapshot
		s.must(err)
		s.enqueue(start(id))
		s.must(s.tryAck(s.fetch(), provider.OrchestrationAck{ExecutionID: 1, History: events(started("1.0.0")), Metadata: named("1.0.0")}))

		h, err := eager.EnqueueOrchestratorItemAndFetch(s.ctx, tx.Conn(), provider.Message{InstanceID: id, VisibleAt: now, Item: "{}"},
			provider.Want{Turn: &lock})
		s.must(err)
		equal(s, "after an enqueue, "+id, h, provider.Handover{Next: []int64{now}})
		h, err = eager.AckWorkItemsAndFetch(s.ctx, tx.Conn(), provider.WorkLocks{IDs: []int64{work.ID}, Tokens: []string{lock.Token}}, now,
			provider.Messages{InstanceIDs: []string{id}, VisibleAt: []int64{now}, Items: []string{"{}"}}, provider.Want{Turn: &lock})
		s.must(err)
		equal(s, "after an ack of items, "+id, h, provider.Handover{Next: []int64{now}})
		h, err = eager.EnqueueOrchestratorItemsAndFetch(s.ctx, tx.Conn(), provider.Messages{InstanceIDs: []string{id}, VisibleAt: []int64{now}, Items: []string{"{}"}},
			provider.Want{Turn: &lock, Turns: 2})
		s.must(err)
		equal(s, "after an enqueue of several, "+id, h, provider.Handover{Next: []int64{now}})
		s.must(tx.Rollback(s.ctx))

		s.enqueue(external(id, "x"), start("other "+id))
		turn, err := eager.FetchOrchestrationItem(s.ctx, conn, lock)
		s.must(err)
		tx, err = conn.BeginTx(s.ctx, pgx.TxOptions{IsoLevel: level})
		s.must(err)
		ack := &provider.TurnAck{Lock: provider.TurnLock{Token: lock.Token, InstanceID: turn.InstanceID, MessageIDs: turn.MessageIDs}, Now: now, ExecutionID: 1}
		h, err = eager.AckOrchestrationItemsAndFetch(s.ctx, tx.Conn(), provider.NewTurnAcks(now, []*provider.TurnAck{ack}), provider.Want{Turn: &lock, Turns: 2})
		s.must(err)
		equal(s, "after an ack of several, "+id, h, provider.Handover{Next: []int64{now}})
		s.must(tx.Rollback(s.ctx))
		s.exec("delete from worker_queue")
		s.exec("delete from orchestrator_queue")
		s.exec("delete from instance_locks")
		done()
	}
}

// The time of an ack that fetches too is not the time of an ack.
func handOverObserved(s *trial) {
	for _, h := range handings {
		turn, work := s.bustle()
		seen := len(s.record.list())
		_, err := h.eager(s, turn, work, provider.Room{Turn: lockTimeout, Works: 1, WorkLock: lockTimeout})
		s.must(err)
		want := []string{h.name, "fetch_orchestration_item", "fetch_work_item"}
		if s.Provider.Eager() {
			want = []string{h.name + "_and_fetch"}
		}
		var names []string
		for _, o := range s.record.list()[seen:] {
			names = append(names, o.Operation)
		}
		if !slices.Equal(names, want) {
			s.Errorf("%s is observed as %v, want %v", h.name, names, want)
		}
	}
}
