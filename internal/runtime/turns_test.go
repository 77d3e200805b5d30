package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// batches has turns and activities in batches, and nobody who polls: a wake-up that is lost is a test that hangs.
func batches(c *Config) { c.TurnBatch, c.WorkBatch = 8, 8 }

// family registers an orchestration that waits for a timer, an event, two children and activities: turns that send and turns that do not.
func family(r *Registry) {
	hello(r)
	r.Orchestration("Family", func(c *Context, input string) (string, error) {
		timer := c.Timer(time.Millisecond)
		one, two := c.SubOrchestration("HelloWorld", input+"1"), c.SubOrchestration("FanOut", input+"2")
		if _, err := c.WaitEvent("go").Await(); err != nil {
			return "", err
		}
		if _, err := timer.Await(); err != nil {
			return "", err
		}
		if _, err := one.Await(); err != nil {
			return "", err
		}
		return two.Await()
	})
}

// TestTurnsInBatches runs many instances at once, on every strategy, with one dispatcher and with three.
func TestTurnsInBatches(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		for _, dispatchers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", s.Name(), dispatchers), func(t *testing.T) {
				t.Parallel()
				r, seen := quietOn(t, s, 3, family, batches, func(c *Config) { c.OrchestrationDispatchers = dispatchers })
				var group sync.WaitGroup
				for i := range 24 {
					group.Go(func() {
						client, id := r.Client(), fmt.Sprintf("i%d", i)
						name := []string{"HelloWorld", "FanOut", "Family"}[i%3]
						if err := client.Start(t.Context(), id, name, "x"); err != nil {
							t.Errorf("%s: %v", id, err)
							return
						}
						if name == "Family" {
							if err := client.Raise(t.Context(), id, "go", ""); err != nil {
								t.Errorf("%s: %v", id, err)
							}
						}
						ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
						defer cancel()
						if end, err := client.Await(ctx, id); err != nil || end.Status != provider.StatusCompleted {
							t.Errorf("%s: %+v, %v", id, end, err)
						}
					})
				}
				group.Wait()
				if got := r.Stats(); got.LocksLost+got.Abandoned+got.Errors+got.Retries != 0 {
					t.Errorf("%+v", got)
				}
				count := map[string]int{}
				for _, op := range seen.take() {
					count[strings.TrimSuffix(strings.Fields(op)[0], "_and_fetch")]++
				}
				if count["ack_orchestration_items"] == 0 || count["fetch_orchestration_item"] != 0 {
					t.Errorf("%v", count)
				}
			})
		}
	}
}

// failingTogether is a strategy whose calls for several turns fail, as often as it says.
type failingTogether struct {
	provider.Strategy
	*failures
}

type eagerFailingTogether struct {
	provider.EagerStrategy
	*failures
}

type failures struct {
	mu   sync.Mutex
	left int
	err  error
}

func (f *failures) fail(n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 || n < 2 {
		return nil
	}
	f.left--
	return f.err
}

// failSend fails with what an enqueue can fail with.
func (f *failures) failSend(n int) error {
	if f.err == provider.ErrLockLost {
		return nil
	}
	return f.fail(n)
}

func (s failingTogether) AckOrchestrationItems(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks) error {
	if err := s.fail(len(a.InstanceIDs)); err != nil {
		return err
	}
	return s.Strategy.AckOrchestrationItems(ctx, conn, a)
}

func (s failingTogether) EnqueueOrchestratorItems(ctx context.Context, conn *pgx.Conn, m provider.Messages) error {
	if err := s.failSend(m.Len()); err != nil {
		return err
	}
	return s.Strategy.EnqueueOrchestratorItems(ctx, conn, m)
}

func (s eagerFailingTogether) AckOrchestrationItems(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks) error {
	if err := s.fail(len(a.InstanceIDs)); err != nil {
		return err
	}
	return s.EagerStrategy.AckOrchestrationItems(ctx, conn, a)
}

func (s eagerFailingTogether) AckOrchestrationItemsAndFetch(ctx context.Context, conn *pgx.Conn, a *provider.TurnAcks, w provider.Want) (provider.Handover, error) {
	if err := s.fail(len(a.InstanceIDs)); err != nil {
		return provider.Handover{}, err
	}
	return s.EagerStrategy.AckOrchestrationItemsAndFetch(ctx, conn, a, w)
}

func (s eagerFailingTogether) EnqueueOrchestratorItems(ctx context.Context, conn *pgx.Conn, m provider.Messages) error {
	if err := s.failSend(m.Len()); err != nil {
		return err
	}
	return s.EagerStrategy.EnqueueOrchestratorItems(ctx, conn, m)
}

func (s eagerFailingTogether) EnqueueOrchestratorItemsAndFetch(ctx context.Context, conn *pgx.Conn, m provider.Messages, w provider.Want) (provider.Handover, error) {
	if err := s.failSend(m.Len()); err != nil {
		return provider.Handover{}, err
	}
	return s.EagerStrategy.EnqueueOrchestratorItemsAndFetch(ctx, conn, m, w)
}

// TestABatchOfTurnsFallsApart has every call for several fail for a while: what was to be done together is done one by one.
func TestABatchOfTurnsFallsApart(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		for name, err := range map[string]error{"lock lost": provider.ErrLockLost, "time out": errTimedOut} {
			t.Run(s.Name()+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := &failures{left: 12, err: err}
				failing := provider.Strategy(failingTogether{s, f})
				if e, ok := s.(provider.EagerStrategy); ok {
					failing = eagerFailingTogether{e, f}
				}
				r, _ := quietOn(t, failing, 3, family, batches)
				var group sync.WaitGroup
				for i := range 12 {
					group.Go(func() {
						client, id := r.Client(), fmt.Sprintf("i%d", i)
						err := client.Start(t.Context(), id, []string{"HelloWorld", "FanOut"}[i%2], "x")
						if err != nil {
							t.Errorf("%s: %v", id, err)
							return
						}
						ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
						defer cancel()
						if end, err := client.Await(ctx, id); err != nil || end.Status != provider.StatusCompleted {
							t.Errorf("%s: %+v, %v", id, end, err)
						}
					})
				}
				group.Wait()
				if got := r.Stats(); got.Abandoned+got.Errors != 0 {
					t.Errorf("%+v", got)
				}
				if f.left == 12 {
					t.Error("nothing was done together")
				}
			})
		}
	}
}

// TestSendsThatComeTogether has one of several that no database can store: it alone fails.
func TestSendsThatComeTogether(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"inline", "sp", "sp-eager"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			r, _ := quiet(t, strategy, 2, hello, batches)
			begin := make(chan struct{})
			errs := make([]error, 20)
			var group sync.WaitGroup
			for i := range errs {
				group.Go(func() {
					<-begin
					id := fmt.Sprintf("i%d", i)
					if i%5 == 4 {
						id += "\x00"
					}
					errs[i] = r.Client().Start(t.Context(), id, "HelloWorld", "x")
				})
			}
			close(begin)
			group.Wait()
			for i, err := range errs {
				if i%5 == 4 {
					if !errors.Is(err, provider.ErrInvalid) {
						t.Errorf("%d: %v", i, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%d: %v", i, err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if _, err := r.Client().Await(ctx, fmt.Sprintf("i%d", i)); err != nil {
					t.Errorf("%d: %v", i, err)
				}
				cancel()
			}
		})
	}
}

// TestSendsAreNotRepeatedInDoubt has the call for several end without an answer: nobody sends again, and all are told.
func TestSendsAreNotRepeatedInDoubt(t *testing.T) {
	t.Parallel()
	for what, err := range map[string]error{"the connection": io.ErrUnexpectedEOF, "a pooler": &pgconn.PgError{Code: "08P01"},
		"a refusal": &pgconn.PgError{Code: "53100"}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s, _ := strategies.Lookup("sp")
			r, seen := quietOn(t, failingTogether{s, &failures{left: 1 << 20, err: err}}, 2, hello, batches)
			client := r.Client()
			come := make(chan struct{})
			r.sends.mu.Lock() // until all have come
			errs := make([]error, 4)
			var group sync.WaitGroup
			for i := range errs {
				group.Go(func() {
					come <- struct{}{}
					errs[i] = client.Start(t.Context(), fmt.Sprintf("i%d", i), "HelloWorld", "x")
				})
			}
			for range errs {
				<-come
			}
			time.Sleep(10 * time.Millisecond) // whoever has not come by then makes this test prove less
			r.sends.mu.Unlock()
			group.Wait()
			together, alone := 0, 0
			for _, op := range seen.take() {
				switch {
				case strings.HasPrefix(op, "enqueue_orchestrator_items"):
					together++
				case strings.HasPrefix(op, "enqueue_orchestrator_item"):
					alone++
				}
			}
			failed := 0
			for _, err := range errs {
				if err != nil {
					failed++
				}
			}
			if failed+alone != len(errs) || what == "a refusal" && failed > 0 || what != "a refusal" && together > 0 && failed < 2 {
				t.Errorf("%d calls for several, %d for one, %d failed: %v", together, alone, failed, errs)
			}
		})
	}
}

// TestAnOldBatchIsGivenBack has a turn that takes longer than a quarter of the lock: the others of its batch are for others.
func TestAnOldBatchIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"inline", "sp", "sp-eager"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			slow := make(chan struct{}, 1)
			slow <- struct{}{}
			r, _ := quiet(t, strategy, 1, func(r *Registry) {
				hello(r)
				r.Orchestration("Slow", func(*Context, string) (string, error) {
					select {
					case <-slow:
						time.Sleep(600 * time.Millisecond)
					default:
					}
					return "", nil
				})
			}, batches, func(c *Config) { c.OrchestrationDispatchers, c.LockTimeout = 1, 2*time.Second })
			r.settled()
			var items []provider.WorkItem
			for i := range 4 {
				id := fmt.Sprintf("i%d", i)
				r.awaited.expect(id)
				items = append(items, provider.StartOrchestration{Instance: id, Orchestration: "Slow", ExecutionID: 1})
			}
			if err := r.Provider.EnqueueOrchestratorItems(t.Context(), items); err != nil {
				t.Fatal(err)
			}
			r.sentAll([]string{"i0", "i1", "i2", "i3"})
			for i := range items {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if end, err := r.Client().Await(ctx, fmt.Sprintf("i%d", i)); err != nil || end.Status != provider.StatusCompleted {
					t.Errorf("%d: %+v, %v", i, end, err)
				}
				cancel()
			}
			if got := r.Stats(); got.Abandoned != 3 || got.LocksLost+got.Errors != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}
