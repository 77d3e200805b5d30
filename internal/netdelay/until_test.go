package netdelay_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgbench-provider/internal/netdelay"
)

func TestWaiterIsNeverEarly(t *testing.T) {
	t.Parallel()
	w, err := netdelay.NewWaiter()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, d := range []time.Duration{-time.Second, 0, 10 * time.Microsecond, time.Millisecond, 70 * time.Millisecond} {
		at := time.Now().Add(d)
		if err := w.Until(t.Context(), at); err != nil || time.Now().Before(at) {
			t.Errorf("%v: %v, %v early", d, err, time.Until(at))
		}
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(stop) })
	if err := w.Until(ctx, time.Now().Add(time.Hour)); !errors.Is(err, stop) {
		t.Errorf("a cancelled wait gave %v", err)
	}
}
