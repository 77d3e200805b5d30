package netdelay

import (
	"math/rand/v2"
	"time"
)

// A pace says when a chunk is due.
type pace struct {
	paused  func() bool
	half    time.Duration
	jitter  time.Duration
	random  *rand.Rand
	perByte float64   // ns
	free    time.Time // when the bytes before have passed the bottleneck
	last    time.Time // when the chunk before is due
}

func newPace(o Options, stream uint64) pace {
	p := pace{paused: o.paused, half: max(o.RTT, 0) / 2, jitter: max(o.Jitter, 0) / 2, random: rand.New(rand.NewPCG(o.Seed, stream))}
	if o.BytesPerSecond > 0 {
		p.perByte = float64(time.Second) / float64(o.BytesPerSecond)
	}
	return p
}

// due gives when n bytes that come at now are through. A chunk never overtakes the one before it.
func (p *pace) due(now time.Time, n int) time.Time {
	if p.paused() && !p.last.After(now) {
		return now
	}
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(p.perByte * float64(n)))
	due := p.free.Add(p.half)
	if p.jitter > 0 {
		due = due.Add(time.Duration(p.random.Int64N(int64(p.jitter) + 1)))
	}
	if due.Before(p.last) {
		due = p.last
	}
	p.last = due
	return due
}
