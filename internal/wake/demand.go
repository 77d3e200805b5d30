package wake

import "time"

const (
	// announceEvery is how often at most a process says that it is hungry.
	announceEvery = 250 * time.Millisecond
	// believed is how long after the first answer somebody counts as hungry who does not say so again: twice announceEvery.
	believed = 2 * announceEvery
	// remembered is for how long work that nobody was told of is answered with when somebody turns out to be hungry.
	remembered = time.Second
)

// demand is what one process knows of one queue. Times are since any moment; zero is never.
type demand struct {
	// Of others.
	hungry   bool
	answered time.Duration // first, since they last said that they are hungry
	surplus  time.Duration // when there was work that nobody was told of

	// Of this process.
	announced time.Duration
	late      bool // it is hungry and has not said so yet

	// To be sent.
	work     int
	announce bool
}

// made notes work that no dispatcher of this process is free for, and says whether there is something to send.
func (d *demand) made(n int, now time.Duration) bool {
	if d.hungry && d.answered > 0 && now-d.answered > believed {
		d.hungry = false
	}
	if !d.hungry {
		d.surplus = now
		return false
	}
	if d.answered == 0 {
		d.answered = now
	}
	d.work += n
	return true
}

// heard notes that another process is hungry, and says whether there is something to send.
func (d *demand) heard(now time.Duration) bool {
	d.hungry, d.answered = true, 0
	if d.surplus == 0 || now-d.surplus > remembered {
		return false
	}
	d.surplus, d.answered = 0, now
	d.work++
	return true
}

// rests notes that a dispatcher of this process sleeps, and after how long that is to be said; 0 is now.
func (d *demand) rests(now time.Duration) time.Duration {
	if d.announced > 0 && now-d.announced < announceEvery {
		d.late = true
		return announceEvery - (now - d.announced)
	}
	d.announced, d.announce, d.late = now, true, false
	return 0
}
