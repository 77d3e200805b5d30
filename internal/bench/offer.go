package bench

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/netdelay"
	"pgbench-provider/internal/result"
	"pgbench-provider/workloads"
)

// offered is the account of an open loop: units begin at the times of a Poisson process, whatever has ended, and their
// latency counts from those times, so that a stall of the server is seen by every unit that it holds up, and not only by
// those that it met (coordinated omission). A unit whose time has come while as many as InFlight run waits: no arrival is
// dropped.
type offered struct {
	mu           sync.Mutex
	arrived      int64
	done         int64 // units that ended in the window, whenever they arrived
	late         int64
	lag, service *hdrhistogram.Histogram
	err          error // of a unit
}

// offer drives one round as an open loop. The same seed makes the same arrivals for every arm.
func (b *benchmark) offer(ctx context.Context, c *cell, s workloads.Session, seed uint64) (w window, err error) {
	waiter, err := netdelay.NewWaiter()
	if err != nil {
		return w, err
	}
	defer waiter.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	o := &offered{lag: latency.NewHistogram(), service: latency.NewHistogram()}
	units := c.recorder.Orchestrations()
	ramp := b.Ramp
	if ramp == 0 {
		ramp = b.Round / 10
	}
	began := time.Now()
	w.began = began.Add(ramp)
	end := w.began.Add(b.Round)
	rng := rand.New(rand.NewPCG(seed, 3))
	slots := make(chan struct{}, b.InFlight)
	var group sync.WaitGroup
	recording := false
arrivals:
	for n, due := 0, began; ; n++ {
		due = due.Add(gap(rng, b.Rate, due.Sub(began), ramp))
		if !due.Before(end) {
			break
		}
		if err = waiter.Until(ctx, due); err != nil {
			break
		}
		counts := !due.Before(w.began)
		if counts && !recording {
			recording = true
			c.recorder.SetRecording(true)
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			break arrivals
		}
		group.Go(func() {
			defer func() { <-slots }()
			start, ended, err := s.Do(ctx, n)
			if err != nil {
				o.fail(err)
				stop(err)
				return
			}
			o.ended(!ended.Before(w.began) && ended.Before(end))
			if counts {
				units.Record(ended.Sub(due), true)
				o.record(b.LatencyLimit, due, start, ended)
			}
		})
	}
	group.Wait()
	c.recorder.SetRecording(false)
	w.ended = end
	w.offered = o
	if err == nil {
		err = context.Cause(ctx)
	}
	return w, worse(err, o.err)
}

// gap draws the time to the next arrival: exponential, its mean growing shorter while the rate comes to speed.
func gap(rng *rand.Rand, rate float64, at, ramp time.Duration) time.Duration {
	if at < ramp {
		rate *= max(0.1, float64(at)/float64(ramp))
	}
	return time.Duration(rng.ExpFloat64() / rate * float64(time.Second))
}

func (o *offered) record(limit time.Duration, due, start, ended time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.arrived++
	if limit > 0 && ended.Sub(due) > limit {
		o.late++
	}
	// Values of a round are in range or at its end.
	_ = o.lag.RecordValue(int64(min(max(start.Sub(due), 0), latency.Max)))
	_ = o.service.RecordValue(int64(min(ended.Sub(start), latency.Max)))
}

func (o *offered) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = worse(o.err, err)
}

func (o *offered) ended(within bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if within {
		o.done++
	}
}

func (o *offered) result(rate float64, limit time.Duration) (*result.Offered, error) {
	lag, err := result.NewLatency(o.lag, 0)
	if err != nil {
		return nil, err
	}
	service, err := result.NewLatency(o.service, 0)
	if err != nil {
		return nil, err
	}
	return &result.Offered{PerSecond: rate, Arrived: o.arrived, Late: o.late, LatencyLimit: limit, Lag: lag, Service: service}, nil
}
