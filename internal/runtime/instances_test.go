package runtime

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestOneDispatcherIsWokenForManyMessagesOfAnInstance(t *testing.T) {
	t.Parallel()
	s := newInstances()
	if !s.came("a") || s.came("a") || !s.came("b") {
		t.Error("want a wake-up for the first message of each instance")
	}
	early := s.begin()
	s.fetched(early, "a")
	if s.came("a") {
		t.Error("somebody is woken for an instance whose turn runs")
	}
	if more, late := s.ended("a"); !more || late {
		t.Error("the message that came during the turn is forgotten")
	}
	if more, _ := s.ended("a"); !s.came("a") || more {
		t.Error("the instance still runs")
	}
}

func TestAMessageDuringTheAckMayBeBehindIt(t *testing.T) {
	t.Parallel()
	s := newInstances()
	s.fetched(s.begin(), "a")
	s.came("a")
	s.acks("a")
	if more, late := s.ended("a"); !more || late {
		t.Error("what came before the ack is looked for again behind it")
	}
	s.fetched(s.begin(), "a")
	s.acks("a")
	s.came("a")
	if more, late := s.ended("a"); !more || !late {
		t.Error("the message may be committed behind the ack, and is forgotten")
	}
}

func TestAFetchThatWasTooEarlyIsRepeated(t *testing.T) {
	t.Parallel()
	s := newInstances()
	before := s.begin()
	s.came("a")
	if s.nothing(before) {
		t.Error("a fetch is repeated for what another was woken for")
	}
	woken := s.begin()
	s.came("a") // nobody is woken for this one
	if !s.nothing(woken) {
		t.Error("nobody fetches the second message")
	}
	if s.nothing(s.begin()) {
		t.Error("a fetch that saw everything is repeated")
	}
	if !s.came("a") {
		t.Error("an instance that another process had wakes nobody")
	}
}

func TestAMessageBehindTheTurnsFetchIsOneMore(t *testing.T) {
	t.Parallel()
	s := newInstances()
	s.came("a")
	mark := s.begin()
	s.came("a")
	s.fetched(mark, "a")
	if more, _ := s.ended("a"); !more {
		t.Error("the message may be behind the turn's snapshot, and is forgotten")
	}
	s.came("b")
	s.missed("b")
	if !s.came("b") {
		t.Error("nobody looked for it, and nobody is woken for its next message")
	}
}

// inbox is a queue as the database keeps it: a fetch locks an instance that has messages, and an ack deletes those it had.
type inbox struct {
	mu     sync.Mutex
	has    map[string]int
	locked map[string]int
}

func (q *inbox) fetch() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for instance, n := range q.has {
		if _, locked := q.locked[instance]; n > 0 && !locked {
			q.locked[instance] = n
			return instance, true
		}
	}
	return "", false
}

func (q *inbox) ack(instance, to string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.has[instance] -= q.locked[instance]
	delete(q.locked, instance)
	if to != "" {
		q.has[to]++
	}
}

func (q *inbox) left() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.has {
		n += m
	}
	return n
}

// Every message is served though most wake nobody: what a lost wake-up leaves is found by no poll here.
func TestNoMessageIsLeftBehind(t *testing.T) {
	t.Parallel()
	const makers, dispatchers, each = 4, 3, 400
	names := []string{"a", "b", "c", "d", "e"}
	r := &Runtime{turns: newGate(), works: newGate(), instances: newInstances(), completions: newCompletions()}
	q := &inbox{has: map[string]int{}, locked: map[string]int{}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group, making sync.WaitGroup
	for range dispatchers {
		d := &dispatcher{Runtime: r}
		group.Go(func() { d.drain(ctx, q, names) })
	}
	for m := range makers {
		making.Go(func() {
			for i := range each {
				name := names[(i+m)%len(names)]
				ack, _ := r.completions.begin(name)
				q.mu.Lock()
				q.has[name]++
				q.mu.Unlock()
				if r.completions.end(name, ack, true) {
					r.sent(name)
				}
				if i%50 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	making.Wait()
	for end := time.Now().Add(time.Minute); q.left() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := q.left(); n > 0 {
		t.Errorf("%d messages wait and nobody comes", n)
	}
	cancel()
	group.Wait()
}

// drain does what loop does, against the inbox; every third turn sends a message to the next instance.
func (d *dispatcher) drain(ctx context.Context, q *inbox, names []string) {
	bell := make(chan handed, 1)
	for turns := 0; ctx.Err() == nil; {
		d.turns.fetches()
		d.mark = d.instances.begin()
		instance, found := q.fetch()
		switch {
		case found:
			d.instances.fetched(d.mark, instance)
			d.turns.found()
			var targets []string
			to := ""
			if turns++; turns%3 == 0 {
				to = names[(slices.Index(names, instance)+1)%len(names)]
			}
			q.ack(instance, to)
			if more, _ := d.instances.ended(instance); more {
				targets = append(targets, instance)
			}
			if to != "" && to != instance {
				targets = append(targets, to)
			}
			d.seek(targets, false)
		case d.instances.nothing(d.mark):
			d.turns.found()
		default:
			d.turns.rest(ctx, bell)
		}
	}
}
