package providertest

import (
	"errors"
	"time"

	"pgbench-provider/provider"
)

// realTime shows that the provider works on the clock of the machine. Only lower bounds are asserted closely.
var realTime = []Rule{
	{Name: "test_lock_expires_in_real_time", test: lockExpiresInRealTime},
	{Name: "test_worker_lock_expires_in_real_time", test: workerLockExpiresInRealTime},
	{Name: "test_timer_fires_in_real_time", test: timerFiresInRealTime},
}

const briefly = 40 * time.Millisecond

// notBefore polls until fetch succeeds and wants that to take briefly, and not forever.
func (s *trial) notBefore(began time.Time, fetch func(*Provider) error) {
	s.Helper()
	p, err := s.at(time.Now)
	s.must(err)
	for {
		err := fetch(p)
		took := time.Since(began)
		switch {
		case err == nil && took < briefly-time.Millisecond: // times are cut to milliseconds
			s.Fatalf("fetched after %v, want at least %v", took, briefly)
		case err == nil:
			return
		case !errors.Is(err, provider.ErrNoWork):
			s.Fatalf("fetch: %v", err)
		case took > time.Minute:
			s.Fatalf("nothing to fetch after %v", took)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func turnFrom(p *Provider, s *trial) error {
	_, err := p.FetchOrchestrationItem(s.ctx, briefly)
	return err
}

func lockExpiresInRealTime(s *trial) {
	p, err := s.at(time.Now)
	s.must(err)
	s.must(p.EnqueueOrchestratorItem(s.ctx, start("a"), 0))
	began := time.Now()
	s.must(turnFrom(p, s))
	s.notBefore(began, func(p *Provider) error { return turnFrom(p, s) })
}

func workerLockExpiresInRealTime(s *trial) {
	p, err := s.at(time.Now)
	s.must(err)
	fetch := func(p *Provider) error {
		_, err := p.FetchWorkItem(s.ctx, briefly)
		return err
	}
	s.must(p.EnqueueWorkerItem(s.ctx, activity("a", 1)))
	began := time.Now()
	s.must(fetch(p))
	s.notBefore(began, fetch)
}

func timerFiresInRealTime(s *trial) {
	p, err := s.at(time.Now)
	s.must(err)
	began := time.Now()
	s.must(p.EnqueueOrchestratorItem(s.ctx, external("a", "x"), briefly))
	s.notBefore(began, func(p *Provider) error { return turnFrom(p, s) })
}
