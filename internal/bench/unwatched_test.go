package bench

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgbench-provider/internal/latency"
	"pgbench-provider/internal/pgtest"
)

// A unit that hangs in the server does not hold up a cancelled run, although the driver does not watch its context.
func TestCancelledLoopCutsWhatHangs(t *testing.T) {
	t.Parallel()
	b := &benchmark{Config: Config{InFlight: 2}, server: pgtest.Server(t)}
	c := &cell{workload: bare{}, dispatchers: Dispatchers{1, 1}, schema: "public", recorder: latency.NewRecorder()}
	var err error
	if c.pool, err = b.openPool(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	defer c.close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	session := &calls{}
	asleep := make(chan struct{}, 2)
	for range 2 {
		session.add(callFunc(func(ctx context.Context) error {
			if ctx.Done() != nil {
				return errors.New("the driver watches this context")
			}
			asleep <- struct{}{}
			_, err := c.pool.Exec(ctx, "select pg_sleep(600)")
			return err
		}))
	}
	l := &loop{session: session, inFlight: 2, series: c.recorder.Orchestrations, cut: c.lines.cutAfter}
	wait := l.start(ctx)
	<-asleep
	<-asleep
	cancel()
	began := time.Now()
	if err := cancelled(ctx, wait()); !errors.Is(err, context.Canceled) {
		t.Errorf("the loop ended with %v", err)
	}
	if d := time.Since(began); d > 5*time.Minute {
		t.Errorf("it took %v", d)
	}
}

type callFunc func(context.Context) error

func (f callFunc) call(ctx context.Context) error { return f(ctx) }
