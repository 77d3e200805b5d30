package providertest

import (
	"fmt"
	"regexp"
	"time"

	"pgbench-provider/provider"
)

// lockFor fetches a turn and a work item of an instance that nothing is before.
func (s *trial) lockFor(timeout time.Duration, instance string) (*provider.OrchestrationItem, *provider.LockedWorkItem) {
	s.Helper()
	s.enqueue(start(instance))
	s.schedule(activity(instance, 1))
	turn, err := s.Provider.FetchOrchestrationItem(s.ctx, timeout)
	s.must(err)
	work, err := s.Provider.FetchWorkItem(s.ctx, timeout)
	s.must(err)
	equal(s, "instance", turn.Instance, instance)
	return turn, work
}

// bustle makes everything that a fetch may meet, and a turn and a work item to be acked. Fetchable are, in that order, what
// was given back with a delay, what was never given back, a known instance, and two fresh ones.
func (s *trial) bustle() (*provider.OrchestrationItem, *provider.LockedWorkItem) {
	s.Helper()
	s.clear()
	turn, work := s.lockFor(time.Minute, "turn")
	s.lockFor(time.Minute, "busy")
	s.create("known")
	delayed, delayedWork := s.lockFor(lockTimeout, "delayed")
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, delayed.LockToken, provider.Abandon{Delay: time.Second}))
	s.must(s.Provider.AbandonWorkItem(s.ctx, delayedWork.LockToken, provider.Abandon{Delay: time.Second}))
	s.lockFor(lockTimeout, "expired")
	s.Clock.Advance(afterLock)
	s.enqueue(external("known", "x"), external("known", "y"), start("fresh"), start("last"))
	s.schedule(activities("fresh", 1, 2, 3)...)
	return turn, work
}

// clear leaves the tables as they were at first.
func (s *trial) clear() {
	s.Helper()
	for _, table := range tables {
		s.exec("delete from " + table)
	}
	for _, queue := range []string{"orchestrator_queue", "worker_queue"} {
		s.exec("select setval(pg_get_serial_sequence($1, 'id'), 1, false)", queue)
	}
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// sight is everything that can be seen of a hand-over and of the database after it. Tokens are all alike.
func (s *trial) sight(h provider.HandedOver, err error) string {
	s.Helper()
	s.must(err)
	s.must(h.Err)
	text := ""
	for _, turn := range h.Turns {
		text += fmt.Sprintf("%+v\n", *turn)
	}
	for _, w := range h.Works {
		text += fmt.Sprintf("%+v\n", *w)
	}
	return s.with(text)
}

// with gives text and the contents of the database, tokens all alike.
func (s *trial) with(text string) string {
	s.Helper()
	return uuids.ReplaceAllString(text+s.contents(), "token")
}
