package provider

import (
	"testing"
	"time"
)

func TestLookBackBound(t *testing.T) {
	t.Parallel()
	b := newLookBack(200 * time.Millisecond)
	const now = 10_000
	if from := b.at(now); from != 0 {
		t.Errorf("the first fetch begins at %d", from)
	}
	// began is a fetch under way.
	began := func() *Lock { return &Lock{Now: now, From: b.at(now)} }
	at := func(what string, want int64) {
		t.Helper()
		if from := b.at(now); from != want {
			t.Errorf("%s: fetches begin at %d, not %d", what, from, want)
		}
	}
	b.found(began(), 5000)
	at("after what was found", 4800)
	l := began()
	b.sent(3000)
	at("something older was sent", 3000)
	b.found(l, 6000)
	at("a fetch that did not look for it found something newer", 3000)
	b.found(began(), 6000)
	at("a fetch that looked for it", 5800)
	l = began()
	b.found(began(), 4000)
	b.found(l, 7000)
	at("another found something older meanwhile", 3800)
	l = began()
	b.all()
	b.found(l, 7000)
	at("something was given back meanwhile", 0)
	b.found(began(), 100)
	at("before all time", 0)
	b.fetched(*began(), ErrNoWork)
	at("there was nothing", now-200)
	if from := b.at(now + fullEvery); from != 0 {
		t.Errorf("a second later a fetch begins at %d", from)
	}
	if from := b.at(5); from != 0 {
		t.Errorf("the clock was set back, and a fetch begins at %d", from)
	}
	var none Lock
	if off := newLookBack(0); off.at(now) != 0 {
		t.Error("without a span there is a bound")
	} else if off.found(&none, now); off.at(now) != 0 {
		t.Error("without a span there is a bound after a fetch")
	}
}
