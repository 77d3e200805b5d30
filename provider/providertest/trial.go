package providertest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// A trial is one rule at work. Its helpers end the rule when the provider does something else than they are named for.
type trial struct {
	T
	*Harness
	ctx context.Context
}

// How long locks last in rules that do not care, and a moment after their end.
const (
	lockTimeout = 5 * time.Second
	afterLock   = lockTimeout + 100*time.Millisecond
)

func (s *trial) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("unexpected: %v", err)
	}
}

// fails wants err to be the sentinel, and permanent.
func (s *trial) fails(what string, err, want error) {
	s.Helper()
	switch {
	case !errors.Is(err, want):
		s.Fatalf("%s: got error %v, want %v", what, err, want)
	case provider.IsRetryable(err):
		s.Fatalf("%s: %v is called retryable", what, err)
	}
}

func equal[V any](s *trial, what string, got, want V) {
	s.Helper()
	if !reflect.DeepEqual(got, want) {
		s.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}

func (s *trial) enqueue(items ...provider.WorkItem) {
	s.Helper()
	for _, item := range items {
		s.must(s.Provider.EnqueueOrchestratorItem(s.ctx, item, 0))
	}
}

func (s *trial) enqueueAfter(delay time.Duration, item provider.WorkItem) {
	s.Helper()
	s.must(s.Provider.EnqueueOrchestratorItem(s.ctx, item, delay))
}

func (s *trial) schedule(items ...provider.ActivityExecute) {
	s.Helper()
	for _, item := range items {
		s.must(s.Provider.EnqueueWorkerItem(s.ctx, item))
	}
}

func (s *trial) fetch() *provider.OrchestrationItem {
	s.Helper()
	item, err := s.Provider.FetchOrchestrationItem(s.ctx, lockTimeout)
	s.must(err)
	return item
}

func (s *trial) fetchNone() {
	s.Helper()
	item, err := s.Provider.FetchOrchestrationItem(s.ctx, lockTimeout)
	if !errors.Is(err, provider.ErrNoWork) {
		s.Fatalf("fetched %+v, %v; want ErrNoWork", item, err)
	}
}

func (s *trial) fetchWork() *provider.LockedWorkItem {
	s.Helper()
	item, err := s.Provider.FetchWorkItem(s.ctx, lockTimeout)
	s.must(err)
	s.must(item.Err)
	return item
}

func (s *trial) fetchNoWork() {
	s.Helper()
	item, err := s.Provider.FetchWorkItem(s.ctx, lockTimeout)
	if !errors.Is(err, provider.ErrNoWork) {
		s.Fatalf("fetched %+v, %v; want ErrNoWork", item, err)
	}
}

// ack commits a turn, under the item's execution unless a says otherwise.
func (s *trial) ack(item *provider.OrchestrationItem, a provider.OrchestrationAck) {
	s.Helper()
	s.must(s.tryAck(item, a))
}

func (s *trial) tryAck(item *provider.OrchestrationItem, a provider.OrchestrationAck) error {
	if a.ExecutionID == 0 {
		a.ExecutionID = item.ExecutionID
	}
	return s.Provider.AckOrchestrationItem(s.ctx, item.LockToken, a)
}

// turn fetches and acks.
func (s *trial) turn(a provider.OrchestrationAck) *provider.OrchestrationItem {
	s.Helper()
	item := s.fetch()
	s.ack(item, a)
	return item
}

// create makes an instance as a client and a first turn do: execution 1, one event, name and version.
func (s *trial) create(instance string) {
	s.Helper()
	s.enqueue(start(instance))
	item := s.turn(firstTurn("1.0.0"))
	equal(s, "instance", item.Instance, instance)
}

func (s *trial) history(instance string) []provider.Event {
	s.Helper()
	events, err := s.Provider.ReadHistory(s.ctx, instance)
	s.must(err)
	return events
}

func (s *trial) execution(instance string, id int64) []provider.Event {
	s.Helper()
	events, err := s.Provider.ReadExecution(s.ctx, instance, id)
	s.must(err)
	return events
}

// contents dumps all tables.
func (s *trial) contents() string {
	s.Helper()
	text, err := s.dump(s.ctx)
	s.must(err)
	return text
}

// count asks the database for one number.
func (s *trial) count(query string, args ...any) (n int64) {
	s.Helper()
	s.must(s.Conn().QueryRow(s.ctx, query, args...).Scan(&n))
	return n
}

func (s *trial) exec(statement string, args ...any) {
	s.Helper()
	_, err := s.Conn().Exec(s.ctx, statement, args...)
	s.must(err)
}

// session opens another connection to the schema; done ends it with what it holds.
func (s *trial) session() (conn *pgx.Conn, done func()) {
	s.Helper()
	conn, err := pgx.ConnectConfig(s.ctx, s.config)
	s.must(err)
	return conn, func() { _ = conn.Close(context.Background()) }
}

// together calls body n times at once and gives the errors. body must not use the trial's failing helpers.
func together(n int, body func(i int) error) []error {
	errs := make([]error, n)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-begin
			errs[i] = body(i)
		})
	}
	close(begin)
	wg.Wait()
	return errs
}

// oneWins wants exactly one nil among errs and want for the others.
func (s *trial) oneWins(errs []error, want error) {
	s.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, want):
			s.Errorf("got error %v, want %v", err, want)
		}
	}
	if won != 1 {
		s.Fatalf("%d of %d succeeded, want 1: %v", won, len(errs), errs)
	}
}

// forge gives a token that looks like token and was never given out.
func forge(token provider.LockToken) provider.LockToken {
	parts := strings.SplitN(string(token), ":", 3)
	if len(parts) == 3 {
		parts[1] = "00000000-0000-4000-8000-000000000000"
	}
	return provider.LockToken(strings.Join(parts, ":"))
}
