package runtime

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

func TestAcksOfAnInstanceThatComeMeanwhileGoTogether(t *testing.T) {
	t.Parallel()
	a := newAcks(3, runtime.Gosched)
	enter := func(instance string) chan []*ending {
		e, entered := &ending{target: instance, group: make(chan []*ending, 1)}, make(chan []*ending, 1)
		go func() {
			group, _ := a.enter(e, time.Hour)
			entered <- group
		}()
		return entered
	}
	waiting := func(n int) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			a.mu.Lock()
			got := len(a.of["a"])
			a.mu.Unlock()
			if got == n {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d wait, want %d", got, n)
			}
		}
	}
	if got := <-enter("a"); len(got) != 1 {
		t.Fatalf("the first acks %d", len(got))
	}
	if got := <-enter("b"); len(got) != 1 {
		t.Fatalf("the first of another instance acks %d", len(got))
	}
	a.leave([]*ending{{target: "b"}})
	var rest []chan []*ending
	for n := range 5 {
		rest = append(rest, enter("a"))
		waiting(n + 1)
	}
	a.leave([]*ending{{target: "a"}})
	for n, want := range []int{3, 2} {
		group := <-rest[3*n]
		if len(group) != want {
			t.Fatalf("%d go together, want %d", len(group), want)
		}
		for _, other := range group[1:] {
			other.group <- nil
		}
		a.leave([]*ending{{target: "a"}})
	}
	for _, n := range []int{1, 2, 4} {
		if got := <-rest[n]; got != nil {
			t.Errorf("number %d acks %d that another has acked", n+1, len(got))
		}
	}
	if len(a.of) > 0 {
		t.Errorf("%v is kept of instances that nobody acks for", a.of)
	}
}

// Those of several instances that end at one moment are one call, as far as the limit goes, and each instance is left once.
func TestAcksThatComeAtOneMomentGoTogether(t *testing.T) {
	t.Parallel()
	come := make(chan struct{})
	a := newAcks(3, func() { <-come })
	groups := make(chan []*ending)
	entered := func(n int) {
		for there := 0; there < n; time.Sleep(time.Millisecond) {
			a.mu.Lock()
			there = len(a.gathered) + len(a.of["a"])
			a.mu.Unlock()
		}
	}
	for n, instance := range []string{"a", "b", "c", "d", "a"} {
		e := &ending{target: instance, group: make(chan []*ending, 1)}
		go func() {
			group, leads := a.enter(e, time.Hour)
			if leads != (group != nil) {
				t.Errorf("%d entries and leads: %v", len(group), leads)
			}
			groups <- group
		}()
		entered(n + 1)
	}
	close(come)
	var sizes []int
	for range 5 {
		group := <-groups
		if group == nil {
			continue
		}
		sizes = append(sizes, len(group))
		for _, other := range group[1:] {
			other.group <- nil
		}
		a.leave(group)
	}
	slices.Sort(sizes)
	if !slices.Equal(sizes, []int{1, 1, 3}) || len(a.of) > 0 || len(a.gathered) > 0 {
		t.Errorf("groups of %v; %v and %v are kept", sizes, a.of, a.gathered)
	}
}

// Who waits too long behind an ack that hangs goes alone, and the next to go does not take it along.
func TestAcksWaitOnlySoLong(t *testing.T) {
	t.Parallel()
	a := newAcks(8, runtime.Gosched)
	if _, leads := a.enter(&ending{target: "a"}, time.Hour); !leads {
		t.Fatal("the first does not lead")
	}
	tired, patient := &ending{target: "a", group: make(chan []*ending, 1)}, &ending{target: "a", group: make(chan []*ending, 1)}
	if group, leads := a.enter(tired, time.Millisecond); leads || len(group) != 1 || group[0] != tired {
		t.Errorf("who waited long enough acks %d, leads: %v", len(group), leads)
	}
	entered := make(chan []*ending)
	go func() {
		group, leads := a.enter(patient, time.Hour)
		if !leads {
			t.Error("the next does not lead")
		}
		entered <- group
	}()
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		a.mu.Lock()
		waiting = len(a.of["a"])
		a.mu.Unlock()
	}
	a.leave([]*ending{{target: "a"}})
	if group := <-entered; len(group) != 1 || group[0] != patient {
		t.Errorf("the next acks %d", len(group))
	}
	if a.leave([]*ending{{target: "a"}}); len(a.of) > 0 {
		t.Errorf("%v is kept", a.of)
	}
}

// A gathering strategy holds the first ack of work items until all have come.
type gathering struct {
	once   *sync.Once
	gather func(own int)
}

func (g gathering) hold(n int) { g.once.Do(func() { g.gather(n) }) }

type plainGathering struct {
	provider.Strategy
	gathering
}

func (s plainGathering) AckWorkItem(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message) error {
	s.hold(1)
	return s.Strategy.AckWorkItem(ctx, conn, l, now, done)
}

func (s plainGathering) AckWorkItems(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages) error {
	s.hold(len(l.IDs))
	return s.Strategy.AckWorkItems(ctx, conn, l, now, done)
}

type eagerGathering struct {
	provider.EagerStrategy
	gathering
}

func (s eagerGathering) AckWorkItem(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message) error {
	s.hold(1)
	return s.EagerStrategy.AckWorkItem(ctx, conn, l, now, done)
}

func (s eagerGathering) AckWorkItems(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages) error {
	s.hold(len(l.IDs))
	return s.EagerStrategy.AckWorkItems(ctx, conn, l, now, done)
}

func (s eagerGathering) AckWorkItemAndFetch(ctx context.Context, conn *pgx.Conn, l provider.WorkLock, now int64, done *provider.Message, w provider.Want) (provider.Handover, error) {
	s.hold(1)
	return s.EagerStrategy.AckWorkItemAndFetch(ctx, conn, l, now, done, w)
}

func (s eagerGathering) AckWorkItemsAndFetch(ctx context.Context, conn *pgx.Conn, l provider.WorkLocks, now int64, done provider.Messages, w provider.Want) (provider.Handover, error) {
	s.hold(len(l.IDs))
	return s.EagerStrategy.AckWorkItemsAndFetch(ctx, conn, l, now, done, w)
}

// gathered starts a runtime that holds the first ack of the activities of instance a until all five have come.
func gathered(t *testing.T, s provider.Strategy) (*Runtime, *calls) {
	t.Helper()
	var r *Runtime
	g := gathering{new(sync.Once), func(own int) {
		for waiting := 0; own+waiting < 5; time.Sleep(time.Millisecond) {
			r.acks.mu.Lock()
			waiting = len(r.acks.of["a"])
			r.acks.mu.Unlock()
		}
	}}
	if e, ok := s.(provider.EagerStrategy); ok {
		s = eagerGathering{e, g}
	} else {
		s = plainGathering{s, g}
	}
	r, seen := quietOn(t, s, 8, hello, func(c *Config) { c.WorkBatch = 8 })
	return r, seen
}

func acksAmong(ops []string) (list []string) {
	for _, op := range ops {
		if strings.HasPrefix(op, "ack_work") {
			list = append(list, op)
		}
	}
	return list
}

// TestActivitiesThatEndTogetherAreAckedTogether holds the first ack until all have come: the others are one call.
func TestActivitiesThatEndTogetherAreAckedTogether(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		t.Run(s.Name(), func(t *testing.T) {
			t.Parallel()
			r, seen := gathered(t, s)
			until, _ := ends(t, r, seen, "a", "FanOut")
			if acks := acksAmong(until); len(acks) > 2 {
				t.Errorf("%d acks: %v", len(acks), acks)
			}
			if got := r.Stats(); got.Activities != 5 || got.LocksLost+got.Abandoned+got.Errors+got.Retries != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// locked gives a runtime without workers, one that is not started, and the ends of three locked activities of an instance.
func locked(t *testing.T, strategy provider.Strategy, second string) (*Runtime, *worker, []*ending) {
	t.Helper()
	r, _ := quietOn(t, strategy, -1, hello, func(c *Config) { c.WorkBatch, c.OrchestrationDispatchers = 8, -1 })
	for n := range 3 {
		if err := r.Provider.EnqueueWorkerItem(t.Context(), provider.ActivityExecute{Instance: "a", ExecutionID: 1, ID: int64(n + 1), Name: "Hello"}); err != nil {
			t.Fatal(err)
		}
	}
	items, err := r.Provider.FetchWorkItems(t.Context(), time.Hour, 3)
	if err != nil {
		t.Fatal(err)
	}
	var group []*ending
	for n, item := range items {
		done := provider.ActivityCompleted{Instance: "a", ExecutionID: 1, ID: int64(n + 1), Result: "x"}
		if n == 1 {
			done.Result = second
		}
		number, _ := r.completions.begin("a")
		group = append(group, &ending{WorkItemAck: provider.WorkItemAck{LockToken: item.LockToken, Completion: done}, target: "a", number: number})
	}
	return r, &worker{Runtime: r, provider: r.observed()}, group
}

// On timingOut and eagerTimingOut every call that acks several items takes too long.
type timingOut struct{ provider.Strategy }

var errTimedOut = &pgconn.PgError{Code: "57014", Message: "canceling statement due to statement timeout"}

func (timingOut) AckWorkItems(context.Context, *pgx.Conn, provider.WorkLocks, int64, provider.Messages) error {
	return errTimedOut
}

type eagerTimingOut struct{ provider.EagerStrategy }

func (eagerTimingOut) AckWorkItems(context.Context, *pgx.Conn, provider.WorkLocks, int64, provider.Messages) error {
	return errTimedOut
}

func (eagerTimingOut) AckWorkItemsAndFetch(context.Context, *pgx.Conn, provider.WorkLocks, int64, provider.Messages, provider.Want) (provider.Handover, error) {
	return provider.Handover{}, errTimedOut
}

// Where a group cannot be acked whole, for a lock that is lost, a result that PostgreSQL cannot hold or a call that fails as it may
// again, the others are.
func TestWhatCannotBeAckedTogetherIsAckedAlone(t *testing.T) {
	t.Parallel()
	for _, s := range strategies.All() {
		for name, want := range map[string]error{"lost": provider.ErrLockLost, "not storable": provider.ErrInvalid, "takes too long": nil} { // of the second
			t.Run(s.Name()+"/"+name, func(t *testing.T) {
				t.Parallel()
				s, second, stored := s, "x", 2
				switch want {
				case provider.ErrInvalid:
					second = "\x00"
				case nil:
					stored = 3
					if e, ok := s.(provider.EagerStrategy); ok {
						s = eagerTimingOut{e}
					} else {
						s = timingOut{s}
					}
				}
				r, w, group := locked(t, s, second)
				if want == provider.ErrLockLost {
					if err := r.Provider.AbandonWorkItem(t.Context(), group[1].LockToken, provider.Abandon{Delay: time.Hour}); err != nil {
						t.Fatal(err)
					}
				}
				var others sync.WaitGroup
				for _, e := range group[1:] {
					e.group = make(chan []*ending, 1)
					others.Go(func() {
						alone := &worker{Runtime: r, provider: r.observed()}
						if own, leads := r.acks.wait(e, time.Hour); leads {
							t.Error("who is to ack alone leads")
						} else if own != nil {
							e.err = alone.ackGroup(t.Context(), t.Context(), own, leads, false)
						}
					})
				}
				err := w.ackGroup(t.Context(), t.Context(), group, true, false)
				others.Wait()
				if err != nil || group[0].err != nil || !errors.Is(group[1].err, want) || group[2].err != nil {
					t.Errorf("%v; %v, %v, %v", err, group[0].err, group[1].err, group[2].err)
				}
				item, err := r.Provider.FetchOrchestrationItem(t.Context(), time.Minute)
				if err != nil || len(item.Messages) != stored {
					t.Errorf("%+v, %v", item, err)
				}
				if len(r.completions.of)+len(r.acks.of) > 0 {
					t.Errorf("%v, %v are kept", r.completions.of, r.acks.of)
				}
			})
		}
	}
}
