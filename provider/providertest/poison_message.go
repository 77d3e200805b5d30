package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var poisonMessage = []Rule{
	{Name: "orchestration_attempt_count_starts_at_one", test: orchestrationAttemptsStartAtOne},
	{Name: "orchestration_attempt_count_increments_on_refetch", test: orchestrationAttemptsIncrement},
	{Name: "worker_attempt_count_starts_at_one", test: workerAttemptsStartAtOne},
	{Name: "worker_attempt_count_increments_on_lock_expiry", test: workerAttemptsIncrement},
	{Name: "attempt_count_is_per_message", test: attemptsArePerMessage},
	{Name: "abandon_work_item_ignore_attempt_decrements", test: abandonWorkIgnoresAttempt},
	{Name: "abandon_orchestration_item_ignore_attempt_decrements", test: abandonTurnIgnoresAttempt},
	{Name: "ignore_attempt_never_goes_negative", test: ignoredAttemptsNeverNegative},
	{Name: "max_attempt_count_across_message_batch", test: maxAttemptsAcrossBatch},
}

// giveBack fetches a turn, wants its attempt count, and abandons it.
func (s *trial) giveBack(attempts int, how provider.Abandon) {
	s.Helper()
	item := s.fetch()
	equal(s, "attempts", item.AttemptCount, attempts)
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, how))
}

func (s *trial) giveWorkBack(attempts int, how provider.Abandon) {
	s.Helper()
	w := s.fetchWork()
	equal(s, "attempts", w.AttemptCount, attempts)
	s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, how))
}

func orchestrationAttemptsStartAtOne(s *trial) {
	s.enqueue(start("a"))
	equal(s, "attempts", s.fetch().AttemptCount, 1)
}

func orchestrationAttemptsIncrement(s *trial) {
	s.enqueue(start("a"))
	s.giveBack(1, provider.Abandon{})
	s.giveBack(2, provider.Abandon{Delay: time.Second})
	s.Clock.Advance(time.Second)
	equal(s, "attempts after a delay", s.fetch().AttemptCount, 3)
	s.Clock.Advance(afterLock)
	item := s.fetch()
	equal(s, "attempts after an expiry", item.AttemptCount, 4)
	s.ack(item, firstTurn("1.0.0"))
	s.enqueue(external("a", "x"))
	equal(s, "attempts of the next message", s.fetch().AttemptCount, 1)
}

func workerAttemptsStartAtOne(s *trial) {
	s.schedule(activity("a", 1))
	equal(s, "attempts", s.fetchWork().AttemptCount, 1)
}

func workerAttemptsIncrement(s *trial) {
	s.schedule(activity("a", 1))
	w, err := s.Provider.FetchWorkItem(s.ctx, time.Second)
	s.must(err)
	equal(s, "attempts", w.AttemptCount, 1)
	s.Clock.Advance(time.Second)
	equal(s, "attempts after the expiry", s.fetchWork().AttemptCount, 2)
}

func attemptsArePerMessage(s *trial) {
	s.schedule(activity("a", 1), activity("a", 2))
	equal(s, "attempts of the first", s.fetchWork().AttemptCount, 1)
	equal(s, "attempts of the second", s.fetchWork().AttemptCount, 1)

	// A message that an abandon delayed keeps its count, one that came meanwhile begins its own.
	s.enqueue(external("a", "old"))
	s.giveBack(1, provider.Abandon{Delay: time.Minute})
	s.enqueue(external("a", "new"))
	item := s.fetch()
	equal(s, "messages", item.Messages, messages(external("a", "new")))
	equal(s, "attempts of the new message", item.AttemptCount, 1)
	s.ack(item, bare)
	s.Clock.Advance(time.Minute)
	item = s.fetch()
	equal(s, "messages", item.Messages, messages(external("a", "old")))
	equal(s, "attempts of the delayed message", item.AttemptCount, 2)
}

func abandonWorkIgnoresAttempt(s *trial) {
	s.schedule(activity("a", 1))
	s.giveWorkBack(1, provider.Abandon{})
	s.giveWorkBack(2, provider.Abandon{IgnoreAttempt: true})
	equal(s, "attempts", s.fetchWork().AttemptCount, 2)
}

func abandonTurnIgnoresAttempt(s *trial) {
	s.enqueue(start("a"))
	s.giveBack(1, provider.Abandon{})
	s.giveBack(2, provider.Abandon{IgnoreAttempt: true})
	s.giveBack(2, provider.Abandon{IgnoreAttempt: true, Delay: time.Second})
	s.Clock.Advance(time.Second)
	equal(s, "attempts", s.fetch().AttemptCount, 2)
}

func ignoredAttemptsNeverNegative(s *trial) {
	s.enqueue(start("a"))
	s.schedule(activity("a", 1))
	for range 3 {
		s.giveBack(1, provider.Abandon{IgnoreAttempt: true})
		s.giveWorkBack(1, provider.Abandon{IgnoreAttempt: true})
	}
	s.giveBack(1, provider.Abandon{IgnoreAttempt: true, Delay: time.Second})
	s.Clock.Advance(time.Second)
	s.giveBack(1, provider.Abandon{IgnoreAttempt: true})
}

func maxAttemptsAcrossBatch(s *trial) {
	s.enqueue(start("a"))
	s.giveBack(1, provider.Abandon{})
	s.giveBack(2, provider.Abandon{})
	s.enqueue(external("a", "new"))
	item := s.fetch()
	equal(s, "messages", len(item.Messages), 2)
	equal(s, "attempts", item.AttemptCount, 3)
}
