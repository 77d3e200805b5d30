package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var lockExpiration = []Rule{
	{Name: "test_lock_expires_after_timeout", test: lockExpiresAfterTimeout},
	{Name: "test_abandon_releases_lock_immediately", test: abandonReleasesLockImmediately},
	{Name: "test_lock_renewal_on_ack", test: lockRenewalOnAck},
	{Name: "test_concurrent_lock_attempts_respect_expiration", test: concurrentLockAttemptsRespectExpiration},
	{Name: "test_worker_lock_renewal_success", test: workerLockRenewalSuccess},
	{Name: "test_worker_lock_renewal_invalid_token", test: workerLockRenewalInvalidToken},
	{Name: "test_worker_lock_renewal_after_expiration", test: workerLockRenewalAfterExpiration},
	{Name: "test_worker_lock_renewal_extends_timeout", test: workerLockRenewalExtendsTimeout},
	{Name: "test_worker_lock_renewal_after_ack", test: workerLockRenewalAfterAck},
	{Name: "test_abandon_work_item_releases_lock", test: abandonWorkItemReleasesLock},
	{Name: "test_abandon_work_item_with_delay", test: abandonWorkItemWithDelay},
	{Name: "test_worker_ack_fails_after_lock_expiry", test: workerAckFailsAfterLockExpiry},
	{Name: "test_orchestration_lock_renewal_after_expiration", test: orchestrationLockRenewalAfterExpiration},
}

func lockExpiresAfterTimeout(s *trial) {
	s.enqueue(start("a"))
	first := s.fetch()
	s.fetchNone()
	s.Clock.Advance(afterLock)
	second := s.fetch()
	if first.LockToken == second.LockToken {
		s.Errorf("both fetches got the token %q", first.LockToken)
	}
	s.fails("ack with the old token", s.tryAck(first, firstTurn("1.0.0")), provider.ErrLockLost)
	s.ack(second, firstTurn("1.0.0"))
}

func abandonReleasesLockImmediately(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{}))
	equal(s, "messages", s.fetch().Messages, messages(start("a")))
}

// In spite of its old name this is no renewal.
func lockRenewalOnAck(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	s.enqueue(completed("a", 1))
	s.fetchNone()
	s.ack(item, firstTurn("1.0.0"))
	equal(s, "messages", s.fetch().Messages, messages(completed("a", 1)))
}

func concurrentLockAttemptsRespectExpiration(s *trial) {
	s.enqueue(start("a"))
	s.fetch()
	for range 5 {
		s.Clock.Advance(lockTimeout / 10)
		equal(s, "fetched during the lock", len(s.fetchTogether(5)), 0)
	}
	s.Clock.Advance(lockTimeout/2 + 100*time.Millisecond)
	equal(s, "fetched after its expiry", len(s.fetchTogether(5)), 1)
}

func workerLockRenewalSuccess(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	s.must(s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, lockTimeout))
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 1)))
}

func workerLockRenewalInvalidToken(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	for _, token := range []provider.LockToken{"", "no token at all", forge(w.LockToken)} {
		s.fails("renew", s.Provider.RenewWorkItemLock(s.ctx, token, lockTimeout), provider.ErrLockLost)
	}
}

func workerLockRenewalAfterExpiration(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	s.Clock.Advance(afterLock)
	s.fails("renew", s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, lockTimeout), provider.ErrLockLost)
	s.fetchWork()
}

func workerLockRenewalExtendsTimeout(s *trial) {
	s.schedule(activity("a", 1))
	w, err := s.Provider.FetchWorkItem(s.ctx, time.Second)
	s.must(err)
	s.Clock.Advance(600 * time.Millisecond)
	s.must(s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, time.Second))
	s.Clock.Advance(600 * time.Millisecond) // past the first expiry
	s.fetchNoWork()
	s.Clock.Advance(500 * time.Millisecond) // past the second
	s.fetchWork()
}

func workerLockRenewalAfterAck(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 1)))
	s.fails("renew", s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, lockTimeout), provider.ErrLockLost)
}

func abandonWorkItemReleasesLock(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, provider.Abandon{}))
	equal[provider.WorkItem](s, "item", s.fetchWork().Item, activity("a", 1))
}

func abandonWorkItemWithDelay(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, provider.Abandon{Delay: 500 * time.Millisecond}))
	s.fetchNoWork()
	s.Clock.Advance(499 * time.Millisecond)
	s.fetchNoWork()
	s.Clock.Advance(time.Millisecond)
	s.fetchWork()
}

func workerAckFailsAfterLockExpiry(s *trial) {
	s.schedule(activity("a", 1))
	w := s.fetchWork()
	s.Clock.Advance(afterLock)
	s.fails("ack", s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 1)), provider.ErrLockLost)
	s.fetchNone()
	equal(s, "work items", s.count("select count(*) from worker_queue"), 1)
}

func orchestrationLockRenewalAfterExpiration(s *trial) {
	s.enqueue(start("a"))
	item := s.fetch()
	s.must(s.Provider.RenewOrchestrationLock(s.ctx, item.LockToken, lockTimeout))
	s.Clock.Advance(afterLock)
	s.fails("renew", s.Provider.RenewOrchestrationLock(s.ctx, item.LockToken, lockTimeout), provider.ErrLockLost)
	equal(s, "instance", s.fetch().Instance, "a")
}
