package providertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"pgbench-provider/provider"
)

var concurrency = []Rule{
	{Name: "every_message_is_processed_once", test: crowdIsServed},
	{Name: "turns_that_write_to_each_other_and_cancel", test: crowdWritesCrosswise},
}

// A crowd is many fetchers at work on few instances, some of which crash or give up. It keeps book of what must be.
type crowd struct {
	*trial
	mu          sync.Mutex
	held        map[string]int64 // until when an instance's turn is in somebody's hands
	expected    map[string]bool  // messages that were sent, and whether they have been processed
	problems    []string
	perInstance int // messages
	crosswise   bool
	next        int64 // activity ids
}

// crowdLock is short, so that the turns of those who crash come back soon.
const crowdLock = time.Second

func (c *crowd) complain(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func crowdIsServed(s *trial)        { s.crowd(6, false) }
func crowdWritesCrosswise(s *trial) { s.crowd(6, true) }

// Stress is the rule every_message_is_processed_once with so many messages for each of 8 instances: what goes wrong once
// in a thousand turns shows in thousands.
func Stress(t T, h *Harness, messages int) {
	t.Helper()
	Rule{test: func(s *trial) { s.crowd(messages, false) }}.Check(t, h)
}

const (
	crowdInstances = 8
	crowdFetchers  = 4
	crowdSenders   = 2
)

// crowd sends and serves until everything that was sent has been processed.
func (s *trial) crowd(perInstance int, crosswise bool) {
	c := &crowd{trial: s, held: map[string]int64{}, expected: map[string]bool{}, perInstance: perInstance, crosswise: crosswise}
	for phase := range 200 + perInstance {
		var group sync.WaitGroup
		if phase == 0 {
			for n := range crowdSenders {
				group.Go(func() { c.send(n) })
			}
		}
		for n := range crowdFetchers {
			r := rand.New(rand.NewPCG(uint64(n), uint64(phase)))
			group.Go(func() { c.serve(r) })
			if crosswise && n%2 == 0 {
				group.Go(c.work)
			}
		}
		group.Wait()
		if len(c.problems) > 0 {
			s.Fatalf("%d problems, the first: %s", len(c.problems), c.problems[0])
		}
		// Everybody was told that there is nothing, the last one when nobody else was at work. (A worker that ends last
		// leaves a completion, a sender a message.)
		if phase > 0 && !crosswise {
			c.nothingLeft()
		}
		if c.done() {
			c.settle()
			s.quiet()
			return
		}
		s.Clock.Advance(crowdLock + time.Millisecond)
	}
	s.Fatalf("not all of %d messages were processed", len(c.expected))
}

// nothingLeft wants both ways of asking to agree that nothing can be fetched now.
func (c *crowd) nothingLeft() {
	c.Helper()
	c.fetchNone()
	c.fetchNoWork()
	depths, err := c.Provider.GetQueueDepths(c.ctx)
	c.must(err)
	equal(c.trial, "queue depths", depths, provider.QueueDepths{})
}

// settle serves alone, past all locks, what the last ones at work left behind: all that is, can be fetched.
func (c *crowd) settle() {
	c.Helper()
	c.Clock.Advance(crowdLock + time.Millisecond)
	r := rand.New(rand.NewPCG(0, 0))
	for range 1000 {
		c.serve(r)
		c.work()
		if len(c.problems) > 0 {
			c.Fatalf("%d problems when alone, the first: %s", len(c.problems), c.problems[0])
		}
		depths, err := c.Provider.GetQueueDepths(c.ctx)
		c.must(err)
		if depths != (provider.QueueDepths{}) {
			continue
		}
		c.nothingLeft()
		// Those who crashed hold locks; when these end, there is more.
		c.Clock.Advance(crowdLock + time.Millisecond)
		if depths, err = c.Provider.GetQueueDepths(c.ctx); err == nil && depths == (provider.QueueDepths{}) {
			equal(c.trial, "messages", c.count("select count(*) from orchestrator_queue"), 0)
			equal(c.trial, "work items", c.count("select count(*) from worker_queue"), 0)
			return
		}
	}
	c.Fatalf("it never ends")
}

func (c *crowd) done() bool {
	for _, processed := range c.expected {
		if !processed {
			return false
		}
	}
	return len(c.expected) >= crowdInstances*c.perInstance
}

func (c *crowd) expect(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected[name] = false
	return name
}

func crowdInstance(n int) string { return fmt.Sprintf("crowd-%d", n%crowdInstances) }

// send sends every crowdSenders-th message, from the first-th.
func (c *crowd) send(first int) {
	for m := range c.perInstance {
		for i := first; i < crowdInstances; i += crowdSenders {
			name := c.expect(fmt.Sprintf("%d to %d", m, i))
			if err := c.Provider.EnqueueOrchestratorItem(c.ctx, external(crowdInstance(i), name), 0); err != nil {
				c.complain("enqueue: %v", err)
			}
		}
	}
}

// serve takes turns until there is none.
func (c *crowd) serve(r *rand.Rand) {
	for {
		item, err := c.Provider.FetchOrchestrationItem(c.ctx, crowdLock)
		if errors.Is(err, provider.ErrNoWork) {
			return
		}
		if err != nil {
			c.complain("fetch: %v", err)
			return
		}
		now := c.Provider.Now()
		c.mu.Lock()
		if until := c.held[item.Instance]; until > now {
			c.problems = append(c.problems, fmt.Sprintf("%s was fetched while its turn is held", item.Instance))
		}
		c.held[item.Instance] = now + crowdLock.Milliseconds()
		c.mu.Unlock()
		switch r.IntN(10) {
		case 0: // crashes
		case 1:
			c.letGo(item.Instance)
			if err := c.Provider.AbandonOrchestrationItem(c.ctx, item.LockToken, provider.Abandon{}); err != nil {
				c.complain("abandon: %v", err)
			}
		default:
			c.process(r, item)
		}
	}
}

// letGo comes before the call that ends a turn: the next one may begin before the call returns.
func (c *crowd) letGo(instance string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, instance)
}

func (c *crowd) process(r *rand.Rand, item *provider.OrchestrationItem) {
	// The next event in turn: whoever read a history that is not the newest repeats one.
	next := int64(len(item.History)) + 1
	ack := provider.OrchestrationAck{History: []provider.Event{provider.ExternalEvent{ID: next, Name: "turn"}}}
	if next == 1 {
		ack.Metadata = named("1.0.0")
	}
	var sent []string
	if c.crosswise && r.IntN(3) > 0 {
		c.mu.Lock()
		c.next++
		id := c.next
		c.mu.Unlock()
		ack.WorkerItems = []provider.ActivityExecute{activity(item.Instance, id)}
		ack.CancelledActivities = []provider.ActivityRef{{ExecutionID: 1, ID: 1 + r.Int64N(id)}}
		// Not for ever: what is answered is not answered again.
		for _, m := range item.Messages {
			if e, ok := m.(provider.ExternalRaised); ok && e.Data == "{}" {
				for range 2 {
					to := crowdInstance(r.IntN(crowdInstances))
					name := fmt.Sprintf("%s by %s to %s (%d)", e.Name, item.Instance, to, len(sent))
					sent = append(sent, name)
					ack.OrchestratorItems = append(ack.OrchestratorItems, provider.ExternalRaised{Instance: to, Name: name, Data: "answer"})
				}
			}
		}
	}
	for _, name := range sent {
		c.expect(name)
	}
	c.letGo(item.Instance)
	if err := c.tryAck(item, ack); err != nil {
		c.complain("ack of %s: %v", item.Instance, err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range item.Messages {
		e, ok := m.(provider.ExternalRaised)
		if !ok {
			continue // a completion
		}
		processed, known := c.expected[e.Name]
		if processed || !known {
			c.problems = append(c.problems, fmt.Sprintf("%q was processed twice, or never sent (%t)", e.Name, known))
		}
		c.expected[e.Name] = true
	}
}

// work acks activities until there is none; a turn may cancel one meanwhile.
func (c *crowd) work() {
	for {
		w, err := c.Provider.FetchWorkItem(c.ctx, crowdLock)
		if errors.Is(err, provider.ErrNoWork) {
			return
		}
		if err != nil {
			c.complain("fetch of work: %v", err)
			return
		}
		a, ok := w.Item.(provider.ActivityExecute)
		if !ok {
			c.complain("work item %v", w.Item)
			return
		}
		if err := c.Provider.AckWorkItem(c.ctx, w.LockToken, completed(a.Instance, a.ID)); err != nil && !errors.Is(err, provider.ErrLockLost) {
			c.complain("ack of work: %v", err)
		}
	}
}
