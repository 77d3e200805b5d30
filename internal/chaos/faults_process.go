package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// pausedDispatcher lets turns take longer than their lock lasts.
func pausedDispatcher(ctx context.Context, w *world, r *rand.Rand) error {
	for range 1 + r.IntN(2) {
		select {
		case w.load.hold <- lockTime + between(r, 100, 900):
		case <-time.After(goesOn):
			return fmt.Errorf("no turn was decided within %v", goesOn)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// pausedProcess stops a process of dispatchers for longer than its locks last, as a machine that sleeps does.
func pausedProcess(ctx context.Context, w *world, r *rand.Rand) error {
	return w.sibling.pause(ctx, lockTime+between(r, 100, 900))
}
