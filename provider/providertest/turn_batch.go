package providertest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
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
			Events:        provider.Events{IDs: []int64{through, through, through}, Data: []string{"{}", "{}", "{}"}},
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
