package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgbench-provider/provider"
)

var lessonsFetch = []Rule{
	{Name: "two_message_deadlock", test: twoMessageDeadlock},
	{Name: "crossing_messages_deadlock", test: crossingMessagesDeadlock},
	{Name: "candidate_starvation_under_foreign_row_lock", test: candidateStarvation},
	{Name: "message_during_ack_is_not_lost", test: messageDuringAck},
	{Name: "message_order_with_past_dated_timer", test: messageOrderWithPastDatedTimer},
	{Name: "instances_in_order_of_visibility", test: instancesInOrderOfVisibility},
	{Name: "several_messages_to_one_instance", test: severalMessagesToOneInstance},
	{Name: "expired_lock_queues_at_its_expiry",
		Apart: "a fetch takes the expired lock over, and undone it leaves the item in its old place",
		test:  expiredLockQueuesAtItsExpiry},
	{Name: "idle_poll_statement_count", test: idlePollStatementCount},
}

// quiet wants that no operation failed or was repeated: a retry hides a deadlock from the caller, not from the clock.
func (s *trial) quiet() {
	s.Helper()
	for _, o := range s.record.list() {
		if o.Retries > 0 || o.Err != nil && !errors.Is(o.Err, provider.ErrLockLost) {
			s.Errorf("%s: %d retries, error %v", o.Operation, o.Retries, o.Err)
		}
	}
}

// bounded gives a context that turns a hang into an error.
func (s *trial) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, 30*time.Second)
}

// Dispatchers that fetch instances with several visible messages each must not lock the messages in different orders.
func twoMessageDeadlock(s *trial) {
	ctx, cancel := s.bounded()
	defer cancel()
	for i := range 60 {
		s.enqueue(external(fmt.Sprintf("instance-%d", i%3), "x"))
	}
	turns := make([]int, maxConns)
	errs := together(maxConns, func(i int) error {
		for range 20 {
			item, err := s.Provider.FetchOrchestrationItem(ctx, lockTimeout)
			if errors.Is(err, provider.ErrNoWork) {
				continue
			}
			if err != nil {
				return err
			}
			turns[i]++
			err = s.Provider.AbandonOrchestrationItem(ctx, item.LockToken, provider.Abandon{})
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.must(errors.Join(errs...))
	s.quiet()
	total := 0
	for _, n := range turns {
		total += n
	}
	if total == 0 {
		s.Errorf("nothing was fetched")
	}
	equal(s, "messages", s.count("select count(*) from orchestrator_queue"), 60)
}

// Turns that write to each other's instances and cancel activities, beside workers that complete them.
func crossingMessagesDeadlock(s *trial) {
	ctx, cancel := s.bounded()
	defer cancel()
	ids := []string{"a", "b", "c"}
	for _, id := range ids {
		s.enqueue(external(id, "1"), external(id, "2"))
	}
	s.must(errors.Join(together(maxConns, func(i int) error {
		for n := range int64(20) {
			var err error
			if i%3 == 2 {
				err = s.workOnce(ctx)
			} else {
				err = s.turnOnce(ctx, ids, int64(i)*1000+n)
			}
			if err != nil && !errors.Is(err, provider.ErrNoWork) && !errors.Is(err, provider.ErrLockLost) {
				return err
			}
		}
		return nil
	})...))
	s.quiet()
}

// turnOnce acks one turn that sends to all of ids, in an order of its own, and cancels the activity before.
func (s *trial) turnOnce(ctx context.Context, ids []string, n int64) error {
	item, err := s.Provider.FetchOrchestrationItem(ctx, lockTimeout)
	if err != nil {
		return err
	}
	ack := provider.OrchestrationAck{ExecutionID: 1, WorkerItems: activities(item.Instance, n, n+500),
		CancelledActivities: []provider.ActivityRef{{ExecutionID: 1, ID: n + 499}}}
	for _, id := range ids {
		ack.OrchestratorItems = append(ack.OrchestratorItems, external(id, "x"))
	}
	if n%2 == 1 {
		slices.Reverse(ack.OrchestratorItems)
	}
	return s.Provider.AckOrchestrationItem(ctx, item.LockToken, ack)
}

func (s *trial) workOnce(ctx context.Context) error {
	w, err := s.Provider.FetchWorkItem(ctx, lockTimeout)
	if err != nil {
		return err
	}
	return s.Provider.AckWorkItem(ctx, w.LockToken, completed(w.Item.Target(), 1))
}

// Somebody holds row locks on the best candidate: the fetch neither waits for him nor spins, and serves the others.
func candidateStarvation(s *trial) {
	ctx, cancel := s.bounded()
	defer cancel()
	s.enqueue(start("a"), external("a", "x"), start("b"), start("c"))
	s.schedule(activity("a", 1), activity("b", 1))
	other, done := s.session()
	defer done()
	_, err := other.Exec(s.ctx, `begin;
		select from instance_locks where instance_id = 'a' for update;
		select from orchestrator_queue where instance_id = 'a' for update;
		select from worker_queue where instance_id = 'a' for update`)
	s.must(err)
	for _, want := range []string{"b", "c"} {
		item, err := s.Provider.FetchOrchestrationItem(ctx, lockTimeout)
		s.must(err)
		equal(s, "instance", item.Instance, want)
	}
	_, err = s.Provider.FetchOrchestrationItem(ctx, lockTimeout)
	s.fetchedNothing(err)
	w, err := s.Provider.FetchWorkItem(ctx, lockTimeout)
	s.must(err)
	equal[provider.WorkItem](s, "work item", w.Item, activity("b", 1))
	_, err = s.Provider.FetchWorkItem(ctx, lockTimeout)
	s.fetchedNothing(err)

	// Messages alone are nobody's lock: a fetch does not need them. (It would wait for those that an abandon delayed: they
	// are counted in their own rows. No operation locks messages without their instance.)
	_, err = other.Exec(s.ctx, "rollback") // alone: a pooler in transaction mode may give the next one to another server session
	s.must(err)
	_, err = other.Exec(s.ctx, `begin; select from orchestrator_queue for update`)
	s.must(err)
	item, err := s.Provider.FetchOrchestrationItem(ctx, lockTimeout)
	s.must(err)
	equal(s, "instance", item.Instance, "a")
	_, err = other.Exec(s.ctx, "rollback")
	s.must(err)
	s.quiet()
}

func (s *trial) fetchedNothing(err error) {
	s.Helper()
	if !errors.Is(err, provider.ErrNoWork) {
		s.Fatalf("got error %v, want ErrNoWork", err)
	}
}

// A message whose transaction ends while a turn is being acked belongs to the next turn.
func messageDuringAck(s *trial) {
	for i := range rounds {
		s.enqueue(external("a", "first"))
		item := s.fetch()
		s.must(errors.Join(together(3, func(n int) error {
			if n == 0 {
				return s.tryAck(item, bare)
			}
			return s.Provider.EnqueueOrchestratorItem(s.ctx, external("a", fmt.Sprint(i, n)), 0)
		})...))
		equal(s, "messages of the next turn", len(s.turn(bare).Messages), 2)
		s.fetchNone()
	}
}

func messageOrderWithPastDatedTimer(s *trial) {
	timer := provider.TimerFired{Instance: "b", ExecutionID: 1, ID: 1, FireAt: s.Provider.Now() - 60_000}
	s.enqueue(external("a", "x"), external("b", "first"), timer, external("b", "last"))
	item := s.fetch()
	equal(s, "the instance whose message is visible longest", item.Instance, "b")
	equal(s, "messages in order of insertion", item.Messages, messages(external("b", "first"), timer, external("b", "last")))
}

func instancesInOrderOfVisibility(s *trial) {
	s.enqueueAfter(3*time.Second, external("a", "x"))
	s.enqueueAfter(1*time.Second, external("b", "x"))
	s.enqueueAfter(2*time.Second, external("c", "x"))
	s.enqueueAfter(2*time.Second, external("d", "x"))
	s.enqueueAfter(9*time.Second, external("b", "later"))
	s.Clock.Advance(3 * time.Second)
	for _, want := range []string{"b", "c", "d", "a"} {
		equal(s, "instance", s.turn(bare).Instance, want)
	}
	s.fetchNone()
	s.Clock.Advance(6 * time.Second)
	equal(s, "instance", s.turn(bare).Instance, "b")
}

// The earliest of the messages of one ack decides, not the first; and never later than what waits already.
func severalMessagesToOneInstance(s *trial) {
	later := func(instance string) provider.TimerFired {
		return provider.TimerFired{Instance: instance, ExecutionID: 1, ID: 1, FireAt: s.Provider.Now() + 1000}
	}
	s.enqueue(start("a"))
	s.enqueueAfter(time.Minute, external("c", "waits"))
	s.turn(provider.OrchestrationAck{OrchestratorItems: messages(later("b"), external("b", "x"), later("c"), external("c", "x"),
		later("a"), external("a", "x"))})
	for _, want := range []string{"b", "c", "a"} {
		equal(s, "messages", s.turn(bare).Messages, messages(external(want, "x")))
	}
	s.fetchNone()
	s.Clock.Advance(time.Second)
	s.enqueue(start("d"))
	for _, want := range []string{"b", "c", "a", "d"} {
		equal(s, "instance", s.turn(bare).Instance, want)
	}
	s.fetchNone()
}

// What was not given back waits its turn behind what became visible before the expiry.
func expiredLockQueuesAtItsExpiry(s *trial) {
	s.enqueue(start("a"))
	s.schedule(activity("a", 1))
	s.fetch()
	s.fetchWork()
	s.Clock.Advance(lockTimeout - time.Second)
	s.enqueue(start("b"))
	s.schedule(activity("b", 1))
	s.Clock.Advance(2 * time.Second)
	s.enqueue(start("c"))
	s.schedule(activity("c", 1))
	for _, want := range []string{"b", "a", "c"} {
		equal(s, "instance", s.fetch().Instance, want)
		equal(s, "work item of", s.fetchWork().Item.Target(), want)
	}
}

// An idle poll is what an idle system does all day: at most begin, select, rollback, and no retry.
func idlePollStatementCount(s *trial) {
	const polls, bound = 5, 3
	poll := func(fetch func()) {
		s.Helper()
		fetch() // prepares
		before := s.exchange.n.Load()
		for range polls {
			fetch()
		}
		n := s.exchange.n.Load() - before
		if n > polls*bound || n%polls != 0 {
			s.Errorf("%d idle polls took %d statements, want at most %d each", polls, n, bound)
		}
	}
	poll(s.fetchNone)
	poll(s.fetchNoWork)
	for _, o := range s.record.list() {
		if o.Retries != 0 || o.Outcome != provider.OutcomeEmpty {
			s.Errorf("%s: outcome %s after %d retries", o.Operation, o.Outcome, o.Retries)
		}
	}
}

// IdlePollStatements counts the statements of one fetch of either kind that finds nothing, on a warm connection.
func (h *Harness) IdlePollStatements(ctx context.Context) (turn, work int64, err error) {
	count := func(fetch func() error) (n int64) {
		for range 2 {
			before := h.exchange.n.Load()
			if e := fetch(); !errors.Is(e, provider.ErrNoWork) {
				err = errors.Join(err, e)
			}
			n = h.exchange.n.Load() - before
		}
		return n
	}
	turn = count(func() error { _, err := h.Provider.FetchOrchestrationItem(ctx, lockTimeout); return err })
	work = count(func() error { _, err := h.Provider.FetchWorkItem(ctx, lockTimeout); return err })
	return turn, work, err
}
