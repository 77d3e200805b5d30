package providertest

import (
	"time"

	"pgbench-provider/provider"
)

var lessonsTime = []Rule{
	{Name: "sub_second_lock_precision", test: subSecondLockPrecision},
	{Name: "sub_second_renewal_precision", test: subSecondRenewalPrecision},
	{Name: "sub_second_timer_precision", test: subSecondTimerPrecision},
	{Name: "queue_depth_with_future_timers", test: queueDepthWithFutureTimers},
	{Name: "abandon_keeps_the_place_in_the_queue", test: abandonKeepsPlace},
	{Name: "server_clock_is_not_asked", test: serverClockIsNotAsked},
	{Name: "next_visible_is_when_a_fetch_finds_something", test: nextVisible},
}

func subSecondLockPrecision(s *trial) {
	const short = 250 * time.Millisecond
	s.enqueue(start("a"))
	s.schedule(activity("a", 1))
	item, err := s.Provider.FetchOrchestrationItem(s.ctx, short)
	s.must(err)
	w, err := s.Provider.FetchWorkItem(s.ctx, short)
	s.must(err)
	s.Clock.Advance(short - time.Millisecond)
	s.fetchNone()
	s.fetchNoWork()
	s.Clock.Advance(time.Millisecond) // at its expiry a lock is free
	s.fails("ack", s.tryAck(item, firstTurn("1.0.0")), provider.ErrLockLost)
	s.fails("renew", s.Provider.RenewOrchestrationLock(s.ctx, item.LockToken, short), provider.ErrLockLost)
	s.fails("work ack", s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("a", 1)), provider.ErrLockLost)
	s.fails("work renew", s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, short), provider.ErrLockLost)
	// Nobody took them over, so giving them back is still allowed.
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{}))
	s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, provider.Abandon{}))
	s.fetch()
	s.fetchWork()
	_, err = s.Provider.FetchOrchestrationItem(s.ctx, 999*time.Microsecond)
	s.fails("a lock under a millisecond", err, provider.ErrInvalid)
}

// An extension of less than a second is not cut to nothing.
func subSecondRenewalPrecision(s *trial) {
	s.enqueue(start("a"))
	s.schedule(activity("a", 1))
	item, w := s.fetch(), s.fetchWork()
	s.must(s.Provider.RenewOrchestrationLock(s.ctx, item.LockToken, 700*time.Millisecond))
	s.must(s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, 700*time.Millisecond))
	s.Clock.Advance(699 * time.Millisecond)
	s.fetchNone()
	s.fetchNoWork()
	s.must(s.Provider.RenewOrchestrationLock(s.ctx, item.LockToken, time.Millisecond))
	s.must(s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, time.Millisecond))
	s.Clock.Advance(time.Millisecond)
	s.fetch()
	s.fetchWork()
}

func subSecondTimerPrecision(s *trial) {
	timer := func(id int64) provider.TimerFired {
		return provider.TimerFired{Instance: "a", ExecutionID: 1, ID: id, FireAt: s.Provider.Now() + 1234}
	}
	arrives := func(how string, wait time.Duration) {
		s.Helper()
		s.Clock.Advance(wait - time.Millisecond)
		s.fetchNone()
		s.Clock.Advance(time.Millisecond)
		equal(s, how, len(s.turn(bare).Messages), 1)
	}
	s.enqueue(timer(1))
	arrives("messages enqueued", 1234*time.Millisecond)
	s.enqueue(external("a", "x"))
	s.turn(provider.OrchestrationAck{OrchestratorItems: messages(timer(2))})
	arrives("messages of an ack", 1234*time.Millisecond)
	s.enqueueAfter(7*time.Millisecond, external("a", "x"))
	arrives("messages with a delay", 7*time.Millisecond)
	s.enqueueAfter(2*time.Second, timer(3)) // a delay puts a timer off, never forward
	arrives("timers with a delay", 2*time.Second)
	s.enqueueAfter(time.Second, timer(4))
	arrives("timers with a shorter delay", 1234*time.Millisecond)
}

func queueDepthWithFutureTimers(s *trial) {
	depths := func(what string, orchestrator, worker int64) {
		s.Helper()
		d, err := s.Provider.GetQueueDepths(s.ctx)
		s.must(err)
		equal(s, what, d, provider.QueueDepths{Orchestrator: orchestrator, Worker: worker})
	}
	s.enqueue(provider.TimerFired{Instance: "a", ID: 1, FireAt: s.Provider.Now() + 1000})
	s.schedule(activity("a", 1))
	depths("a timer to come", 0, 1)
	s.Clock.Advance(time.Second)
	depths("a timer due", 1, 1)
	item, w := s.fetch(), s.fetchWork()
	s.enqueue(external("a", "x"))
	depths("while both are held", 0, 0)
	s.Clock.Advance(lockTimeout)
	depths("after the locks expired", 2, 1)
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{Delay: time.Second}))
	s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, provider.Abandon{Delay: time.Second}))
	depths("after an abandon with delay", 1, 0)
}

// Without a delay an abandon writes no time: what was first stays first.
func abandonKeepsPlace(s *trial) {
	s.enqueue(start("a"), start("b"))
	s.schedule(activity("a", 1), activity("b", 1))
	for range 2 {
		item, w := s.fetch(), s.fetchWork()
		equal(s, "instance", item.Instance, "a")
		equal(s, "work item of", w.Item.Target(), "a")
		s.Clock.Advance(time.Second)
		s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{}))
		s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, provider.Abandon{}))
	}
}

// The clock stands years before the server's. Nothing that is stored may be younger than it says.
func serverClockIsNotAsked(s *trial) {
	s.running(2, 3)
	s.must(s.Provider.AckWorkItem(s.ctx, s.fetchWork().LockToken, completed("a", 2)))
	s.fetchWork()
	s.must(s.Provider.AppendHistory(s.ctx, "a", 1, events(scheduled(9))))
	s.enqueue(external("b", "x"))
	s.fetch()
	now := s.Provider.Now()
	latest := s.count(`select max(t) from (
		select greatest(created_at, updated_at) as t from instances union all
		select started_at from executions union all select created_at from history union all
		select visible_at from orchestrator_queue union all select enqueued_at from worker_queue union all
		select visible_at - $1 from instance_locks where lock_token is not null union all
		select visible_at - $1 from worker_queue where lock_token is not null) x`, lockTimeout.Milliseconds())
	equal(s, "latest time stored", latest, now)
}

// What a sleeping process sleeps by: the time of the first message or work item, the expiry of the first lock, or never.
func nextVisible(s *trial) {
	is := func(when string, want provider.Next) {
		s.Helper()
		got, err := s.Provider.NextVisible(s.ctx)
		s.must(err)
		equal(s, when, got, want)
	}
	is("empty queues", provider.Next{})
	s.enqueueAfter(3*time.Second, start("later"))
	is("a message of the future", provider.Next{Turn: 3 * time.Second, HasTurn: true})
	s.enqueue(start("now"))
	s.schedule(activity("now", 1))
	is("a message and a work item", provider.Next{HasTurn: true, HasWork: true})
	s.Clock.Advance(time.Second)
	is("waiting for a second", provider.Next{Turn: -time.Second, Work: -time.Second, HasTurn: true, HasWork: true})
	item, w := s.fetch(), s.fetchWork()
	is("behind locks", provider.Next{Turn: 2 * time.Second, Work: lockTimeout, HasTurn: true, HasWork: true})
	s.must(s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, time.Minute))
	s.Clock.Advance(2 * time.Second)
	later := s.fetch()
	is("locks alone", provider.Next{Turn: 3 * time.Second, Work: 58 * time.Second, HasTurn: true, HasWork: true})
	s.ack(item, firstTurn("1.0.0"))
	s.ack(later, firstTurn("1.0.0"))
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed("now", 1)))
	is("a completion", provider.Next{HasTurn: true})
	s.turn(bare)
	is("all done", provider.Next{})
}
