package providertest

import (
	"errors"
	"fmt"

	"pgbench-provider/provider"
)

var instanceLocking = []Rule{
	{Name: "test_exclusive_instance_lock", test: exclusiveInstanceLock},
	{Name: "test_lock_token_uniqueness", test: lockTokenUniqueness},
	{Name: "test_invalid_lock_token_rejection", test: invalidLockTokenRejection},
	{Name: "test_concurrent_instance_fetching", test: concurrentInstanceFetching},
	{Name: "test_completions_arriving_during_lock_blocked", test: completionsArrivingDuringLockBlocked},
	{Name: "test_cross_instance_lock_isolation", test: crossInstanceLockIsolation},
	{Name: "test_message_tagging_during_lock", test: messageTaggingDuringLock},
	{Name: "test_ack_only_affects_locked_messages", test: ackOnlyAffectsLockedMessages},
	{Name: "test_multi_threaded_lock_contention", test: multiThreadedLockContention},
	{Name: "test_multi_threaded_no_duplicate_processing", test: multiThreadedNoDuplicateProcessing},
	{Name: "test_multi_threaded_lock_expiration_recovery", test: multiThreadedLockExpirationRecovery},
}

func exclusiveInstanceLock(s *trial) {
	s.enqueue(start("a"))
	first := s.fetch()
	s.fetchNone()
	s.Clock.Advance(afterLock)
	second := s.fetch()
	equal(s, "instance", second.Instance, "a")
	if first.LockToken == second.LockToken {
		s.Errorf("both fetches got the token %q", first.LockToken)
	}
}

// startMany enqueues a start for each of n instances.
func (s *trial) startMany(n int) {
	s.Helper()
	for i := range n {
		s.enqueue(start(fmt.Sprintf("instance-%02d", i)))
	}
}

func lockTokenUniqueness(s *trial) {
	s.startMany(5)
	tokens := map[provider.LockToken]bool{}
	for range 5 {
		tokens[s.fetch().LockToken] = true
	}
	equal(s, "different tokens", len(tokens), 5)
}

func invalidLockTokenRejection(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	for _, token := range []provider.LockToken{"", "no token at all", forge(item.LockToken)} {
		s.fails("ack", s.Provider.AckOrchestrationItem(s.ctx, token, firstTurn("1.0.0")), provider.ErrLockLost)
		s.fails("abandon", s.Provider.AbandonOrchestrationItem(s.ctx, token, provider.Abandon{}), provider.ErrLockLost)
		s.fails("renew", s.Provider.RenewOrchestrationLock(s.ctx, token, lockTimeout), provider.ErrLockLost)
		s.fails("discard", s.Provider.DiscardOrchestrationItem(s.ctx, token), provider.ErrLockLost)
	}
	s.fetchNone()
	s.ack(item, firstTurn("1.0.0"))
}

// fetchTogether lets n fetchers run at once and gives how often each instance was fetched.
func (s *trial) fetchTogether(n int) map[string]int {
	s.Helper()
	got := make([]string, n)
	for _, err := range together(n, func(i int) error {
		item, err := s.Provider.FetchOrchestrationItem(s.ctx, lockTimeout)
		if err == nil {
			got[i] = item.Instance
		}
		return err
	}) {
		if err != nil && !errors.Is(err, provider.ErrNoWork) {
			s.Fatalf("fetch: %v", err)
		}
	}
	fetched := map[string]int{}
	for _, id := range got {
		if id != "" {
			fetched[id]++
		}
	}
	for id, times := range fetched {
		if times > 1 {
			s.Fatalf("%s was fetched %d times", id, times)
		}
	}
	return fetched
}

// Ten ready instances and ten fetchers: whoever loses a race must look further instead of reporting an empty queue.
func concurrentInstanceFetching(s *trial) {
	s.startMany(10)
	equal(s, "instances fetched", len(s.fetchTogether(10)), 10)
}

func completionsArrivingDuringLockBlocked(s *trial) {
	s.enqueue(start("a"))
	s.fetch()
	s.enqueue(completed("a", 1), completed("a", 2), completed("a", 3))
	s.fetchNone()
	s.Clock.Advance(afterLock)
	equal(s, "messages", s.fetch().Messages, messages(start("a"), completed("a", 1), completed("a", 2), completed("a", 3)))
}

func crossInstanceLockIsolation(s *trial) {
	s.enqueue(start("a"), start("b"))
	equal(s, "first instance", s.fetch().Instance, "a")
	equal(s, "second instance", s.turn(firstTurn("1.0.0")).Instance, "b")
	s.enqueue(completed("b", 1))
	item := s.fetch()
	equal(s, "third instance", item.Instance, "b")
	equal(s, "messages", item.Messages, messages(completed("b", 1)))
	s.fetchNone()
}

func messageTaggingDuringLock(s *trial) {
	s.enqueue(external("a", "1"), external("a", "2"))
	item := s.fetch()
	equal(s, "messages", len(item.Messages), 2)
	s.enqueue(external("a", "3"))
	s.ack(item, bare)
	equal(s, "messages after the ack", s.fetch().Messages, messages(external("a", "3")))
}

func ackOnlyAffectsLockedMessages(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	equal(s, "messages", len(item.Messages), 1)
	s.enqueue(external("a", "1"), external("a", "2"))
	s.fetchNone()
	s.ack(item, firstTurn("1.0.0"))
	equal(s, "messages after the ack", s.fetch().Messages, messages(external("a", "1"), external("a", "2")))
}

func multiThreadedLockContention(s *trial) {
	s.enqueue(start("a"))
	equal(s, "winners", s.fetchTogether(10), map[string]int{"a": 1})
	s.fetchNone()
}

func multiThreadedNoDuplicateProcessing(s *trial) {
	s.startMany(20)
	equal(s, "instances fetched", len(s.fetchTogether(40)), 20)
}

func multiThreadedLockExpirationRecovery(s *trial) {
	s.enqueue(start("a"))
	equal(s, "first fetchers", s.fetchTogether(4), map[string]int{"a": 1})
	equal(s, "during the lock", len(s.fetchTogether(4)), 0)
	s.Clock.Advance(afterLock)
	equal(s, "after its expiry", s.fetchTogether(4), map[string]int{"a": 1})
}
