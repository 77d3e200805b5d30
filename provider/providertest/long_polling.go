package providertest

import (
	"context"
	"errors"
	"time"
)

// The contract's fetches do not wait: they poll short. The two rules of the catalogue for providers that do wait do not
// apply.
var longPolling = []Rule{
	{Name: "test_short_poll_returns_immediately", test: shortPollReturnsImmediately},
	{Name: "test_short_poll_work_item_returns_immediately", test: shortPollWorkItemReturnsImmediately},
	{Name: "test_fetch_respects_timeout_upper_bound", test: fetchRespectsTimeoutUpperBound},
}

// immediately is generous: it tells an answer from a wait on any machine.
const immediately = 5 * time.Second

func (s *trial) within(bound time.Duration, body func()) {
	s.Helper()
	began := time.Now()
	body()
	if took := time.Since(began); took > bound {
		s.Errorf("took %v, want at most %v", took, bound)
	}
}

func shortPollReturnsImmediately(s *trial) { s.within(immediately, s.fetchNone) }

func shortPollWorkItemReturnsImmediately(s *trial) { s.within(immediately, s.fetchNoWork) }

// Somebody's DDL makes every fetch wait; the caller's deadline must end it, and no lock may be left behind.
func fetchRespectsTimeoutUpperBound(s *trial) {
	s.enqueue(start("a"))
	s.schedule(activity("a", 1))
	other, done := s.session()
	defer done()
	_, err := other.Exec(s.ctx, "begin; lock table instance_locks, worker_queue in access exclusive mode")
	s.must(err)
	bounded, stop := s.bounded()
	defer stop()
	ctx := &deadline{Context: s.ctx, over: make(chan struct{})}
	answers := make(chan []error, 1)
	go func() {
		answers <- together(2, func(i int) (err error) {
			if i == 0 {
				_, err = s.Provider.FetchOrchestrationItem(ctx, lockTimeout)
			} else {
				_, err = s.Provider.FetchWorkItem(ctx, lockTimeout)
			}
			return err
		})
	}()
	s.waiting(bounded, 2)
	close(ctx.over)
	s.within(immediately, func() {
		for _, err := range <-answers {
			if !errors.Is(err, context.DeadlineExceeded) {
				s.Errorf("got error %v, want %v", err, context.DeadlineExceeded)
			}
		}
	})
	// The driver cancels on the server what it no longer waits for, a moment later.
	s.waiting(bounded, 0)
	_, err = other.Exec(s.ctx, "rollback")
	s.must(err)
	s.fetch()
	s.fetchWork()
}

// deadline is a context whose deadline passes when over is closed: when the test has seen that both fetches wait, not before a
// slow machine has sent them.
type deadline struct {
	context.Context
	over chan struct{}
}

func (d *deadline) Done() <-chan struct{} { return d.over }

func (d *deadline) Err() error {
	select {
	case <-d.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
