package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Config is one run.
type Config struct {
	Seed     uint64
	Strategy string        // see strategies.Lookup
	Duration time.Duration // of the time of faults, above 0; the load drains afterwards
	// Faults are the names of those to inject, in bags of one each; nil is all ([Faults]).
	Faults []string
	// Dispatcher is the command, with its arguments, of a process that calls [Dispatch] on its standard input and output.
	Dispatcher []string
	// Log is told what is done, a line each; nil is nobody.
	Log func(line string)
}

// A Result is what a run came to. Violations are what must not be; a run that has none kept every promise.
type Result struct {
	Seed       uint64
	Strategy   string
	Faults     map[string]int             // injected, by name
	States     map[string]int             // failed attempts of operations, by provider.State
	Recoveries map[string][]time.Duration // from the end of an outage to the first ack after it, by fault
	Instances  int                        // that were started, sub-orchestrations not counted
	Deleted    int                        // of them, while the run went on
	Repeated   int                        // executions of an activity beyond its first
	LostAcks   int                        // whose reply was cut off
	Drain      time.Duration              // from the last fault until every instance had ended
	Violations []string
}

// drainTime is for how long what is left may go on after the last fault. A slow machine needs seconds.
const drainTime = 2 * time.Minute

// Run does one run on a private server of its own, which it stops. It fails when that server cannot be had or a fault cannot
// be injected; what the product does wrong is a violation.
func Run(ctx context.Context, c Config) (r *Result, err error) {
	if c.Log == nil {
		c.Log = func(string) {}
	}
	bag, err := choose(c.Faults)
	if err != nil {
		return nil, err
	}
	if c.Duration <= 0 {
		return nil, fmt.Errorf("the duration %v of a run is not above 0", c.Duration)
	}
	w, err := open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	drained := w.drive(ctx)
	err = w.inject(ctx, bag)
	ended := time.Now()
	w.check(ctx, drained())
	w.result.Drain = time.Since(ended)
	return w.finish(), err
}

// inject injects one fault after the other until the time is up. Each bag of all of them is in an order of its own.
func (w *world) inject(ctx context.Context, bag []fault) error {
	r := w.rand(0)
	for end := time.Now().Add(w.Duration); ; {
		for _, i := range r.Perm(len(bag)) {
			pause(ctx, between(r, 50, 300))
			if time.Now().After(end) || ctx.Err() != nil {
				return ctx.Err()
			}
			f := bag[i]
			w.Log(fmt.Sprintf("seed %d: %s", w.Seed, f.name))
			if err := f.inject(ctx, w, r); err != nil {
				return fmt.Errorf("seed %d: inject %s: %w", w.Seed, f.name, err)
			}
			w.result.Faults[f.name]++
		}
	}
}

// rand is a stream of the seed.
func (w *world) rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(w.Seed, stream)) }

// between is a duration of that many milliseconds.
func between(r *rand.Rand, least, most int) time.Duration {
	return time.Duration(least+r.IntN(most-least)) * time.Millisecond
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
