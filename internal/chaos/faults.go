package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"

	"pgbench-provider/internal/target"
)

// A fault is injected, lasts a random while and is over when inject returns, but for what it has set in motion.
type fault struct {
	name   string
	inject func(ctx context.Context, w *world, r *rand.Rand) error
}

var faults = []fault{
	{"terminate", terminate},
	{"stop-fast", halt("stop-fast", target.Fast)},
	{"stop-immediate", halt("stop-immediate", target.Immediate)},
	{"kill", halt("kill", target.Kill)},
	{"cut", cut},
	{"half-open", halfOpen},
	{"lost-reply", lostReply},
	{"statement-timeout", setting("statement_timeout", "1ms", "2ms", "5ms", "10ms")},
	{"lock-timeout", blocked("lock_timeout", "1ms", "5ms", "20ms")},
	{"deadlock", deadlock},
	{"paused-dispatcher", pausedDispatcher},
	{"paused-process", pausedProcess},
	{"paused-backend", pausedBackend},
	{"pool-empty", poolEmpty},
	{"read-only", setting("default_transaction_read_only", "on")},
	{"disk-full", diskFull},
	{"repeatable-read", blocked("default_transaction_isolation", "repeatable read")},
	{"serializable", blocked("default_transaction_isolation", "serializable")},
}

// Faults names those there are, in the order of reports.
func Faults() (names []string) {
	for _, f := range faults {
		names = append(names, f.name)
	}
	return names
}

// choose gives the faults of these names; all for none.
func choose(names []string) (bag []fault, err error) {
	if len(names) == 0 {
		return faults, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown fault %.40q: choose from %s", name, strings.Join(Faults(), ", "))
		}
		bag = append(bag, faults[i])
	}
	return bag, nil
}

// terminate ends about half of the sessions, a few times.
func terminate(ctx context.Context, w *world, r *rand.Rand) error {
	conn, err := w.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for range 1 + r.IntN(4) {
		if _, err := conn.Exec(ctx, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and random() < 0.5", loaded); err != nil {
			return err
		}
		pause(ctx, between(r, 10, 200))
	}
	return nil
}

// halt stops the server, starts it again after a while, and waits until work goes on.
func halt(name string, how syscall.Signal) func(ctx context.Context, w *world, r *rand.Rand) error {
	return func(ctx context.Context, w *world, r *rand.Rand) error {
		if err := w.server.Halt(ctx, how); err != nil {
			return err
		}
		away := between(r, 10, 1500)
		pause(ctx, away)
		return w.recovers(ctx, name, true, func() error { return w.server.Resume(ctx) })
	}
}
