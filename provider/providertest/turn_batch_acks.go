package providertest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"pgbench-provider/provider"
)

// variety is a turn of each kind that can be acked with others, in the order of their instances.
func (s *trial) variety() []provider.OrchestrationItemAck {
	s.Helper()
	s.clear()
	for _, id := range []string{"ahead", "done", "known", "old", "renamed"} {
		s.enqueue(start(id))
		s.turn(firstTurn("1.0.0"))
	}
	s.plainEnqueue(external("ahead", "x"), external("old", "x"))
	for _, item := range s.fetchTurns(2) {
		s.must(s.tryAck(item, provider.OrchestrationAck{ExecutionID: 3, History: events(started("1.0.0"))}))
	}
	s.Clock.Advance(time.Second) // or an update would not show
	child := provider.ExecutionMetadata{Name: "Child", Version: "2.0.0", ParentInstance: "known"}
	acks := map[string]provider.OrchestrationAck{
		"ahead": {ExecutionID: 4, Metadata: provider.ExecutionMetadata{Status: provider.StatusRunning, Output: "so far"}},
		"child": {ExecutionID: 1, History: events(started("2.0.0"), scheduled(2)), WorkerItems: activities("child", 2, 3), Metadata: child},
		"done": {ExecutionID: 1, History: events(provider.OrchestrationCompleted{ID: 2, Output: "out"}),
			Metadata: provider.ExecutionMetadata{Status: provider.StatusCompleted, Output: "out"}},
		"known":   {ExecutionID: 1, History: events(scheduled(2), scheduled(3)), WorkerItems: activities("known", 2, 3)},
		"nobody":  {ExecutionID: 2},
		"old":     {ExecutionID: 1, History: events(scheduled(7))},
		"renamed": {ExecutionID: 1, Metadata: provider.ExecutionMetadata{Name: "Other", Version: "3.0.0", Status: provider.StatusContinuedAsNew, Output: "next"}},
	}
	for _, id := range slices.Sorted(maps.Keys(acks)) {
		s.plainEnqueue(external(id, "x"), external(id, "y"))
	}
	var list []provider.OrchestrationItemAck
	for _, item := range s.fetchTurns(len(acks)) {
		list = append(list, provider.OrchestrationItemAck{LockToken: item.LockToken, OrchestrationAck: acks[item.Instance]})
	}
	equal(s, "turns", len(list), len(acks))
	return list
}

// Several acks in one are what they are one by one, whatever each of them changes, and whatever came for its instance meanwhile.
func turnAcksAreAsSingleOnes(s *trial) {
	began := s.Clock.ms.Load()
	var seen [2]string
	for i := range seen {
		s.Clock.ms.Store(began)
		list := s.variety()
		s.plainEnqueue(external("known", "late"))
		s.must(s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, external("done", "later"), time.Second))
		if i == 0 {
			for _, a := range list {
				s.must(s.Provider.Provider.AckOrchestrationItem(s.ctx, a.LockToken, a.OrchestrationAck))
			}
		} else {
			slices.Reverse(list)
			s.must(s.Provider.AckOrchestrationItems(s.ctx, list))
		}
		seen[i] = s.with("")
	}
	equal(s, "the database", seen[1], seen[0])
	status, err := s.Provider.ReadStatus(s.ctx, "done")
	s.must(err)
	equal(s, "status", status, provider.InstanceStatus{Status: provider.StatusCompleted, Output: "out", ExecutionID: 1})
	equal(s, "history", len(s.history("known")), 3)
	equal(s, "work items", s.count("select count(*) from worker_queue"), 4)
}

// A message that is committed while the acks wait for its instance's row belongs to the next turn, as do those before.
func turnAcksKeepWhatCame(s *trial) {
	s.plainEnqueue(start("a"), start("b"), start("c"))
	items := s.fetchTurns(3)
	s.plainEnqueue(external("c", "before"))
	var acks []provider.OrchestrationItemAck
	for _, item := range items {
		acks = append(acks, provider.OrchestrationItemAck{LockToken: item.LockToken, OrchestrationAck: firstTurn("1.0.0")})
	}
	errs := s.inLine("b",
		func(ctx context.Context) error {
			return s.Provider.Provider.EnqueueOrchestratorItem(ctx, external("b", "meanwhile"), 0)
		},
		func(ctx context.Context) error { return s.Provider.AckOrchestrationItems(ctx, acks) })
	s.must(errors.Join(errs...))
	s.quiet()
	next := s.fetchTurns(3)
	equal(s, "instances", instancesOf(next), []string{"c", "b"})
	equal(s, "messages of c", next[0].Messages, messages(external("c", "before")))
	equal(s, "messages of b", next[1].Messages, messages(external("b", "meanwhile")))
	equal(s, "attempts", []int{next[0].AttemptCount, next[1].AttemptCount}, []int{1, 1})
}

// Where one lock is not held any more or one event is there already, nothing is acked, and what is held can be acked by itself.
func turnAcksWholeOrNot(s *trial) {
	unchanged := func(what string, list []provider.OrchestrationItemAck, want error) {
		s.Helper()
		before := s.contents()
		s.fails(what, s.Provider.AckOrchestrationItems(s.ctx, list), want)
		equal(s, "the database after "+what, s.contents(), before)
	}
	list := s.variety()
	for i := range list {
		lost := slices.Clone(list)
		lost[i].LockToken = forge(lost[i].LockToken)
		unchanged("a lock that is not held", lost, provider.ErrLockLost)
	}
	const known = 3
	twice := slices.Clone(list)
	twice[known].History = events(scheduled(2), started("1.0.0"))
	unchanged("an event that is there", twice, provider.ErrDuplicateEvent)
	twice[known].History = events(scheduled(2), scheduled(2))
	unchanged("an event twice", twice, provider.ErrDuplicateEvent)
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, list[known].LockToken, provider.Abandon{Delay: time.Hour}))
	unchanged("one that was given back", list, provider.ErrLockLost)
	s.must(s.Provider.AckOrchestrationItem(s.ctx, list[0].LockToken, list[0].OrchestrationAck))
	unchanged("one that was acked", slices.Delete(slices.Clone(list), known, known+1), provider.ErrLockLost)
	s.must(s.Provider.AckOrchestrationItems(s.ctx, list[1:3]))
	for _, a := range list[4:6] {
		s.must(s.Provider.AckOrchestrationItem(s.ctx, a.LockToken, a.OrchestrationAck))
	}
	s.Clock.Advance(afterLock)
	unchanged("expired", list[6:], provider.ErrLockLost)
}

func boundsOfTurnAcks(s *trial) {
	s.plainEnqueue(start("a"), start("b"))
	items := s.fetchTurns(2)
	a := provider.OrchestrationItemAck{LockToken: items[0].LockToken, OrchestrationAck: firstTurn("1.0.0")}
	b := provider.OrchestrationItemAck{LockToken: items[1].LockToken, OrchestrationAck: firstTurn("1.0.0")}
	with := func(change func(*provider.OrchestrationItemAck)) []provider.OrchestrationItemAck {
		changed := b
		change(&changed)
		return []provider.OrchestrationItemAck{a, changed}
	}
	before := s.contents()
	for what, list := range map[string][]provider.OrchestrationItemAck{
		"none":              {},
		"an instance twice": {a, b, a},
		"what sends": with(func(b *provider.OrchestrationItemAck) {
			b.OrchestratorItems = messages(external("c", "x"))
		}),
		"what cancels": with(func(b *provider.OrchestrationItemAck) {
			b.CancelledActivities = []provider.ActivityRef{{ExecutionID: 1, ID: 1}}
		}),
		"execution 0":          with(func(b *provider.OrchestrationItemAck) { b.ExecutionID = 0 }),
		"event 0":              with(func(b *provider.OrchestrationItemAck) { b.History = events(scheduled(0)) }),
		"an unknown status":    with(func(b *provider.OrchestrationItemAck) { b.Metadata.Status = "Sleeping" }),
		"what is not storable": with(func(b *provider.OrchestrationItemAck) { b.Metadata.Output = "\x00" }),
	} {
		s.fails(what, s.Provider.AckOrchestrationItems(s.ctx, list), provider.ErrInvalid)
	}
	s.fails("a token of something else", s.Provider.AckOrchestrationItems(s.ctx, with(func(b *provider.OrchestrationItemAck) { b.LockToken = "work:x" })), provider.ErrLockLost)
	equal(s, "the database", s.contents(), before)
	s.must(s.Provider.AckOrchestrationItems(s.ctx, []provider.OrchestrationItemAck{b, a}))
	s.fails("again", s.Provider.AckOrchestrationItems(s.ctx, []provider.OrchestrationItemAck{b, a}), provider.ErrLockLost)
}

// Without events the history's key catches nothing: only the rows of the locks tell two acks apart, in whatever order they come.
func oneOfTwoTurnAcksWins(s *trial) {
	for i := range int64(rounds) {
		s.plainEnqueue(start("a"), start("b"), start("c"))
		var acks []provider.OrchestrationItemAck
		for _, item := range s.fetchTurns(3) {
			acks = append(acks, provider.OrchestrationItemAck{LockToken: item.LockToken,
				OrchestrationAck: provider.OrchestrationAck{ExecutionID: 1, WorkerItems: activities(item.Instance, i+1)}})
		}
		errs := together(2, func(n int) error {
			list := slices.Clone(acks)
			if n == 1 {
				slices.Reverse(list)
			}
			return s.Provider.AckOrchestrationItems(s.ctx, list)
		})
		s.oneWins(errs, provider.ErrLockLost)
		equal(s, "work items", s.count("select count(*) from worker_queue"), 3*(i+1))
	}
	s.quiet()
}

// Turns of several instances, ends of work items and messages for the same instances in other orders wait for each other, and none is
// lost.
func turnAcksBesideOthers(s *trial) {
	const repeats = 12
	ids := []string{"a", "b", "c", "d"}
	var works [][]provider.WorkItemAck
	for n := range repeats {
		for i := range ids {
			s.schedule(activity(ids[(i*(1+2*(n%2))+n)%len(ids)], int64(n*len(ids)+i+1)))
		}
		locked, err := s.Provider.FetchWorkItems(s.ctx, time.Hour, len(ids))
		s.must(err)
		works = append(works, ends(locked))
	}
	ctx, cancel := s.bounded()
	defer cancel()
	var got atomic.Int64
	turns := func() error {
		items, err := s.Provider.FetchOrchestrationItems(ctx, time.Hour, 3)
		if err != nil {
			return err
		}
		var acks []provider.OrchestrationItemAck
		for _, item := range items {
			got.Add(int64(len(item.Messages)))
			acks = append(acks, provider.OrchestrationItemAck{LockToken: item.LockToken, OrchestrationAck: provider.OrchestrationAck{ExecutionID: 1}})
		}
		slices.Reverse(acks)
		return s.Provider.AckOrchestrationItems(ctx, acks)
	}
	s.must(errors.Join(together(maxConns, func(i int) error {
		for n := range repeats {
			var err error
			switch i {
			case 0:
				err = s.Provider.AckWorkItems(ctx, works[n])
			case 1:
				list := messages(external("d", "x"), external("b", "x"), external("c", "x"), external("a", "x"))
				err = s.Provider.EnqueueOrchestratorItems(ctx, list[n%2:])
			default:
				err = none(turns())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})...))
	s.quiet()
	for err := error(nil); !errors.Is(err, provider.ErrNoWork); err = turns() {
		s.must(err)
	}
	equal(s, "messages", int(got.Load()), repeats*len(ids)+repeats/2*(2*len(ids)-1))
}

// Several enqueues in one are what they are one by one: each instance gets its messages in their order, and the earliest decides.
func enqueuesAreAsSingleOnes(s *trial) {
	later := func(instance string, ms int64) provider.WorkItem {
		return provider.TimerFired{Instance: instance, ExecutionID: 1, ID: 1, FireAt: s.Provider.Now() + ms}
	}
	began := s.Clock.ms.Load()
	var seen [2]string
	for i := range seen {
		s.Clock.ms.Store(began)
		s.clear()
		s.plainEnqueue(start("held"), later("waiting", 60_000))
		s.fetchTurns(1)
		list := messages(later("b", 1000), external("waiting", "x"), external("b", "1"), external("held", "1"), external("a", "1"), external("b", "2"),
			later("a", -1000), external("held", "2"), later("timer", 500))
		if i == 0 {
			s.plainEnqueue(list...)
		} else {
			s.must(s.Provider.EnqueueOrchestratorItems(s.ctx, list))
		}
		seen[i] = s.with("")
	}
	equal(s, "the database", seen[1], seen[0])
	items := s.fetchTurns(9)
	equal(s, "instances", instancesOf(items), []string{"a", "waiting", "b"})
	equal(s, "messages of b", items[2].Messages, messages(external("b", "1"), external("b", "2")))
}

func enqueuesWholeOrNot(s *trial) {
	for what, list := range map[string][]provider.WorkItem{
		"none":                 {},
		"nothing":              {start("a"), nil},
		"an activity":          {start("a"), activity("a", 1), start("b")},
		"nobody":               {start("a"), start("b"), start("")},
		"what is not storable": {start("a"), external("b", "\x00")},
	} {
		s.fails(what, s.Provider.EnqueueOrchestratorItems(s.ctx, list), provider.ErrInvalid)
	}
	equal(s, "messages", s.count("select count(*) from orchestrator_queue"), 0)
	s.must(s.Provider.EnqueueOrchestratorItems(s.ctx, messages(start("a"))))
	equal(s, "messages of a", s.fetch().Messages, messages(start("a")))
}
