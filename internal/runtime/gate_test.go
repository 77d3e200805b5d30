package runtime

import (
	"context"
	"testing"
	"time"
)

// sleeper rests at a gate until it is woken or stopped, and says so.
func sleeper(ctx context.Context, g *gate) <-chan struct{} {
	awake := make(chan struct{})
	g.fetches()
	go func() {
		g.rest(ctx, make(chan handed, 1))
		close(awake)
	}()
	for {
		g.mu.Lock()
		asleep := g.fetching == 0
		g.mu.Unlock()
		if asleep {
			return awake
		}
		time.Sleep(time.Millisecond)
	}
}

func count(g *gate) (idle, again int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.idle), g.again
}

func TestGateWakesAsManyAsThereIsWorkFor(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	g := newGate()
	first, second, third := sleeper(ctx, g), sleeper(ctx, g), sleeper(ctx, g)
	g.wake(2)
	<-third
	<-second
	if idle, again := count(g); idle != 1 || again != 0 {
		t.Errorf("%d sleep, %d are to fetch again, want 1 and 0", idle, again)
	}
	g.wake(5)
	<-first
	if _, again := count(g); again != 0 {
		t.Errorf("%d are to fetch again though none fetches", again)
	}
	last := sleeper(ctx, g)
	cancel()
	<-last
	if idle, _ := count(g); idle != 0 {
		t.Errorf("%d sleep after the end", idle)
	}
}

func TestGateRemembersForThoseWhoFetch(t *testing.T) {
	t.Parallel()
	g := newGate()
	rest := func() { g.rest(t.Context(), make(chan handed, 1)) }
	g.fetches()
	g.wake(3)
	rest() // returns at once
	g.fetches()
	g.fetches()
	g.wake(1)
	g.found()
	rest() // the other one's, still
	if idle, again := count(g); idle != 0 || again != 0 {
		t.Errorf("%d sleep, %d are to fetch again, want none", idle, again)
	}
}

func TestGateRingsWhenDue(t *testing.T) {
	t.Parallel()
	g := newGate()
	g.wakeIn(time.Hour)
	g.wakeIn(40 * time.Millisecond)
	g.wakeIn(20 * time.Millisecond)
	first, second := sleeper(t.Context(), g), sleeper(t.Context(), g)
	<-second
	<-first
	g.close()
	if len(g.due) != 0 {
		t.Errorf("%d are due after the end", len(g.due))
	}
}

// What an ack has left is often a timer of its own turn, whose time both sides know to the millisecond.
func TestAReminderOfWhatIsKnownAddsNothing(t *testing.T) {
	t.Parallel()
	g := newGate()
	defer g.close()
	g.wakeIn(time.Hour)
	g.wakeIn(time.Minute)
	for _, d := range []time.Duration{time.Hour, time.Hour - time.Millisecond, time.Minute + time.Millisecond} {
		g.remind(d)
	}
	if len(g.due) != 2 {
		t.Errorf("%v is due, want an hour and a minute", g.due)
	}
	g.remind(time.Minute + time.Second)
	g.remind(time.Second)
	if len(g.due) != 4 {
		t.Errorf("%v is due, want two reminders more", g.due)
	}
}
