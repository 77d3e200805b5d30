package netdelay

import (
	"math"
	"net"
	"os"
	"runtime"
	"sync"
	"time"
)

const (
	// never is no time.
	never = time.Duration(math.MaxInt64)
	// lead is how long before the time an alarm goes off: what waking a goroutine costs at least, by the table above the
	// package clause. What is left of it is waited awake.
	lead = 30 * time.Microsecond
	// segment is the largest chunk, and room how many bytes may be under way before a put waits: as much as Linux lets a
	// socket hold by default (net.ipv4.tcp_wmem).
	segment = 16 << 10
	room    = 4 << 20
)

// A line is one direction of a connection: chunks, and when each is due at the other end. One goroutine puts, one takes.
type line struct {
	mu       sync.Mutex
	space    *sync.Cond // where put waits
	alarm    *alarm     // where take waits
	waiting  bool       // take does
	closed   bool
	ended    error     // what the line ends with, once that was put
	queue    queue     // under way
	takeBy   time.Time // zero is no deadline
	putBy    time.Time
	putTimer *time.Timer
	pace     pace
}

func newLine(o Options, stream uint64) (*line, error) {
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	l := &line{alarm: a, pace: newPace(o, stream)}
	l.space = sync.NewCond(&l.mu)
	return l, nil
}

// put adds data, which it copies. It waits for room and returns how much it took, with net.ErrClosed or
// os.ErrDeadlineExceeded if that is not all.
func (l *line) put(data []byte) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for l.queue.bytes >= room && l.refusal() == nil {
			l.space.Wait()
		}
		if err := l.refusal(); err != nil || n == len(data) {
			return n, err
		}
		part := data[n:min(n+segment, len(data))]
		l.add(part, nil)
		n += len(part)
		if n == len(data) {
			return n, nil
		}
	}
}

// refusal says why put may not go on.
func (l *line) refusal() error {
	if l.closed {
		return net.ErrClosed
	}
	if l.ended != nil {
		return l.ended
	}
	if !l.putBy.IsZero() && !time.Now().Before(l.putBy) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// end adds the error that is what comes after all data, with the delay that data would have.
func (l *line) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = err
	l.add(nil, err)
	l.space.Broadcast()
}

func (l *line) add(data []byte, err error) {
	l.queue.push(data, err, l.pace.due(time.Now(), len(data)))
	if l.queue.len() == 1 {
		l.wake()
	}
}

// take fills p with what is due, waiting until something is. It returns the error that ended the line, net.ErrClosed, or
// os.ErrDeadlineExceeded, which comes before data as it does with other connections.
func (l *line) take(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		now := time.Now()
		switch {
		case l.closed:
			return 0, net.ErrClosed
		case !l.takeBy.IsZero() && !now.Before(l.takeBy):
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case l.queue.len() > 0 && !now.Before(l.queue.head().due):
			full := l.queue.bytes >= room
			n, err := l.queue.take(p, now)
			if full {
				l.space.Broadcast()
			}
			return n, err
		}
		l.wait(now)
	}
}

// wait lets go of the lock until something may have changed.
func (l *line) wait(now time.Time) {
	left := l.left(now)
	if left > lead {
		l.waiting = true
		l.alarm.set(early(left))
	}
	l.mu.Unlock()
	if left > lead {
		l.alarm.wait()
	} else {
		runtime.Gosched()
	}
	l.mu.Lock()
	l.waiting = false
}

// left is how long take has to wait as things are.
func (l *line) left(now time.Time) time.Duration {
	left := never
	if l.queue.len() > 0 {
		left = l.queue.head().due.Sub(now)
	}
	if !l.takeBy.IsZero() {
		left = min(left, l.takeBy.Sub(now))
	}
	return left
}

func early(left time.Duration) time.Duration {
	if left == never {
		return never
	}
	return left - lead
}

// wake tells a take that waits when to look again. The lock must be held, so that the alarm is not closed meanwhile.
func (l *line) wake() {
	if l.waiting && !l.closed {
		l.alarm.set(early(l.left(time.Now())))
	}
}

func (l *line) setTakeBy(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takeBy = t
	l.wake()
}

func (l *line) setPutBy(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.putBy = t
	if l.putTimer != nil {
		l.putTimer.Stop()
		l.putTimer = nil
	}
	if !t.IsZero() && !l.closed {
		l.putTimer = time.AfterFunc(time.Until(t), l.makeRoom)
	}
}

// makeRoom has put look again. It takes the lock, so that put is either before its check or already waiting.
func (l *line) makeRoom() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.space.Broadcast()
}

// close ends both put and take at once.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	l.queue = queue{}
	if l.putTimer != nil {
		l.putTimer.Stop()
	}
	l.alarm.close()
	l.space.Broadcast()
}
