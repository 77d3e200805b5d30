package providertest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"pgbench-provider/provider"
)

var workBatch = []Rule{
	{Name: "is_as_many_fetches", test: batchIsAsManyFetches},
	{Name: "items_end_one_by_one", test: batchItemsEndOneByOne},
	{Name: "of_nothing", test: batchOfNothing},
	{Name: "of_what_cannot_be_decoded", test: batchOfWhatCannotBeDecoded},
	{Name: "bounds", test: boundsOfBatch},
	{Name: "no_item_twice", test: noItemInTwoBatches},
	{Name: "ends_at_once", test: batchEndsAtOnce},
	{Name: "ends_whole_or_not", test: batchEndsWholeOrNot},
	{Name: "bounds_of_acks", test: boundsOfAcks},
	{Name: "acks_at_once_do_not_deadlock", test: acksAtOnce},
}

// Whatever there is, and however much of it was taken before, a batch is what single fetches would have got.
func batchIsAsManyFetches(s *trial) {
	began := s.Clock.ms.Load()
	for _, taken := range []int{0, 1, 4} {
		for _, n := range []int{1, 3, 20} {
			var seen [2]string
			for i := range seen {
				s.Clock.ms.Store(began)
				s.bustle()
				for range taken {
					s.fetchWork()
				}
				var works []*provider.LockedWorkItem
				var err error
				if i == 0 {
					for len(works) < n && err == nil {
						var work *provider.LockedWorkItem
						if work, err = s.Provider.FetchWorkItem(s.ctx, lockTimeout); err == nil {
							works = append(works, work)
						}
					}
				} else {
					works, err = s.Provider.FetchWorkItems(s.ctx, lockTimeout, n)
				}
				seen[i] = s.sight(provider.HandedOver{Works: works}, none(err))
			}
			equal(s, fmt.Sprintf("%d items, %d taken before", n, taken), seen[1], seen[0])
		}
	}
}

// Each item of a batch has a lock of its own.
func batchItemsEndOneByOne(s *trial) {
	s.schedule(activities("a", 1, 2, 3, 4)...)
	works, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, 4)
	s.must(err)
	equal(s, "items", len(works), 4)
	for i, w := range works {
		equal[provider.WorkItem](s, "item", w.Item, activity("a", int64(i+1)))
		equal(s, "attempts", w.AttemptCount, 1)
	}
	s.must(s.Provider.AckWorkItem(s.ctx, works[1].LockToken, completed("a", 2)))
	s.must(s.Provider.AbandonWorkItem(s.ctx, works[2].LockToken, provider.Abandon{IgnoreAttempt: true}))
	s.must(s.Provider.RenewWorkItemLock(s.ctx, works[3].LockToken, time.Hour))
	s.fails("a second ack", s.Provider.AckWorkItem(s.ctx, works[1].LockToken, completed("a", 2)), provider.ErrLockLost)
	equal(s, "given back", s.fetchWork().AttemptCount, 1)

	s.Clock.Advance(afterLock)
	works, err = s.Provider.FetchWorkItems(s.ctx, lockTimeout, 4)
	s.must(err)
	equal(s, "expired", len(works), 2)
	equal[provider.WorkItem](s, "the first", works[0].Item, activity("a", 1))
	equal(s, "attempts", works[0].AttemptCount, 2)
	equal[provider.WorkItem](s, "the one given back and fetched again", works[1].Item, activity("a", 3))
	s.fetchNoWork()
	equal(s, "messages", s.fetch().Messages, messages(completed("a", 2)))
}

func batchOfNothing(s *trial) {
	_, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, 3)
	s.fails("an empty queue", err, provider.ErrNoWork)
	s.schedule(activity("a", 1))
	s.fetchWork()
	_, err = s.Provider.FetchWorkItems(s.ctx, lockTimeout, 3)
	s.fails("a queue of locked items", err, provider.ErrNoWork)
}

func batchOfWhatCannotBeDecoded(s *trial) {
	s.schedule(activities("a", 1, 2, 3)...)
	s.exec(`update worker_queue set work_item = '{"type":' where activity_id = 2`)
	works, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, 3)
	s.must(err)
	equal(s, "items", len(works), 3)
	s.must(works[0].Err)
	s.fails("the second", works[1].Err, provider.ErrCorrupt)
	s.must(works[2].Err)
	s.must(s.Provider.AckWorkItem(s.ctx, works[1].LockToken, nil))
}

func boundsOfBatch(s *trial) {
	s.schedule(activities("a", 1, 2)...)
	for _, n := range []int{0, -1} {
		_, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, n)
		s.fails(fmt.Sprintf("%d items", n), err, provider.ErrInvalid)
	}
	_, err := s.Provider.FetchWorkItems(s.ctx, time.Microsecond, 1)
	s.fails("no time", err, provider.ErrInvalid)
	works, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, 1)
	s.must(err)
	equal(s, "items", len(works), 1)
}

// Batches that are fetched at once share nothing, and leave nothing.
func noItemInTwoBatches(s *trial) {
	const items, fetchers, size = 120, 6, 7
	for n := range items {
		s.schedule(activity("a", int64(n+1)))
	}
	var mu sync.Mutex
	var all []int64
	var group sync.WaitGroup
	for range fetchers {
		group.Go(func() {
			for {
				works, err := s.Provider.FetchWorkItems(s.ctx, time.Hour, size)
				if err != nil {
					if none(err) != nil {
						s.Errorf("unexpected: %v", err)
					}
					return
				}
				mu.Lock()
				for _, w := range works {
					all = append(all, w.Item.(provider.ActivityExecute).ID)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for { // what each passed over because another was about to lock it
		works, err := s.Provider.FetchWorkItems(s.ctx, time.Hour, size)
		if none(err) != nil || len(works) == 0 {
			s.must(none(err))
			break
		}
		for _, w := range works {
			all = append(all, w.Item.(provider.ActivityExecute).ID)
		}
	}
	slices.Sort(all)
	equal(s, "fetched", len(all), items)
	equal(s, "different ones", len(slices.Compact(all)), items)
}

func ends(works []*provider.LockedWorkItem) (acks []provider.WorkItemAck) {
	for _, w := range works {
		a := w.Item.(provider.ActivityExecute)
		acks = append(acks, provider.WorkItemAck{LockToken: w.LockToken, Completion: completed(a.Instance, a.ID)})
	}
	return acks
}

// Several acks in one are what they are one by one: each instance gets its completions in their order, the earliest first.
func batchEndsAtOnce(s *trial) {
	s.schedule(append(activities("b", 1, 2), activities("a", 1, 2)...)...)
	works, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, 4)
	s.must(err)
	works = []*provider.LockedWorkItem{works[0], works[3], works[1], works[2]}
	s.must(s.Provider.AckWorkItems(s.ctx, ends(works)))
	turn := s.fetch()
	equal(s, "the first", turn.Instance, "b")
	equal(s, "its messages", turn.Messages, messages(completed("b", 1), completed("b", 2)))
	turn = s.fetch()
	equal(s, "the second", turn.Instance, "a")
	equal(s, "its messages", turn.Messages, messages(completed("a", 2), completed("a", 1)))
	s.Clock.Advance(afterLock)
	s.fetchNoWork()
}

// Where one lock is not held any more, no item is acked and no completion is sent, and those that are held can be acked.
func batchEndsWholeOrNot(s *trial) {
	s.schedule(activities("a", 1, 2, 3)...)
	works, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, 3)
	s.must(err)
	s.must(s.Provider.AbandonWorkItem(s.ctx, works[1].LockToken, provider.Abandon{Delay: time.Hour}))
	before := s.contents()
	s.fails("one was given back", s.Provider.AckWorkItems(s.ctx, ends(works)), provider.ErrLockLost)
	equal(s, "the database", s.contents(), before)
	s.must(s.Provider.AckWorkItems(s.ctx, ends([]*provider.LockedWorkItem{works[0]})))
	s.Clock.Advance(afterLock)
	s.fails("expired", s.Provider.AckWorkItems(s.ctx, ends([]*provider.LockedWorkItem{works[2]})), provider.ErrLockLost)
	equal(s, "messages", s.fetch().Messages, messages(completed("a", 1)))
}

func boundsOfAcks(s *trial) {
	s.schedule(activities("a", 1, 2)...)
	works, err := s.Provider.FetchWorkItems(s.ctx, lockTimeout, 2)
	s.must(err)
	acks := ends(works)
	before := s.contents()
	for what, list := range map[string][]provider.WorkItemAck{
		"none":                 {},
		"an item twice":        {acks[0], acks[1], acks[0]},
		"no completion":        {acks[0], {LockToken: acks[1].LockToken}},
		"what ends no item":    {acks[0], {LockToken: acks[1].LockToken, Completion: start("a")}},
		"what is not storable": {acks[0], {LockToken: acks[1].LockToken, Completion: completed("a\x00", 2)}},
	} {
		s.fails(what, s.Provider.AckWorkItems(s.ctx, list), provider.ErrInvalid)
	}
	s.fails("a token of something else", s.Provider.AckWorkItems(s.ctx, []provider.WorkItemAck{acks[0], {LockToken: "turn:x", Completion: completed("a", 2)}}), provider.ErrLockLost)
	equal(s, "the database", s.contents(), before)
	s.must(s.Provider.AckWorkItems(s.ctx, acks))
}

// Acks whose completions go to the same instances in different orders wait for each other, and none is lost.
func acksAtOnce(s *trial) {
	const ackers, rounds = 4, 8
	targets := []string{"a", "b", "c"}
	var all [][]provider.WorkItemAck
	for n := range ackers * rounds {
		for i := range targets {
			s.schedule(activity(targets[(i*(1+n%2)+n)%len(targets)], int64(n*len(targets)+i+1)))
		}
		works, err := s.Provider.FetchWorkItems(s.ctx, time.Hour, len(targets))
		s.must(err)
		all = append(all, ends(works))
	}
	for _, err := range together(ackers, func(i int) error {
		for n := range rounds {
			if err := s.Provider.AckWorkItems(s.ctx, all[i*rounds+n]); err != nil {
				return err
			}
		}
		return nil
	}) {
		s.must(err)
	}
	for _, o := range s.record.list() {
		equal(s, "failures of "+o.Operation, len(o.Failures), 0)
	}
	got := 0
	for range targets {
		got += len(s.fetch().Messages)
	}
	equal(s, "completions", got, ackers*rounds*len(targets))
}
