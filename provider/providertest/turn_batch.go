package providertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pgbench-provider/provider"
)

var turnBatch = []Rule{
	{Name: "is_as_many_fetches", test: turnsAreAsManyFetches},
	{Name: "turns_end_one_by_one", test: turnsEndOneByOne},
	{Name: "of_nothing", test: turnsOfNothing},
	{Name: "bounds", test: boundsOfTurns},
	{Name: "counts_attempts_of_delayed_messages", test: turnsOfDelayedMessages},
	{Name: "of_instances_without_a_row", test: turnsWithoutInstances},
	{Name: "drops_orphans", test: turnsDropOrphans},
	{Name: "of_what_cannot_be_decoded", test: turnsOfWhatCannotBeDecoded},
	{Name: "passes_over_what_has_nothing_to_do", test: turnsPassOverTheIdle},
	{Name: "passes_over_what_is_locked", test: turnsPassOverTheLocked},
	{Name: "reads_only_newer_history", test: turnsReadNewerHistory},
	{Name: "no_instance_twice", test: noInstanceInTwoBatches},
	{Name: "acks_are_as_single_ones", test: turnAcksAreAsSingleOnes},
	{Name: "acks_keep_what_came_meanwhile", test: turnAcksKeepWhatCame},
	{Name: "acks_whole_or_not", test: turnAcksWholeOrNot},
	{Name: "bounds_of_acks", test: boundsOfTurnAcks},
	{Name: "one_of_two_acks_wins", test: oneOfTwoTurnAcksWins},
	{Name: "acks_beside_others_do_not_deadlock", test: turnAcksBesideOthers},
	{Name: "enqueues_are_as_single_ones", test: enqueuesAreAsSingleOnes},
	{Name: "enqueues_whole_or_not", test: enqueuesWholeOrNot},
}

// fetchTurns gets up to n turns in one call.
func (s *trial) fetchTurns(n int) []*provider.OrchestrationItem {
	s.Helper()
	items, err := s.Provider.FetchOrchestrationItems(s.ctx, lockTimeout, n)
	s.must(err)
	return items
}

func instancesOf(items []*provider.OrchestrationItem) (ids []string) {
	for _, item := range items {
		ids = append(ids, item.Instance)
	}
	return ids
}

// plainEnqueue sends nothing but messages, also where s.enqueue would fetch as well.
func (s *trial) plainEnqueue(items ...provider.WorkItem) {
	s.Helper()
	for _, item := range items {
		s.must(s.Provider.Provider.EnqueueOrchestratorItem(s.ctx, item, 0))
	}
}

// Whatever there is, and however much of it was taken before, a batch is what single fetches would have got.
func turnsAreAsManyFetches(s *trial) {
	began := s.Clock.ms.Load()
	for _, taken := range []int{0, 1, 3} {
		for _, n := range []int{1, 3, 20} {
			var seen [2]string
			for i := range seen {
				s.Clock.ms.Store(began)
				s.bustle()
				for range taken {
					s.fetch()
				}
				var items []*provider.OrchestrationItem
				var err error
				if i == 0 {
					for len(items) < n && err == nil {
						var item *provider.OrchestrationItem
						if item, err = s.Provider.FetchOrchestrationItem(s.ctx, lockTimeout); err == nil {
							items = append(items, item)
						}
					}
				} else {
					items, err = s.Provider.FetchOrchestrationItems(s.ctx, lockTimeout, n)
				}
				text := ""
				for _, item := range items {
					text += fmt.Sprintf("%+v\n", *item)
				}
				s.must(none(err))
				seen[i] = s.with(text)
			}
			equal(s, fmt.Sprintf("%d turns, %d taken before", n, taken), seen[1], seen[0])
		}
	}
}

// Each turn of a batch has a lock of its own.
func turnsEndOneByOne(s *trial) {
	s.plainEnqueue(start("c"), external("a", "x"), start("d"), external("a", "y"), start("b"))
	items := s.fetchTurns(4)
	equal(s, "instances", instancesOf(items), []string{"c", "a", "d", "b"})
	equal(s, "messages of a", items[1].Messages, messages(external("a", "x"), external("a", "y")))
	for _, item := range items {
		equal(s, "attempts", item.AttemptCount, 1)
	}
	s.fetchNone()
	s.must(s.tryAck(items[0], firstTurn("1.0.0")))
	s.fails("a second ack", s.tryAck(items[0], bare), provider.ErrLockLost)
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, items[1].LockToken, provider.Abandon{IgnoreAttempt: true}))
	s.must(s.Provider.RenewOrchestrationLock(s.ctx, items[2].LockToken, time.Hour))
	again := s.fetchTurns(4)
	equal(s, "given back", instancesOf(again), []string{"a"})
	equal(s, "its attempts", again[0].AttemptCount, 1)

	s.Clock.Advance(afterLock)
	expired := s.fetchTurns(4)
	equal(s, "expired", instancesOf(expired), []string{"a", "b"})
	equal(s, "attempts", []int{expired[0].AttemptCount, expired[1].AttemptCount}, []int{2, 2})
	s.fails("an ack after theft", s.tryAck(items[3], bare), provider.ErrLockLost)
	s.must(s.Provider.DiscardOrchestrationItem(s.ctx, expired[1].LockToken))
	s.must(s.tryAck(items[2], firstTurn("1.0.0")))
	s.must(s.tryAck(expired[0], firstTurn("1.0.0")))
	equal(s, "messages", s.count("select count(*) from orchestrator_queue"), 0)
}

func turnsOfNothing(s *trial) {
	fetch := func(what string) {
		s.Helper()
		_, err := s.Provider.FetchOrchestrationItems(s.ctx, lockTimeout, 3)
		s.fails(what, err, provider.ErrNoWork)
	}
	fetch("an empty queue")
	s.enqueueAfter(time.Second, start("a"))
	fetch("a message that is not visible yet")
	s.Clock.Advance(time.Second)
	equal(s, "turns", len(s.fetchTurns(3)), 1)
	fetch("locked instances")
}

func boundsOfTurns(s *trial) {
	s.enqueue(start("a"), start("b"))
	for _, n := range []int{0, -1} {
		_, err := s.Provider.FetchOrchestrationItems(s.ctx, lockTimeout, n)
		s.fails(fmt.Sprintf("%d turns", n), err, provider.ErrInvalid)
	}
	_, err := s.Provider.FetchOrchestrationItems(s.ctx, time.Microsecond, 1)
	s.fails("no time", err, provider.ErrInvalid)
	equal(s, "turns", instancesOf(s.fetchTurns(1)), []string{"a"})
	equal(s, "turns", instancesOf(s.fetchTurns(1000)), []string{"b"})
}

// Messages that were given back with a delay have attempt counts of their own, and their neighbours have not.
func turnsOfDelayedMessages(s *trial) {
	s.plainEnqueue(start("a"), start("b"))
	for _, item := range s.fetchTurns(2) {
		s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{Delay: time.Second}))
	}
	s.plainEnqueue(start("c"), external("b", "new"))
	items := s.fetchTurns(5)
	equal(s, "instances", instancesOf(items), []string{"c", "b"})
	equal(s, "messages of b", items[1].Messages, messages(external("b", "new")))
	equal(s, "attempts", []int{items[0].AttemptCount, items[1].AttemptCount}, []int{1, 1})
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, items[1].LockToken, provider.Abandon{}))
	s.Clock.Advance(time.Second)
	for attempts := 2; attempts < 4; attempts++ {
		items = s.fetchTurns(5)
		equal(s, "instances", instancesOf(items), []string{"b", "a"})
		equal(s, "messages of b", items[0].Messages, messages(start("b"), external("b", "new")))
		equal(s, "attempts", []int{items[0].AttemptCount, items[1].AttemptCount}, []int{attempts, attempts})
		s.must(s.Provider.AbandonOrchestrationItem(s.ctx, items[0].LockToken, provider.Abandon{}))
		s.must(s.Provider.AbandonOrchestrationItem(s.ctx, items[1].LockToken, provider.Abandon{}))
	}
}

// Without a row, what is stored of an instance is found by its traces.
func turnsWithoutInstances(s *trial) {
	s.create("known")
	s.must(s.Provider.AppendHistory(s.ctx, "traced", 2, events(started("2.0.0"), scheduled(2))))
	s.must(s.Provider.AppendHistory(s.ctx, "traced", 1, events(started("1.0.0"))))
	s.exec("insert into executions (instance_id, execution_id, status, started_at) values ('begun', 3, 'Running', 1)")
	s.plainEnqueue(external("traced", "x"), start("fresh"), external("begun", "x"), external("known", "x"), external("nothing", "x"))
	items := s.fetchTurns(5)
	equal(s, "instances", instancesOf(items), []string{"traced", "fresh", "begun", "known", "nothing"})
	var seen []string
	for _, item := range items {
		seen = append(seen, fmt.Sprint(item.Name, " ", item.Version, " ", item.ExecutionID, " ", len(item.History)))
	}
	equal(s, "what is known", seen, []string{"TestOrch 2.0.0 2 2", "TestOrch 1.0.0 1 0", "Unknown unknown 3 0", "TestOrch 1.0.0 1 1", "Unknown unknown 1 0"})
	equal(s, "history", items[0].History, events(started("2.0.0"), scheduled(2)))
}

func turnsDropOrphans(s *trial) {
	inbox := func(instance string) provider.WorkItem {
		return provider.QueueMessage{Instance: instance, Name: "inbox", Data: "hello"}
	}
	s.plainEnqueue(inbox("nobody"), start("a"), inbox("no one"))
	equal(s, "instances", instancesOf(s.fetchTurns(3)), []string{"a"})
	equal(s, "instances with messages", s.count("select count(*) from instance_locks"), 1)
	s.plainEnqueue(inbox("nobody"), inbox("no one"), start("b"))
	equal(s, "behind nothing but orphans", instancesOf(s.fetchTurns(2)), []string{"b"})
	s.plainEnqueue(inbox("nobody"))
	_, err := s.Provider.FetchOrchestrationItems(s.ctx, lockTimeout, 2)
	s.fails("nothing but orphans", err, provider.ErrNoWork)
}

func turnsOfWhatCannotBeDecoded(s *trial) {
	s.plainEnqueue(start("a"), start("b"), start("c"))
	s.exec(`update orchestrator_queue set work_item = '{"Nonsense": {}}' where instance_id = 'b'`)
	items := s.fetchTurns(3)
	equal(s, "instances", instancesOf(items), []string{"a", "b", "c"})
	s.must(items[0].HistoryError)
	s.fails("the second", items[1].HistoryError, provider.ErrCorrupt)
	s.must(items[2].HistoryError)
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, items[1].LockToken, provider.Abandon{}))
}

// Candidates whose clock was wrong are free again, and their neighbours are fetched.
func turnsPassOverTheIdle(s *trial) {
	s.plainEnqueue(start("a"), start("b"), start("c"), start("d"))
	s.exec("update orchestrator_queue set visible_at = visible_at + 1000 where instance_id in ('a', 'c')")
	equal(s, "instances", instancesOf(s.fetchTurns(4)), []string{"b", "d"})
	s.fetchNone()
	s.Clock.Advance(time.Second)
	items := s.fetchTurns(4)
	equal(s, "when they are visible", instancesOf(items), []string{"a", "c"})
	equal(s, "attempts", []int{items[0].AttemptCount, items[1].AttemptCount}, []int{1, 1})

	// Where a whole batch was wrong, it is looked for again.
	s.plainEnqueue(start("e"), start("f"), start("g"))
	s.exec("delete from orchestrator_queue where instance_id = 'e'")
	s.exec("update orchestrator_queue set visible_at = visible_at + 1000 where instance_id = 'f'")
	equal(s, "instances", instancesOf(s.fetchTurns(2)), []string{"g"})
	equal(s, "rows of what has no message", s.count("select count(*) from instance_locks where instance_id = 'e'"), 0)
}

func turnsPassOverTheLocked(s *trial) {
	s.plainEnqueue(start("a"), start("b"), start("c"))
	conn, done := s.session()
	defer done()
	_, err := conn.Exec(s.ctx, "begin; select from instance_locks where instance_id = 'b' for update")
	s.must(err)
	equal(s, "instances", instancesOf(s.fetchTurns(2)), []string{"a", "c"})
	_, err = conn.Exec(s.ctx, "rollback")
	s.must(err)
	equal(s, "instances", instancesOf(s.fetchTurns(2)), []string{"b"})
}

// Who had the last turn of an instance gets what is newer, the others all; an event that was added besides takes the mark away.
func turnsReadNewerHistory(s *trial) {
	me, other, token := "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b", "00000000-0000-4000-8000-000000000001"
	now := s.Clock.Now().UnixMilli()
	ids, name, version := []string{"a", "b", "c"}, "O", "1"
	none, none64 := make([]*string, len(ids)), make([]*int64, len(ids))
	var seen []*string
	for turn := range int64(2) {
		s.plainEnqueue(external("a", "x"), external("b", "x"), external("c", "x"))
		turns, err := s.strategy.FetchOrchestrationItems(s.ctx, s.Conn(), provider.Lock{Token: token, Now: now, Until: now + 1000, Owner: &me}, 3)
		s.must(err)
		through := turn + 1
		acks := &provider.TurnAcks{Now: now, InstanceIDs: ids, Tokens: []string{token, token, token}, ExecutionIDs: []int64{1, 1, 1},
			MessageInstances: ids, Names: none, Versions: none, Parents: none, Statuses: none, Outputs: none, CompletedAt: none64,
			EventInstances: ids, EventExecutions: []int64{1, 1, 1},
			Events:        provider.Events{IDs: []int64{through, through, through}, Types: []string{"T", "T", "T"}, Data: []string{"{}", "{}", "{}"}},
			HistoryOwners: []*string{&me, &other, &me}, HistoryThrough: []*int64{&through, &through, &through}}
		if turn == 0 {
			acks.Names, acks.Versions = []*string{&name, &name, &name}, []*string{&version, &version, &version}
			seen = none
		} else {
			seen = []*string{&me, &other, &me}
			s.must(s.Provider.AppendHistory(s.ctx, "c", 1, events(scheduled(9))))
		}
		acks.HistorySeen = seen
		for _, t := range turns {
			acks.MessageIDs = append(acks.MessageIDs, t.MessageIDs...)
		}
		s.must(s.strategy.AckOrchestrationItems(s.ctx, s.Conn(), acks))
	}
	s.plainEnqueue(external("a", "x"), external("b", "x"), external("c", "x"))
	for i, want := range [][]int{{0, 2, 3}, {2, 0, 3}} {
		turns, err := s.strategy.FetchOrchestrationItems(s.ctx, s.Conn(),
			provider.Lock{Token: token, Now: now + int64(i)*1000, Until: now + int64(i+1)*1000, Owner: []*string{&me, &other}[i]}, 3)
		s.must(err)
		var got []int
		for _, t := range turns {
			got = append(got, len(t.History))
		}
		equal(s, "events of a, b and c", got, want)
	}
}

// Batches that are fetched at once share nothing, and leave nothing.
func noInstanceInTwoBatches(s *trial) {
	const instances, fetchers, size = 60, 5, 7
	for n := range instances {
		s.plainEnqueue(start(fmt.Sprint("instance", n)), external(fmt.Sprint("instance", n), "x"))
	}
	var mu sync.Mutex
	var all []string
	fetchAll := func() error {
		for {
			items, err := s.Provider.FetchOrchestrationItems(s.ctx, time.Hour, size)
			if err != nil {
				return none(err)
			}
			mu.Lock()
			for _, item := range items {
				all = append(all, item.Instance)
				if len(item.Messages) != 2 {
					err = fmt.Errorf("%s has %d messages", item.Instance, len(item.Messages))
				}
			}
			mu.Unlock()
			if err != nil {
				return err
			}
		}
	}
	s.must(errors.Join(together(fetchers, func(int) error { return fetchAll() })...))
	s.must(fetchAll()) // what each passed over because another was about to lock it
	s.quiet()
	slices.Sort(all)
	equal(s, "fetched", len(all), instances)
	equal(s, "different ones", len(slices.Compact(all)), instances)
}

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
