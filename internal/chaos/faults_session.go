package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// setting changes what all sessions of the load go by, for a while.
func setting(name string, values ...string) func(context.Context, *world, *rand.Rand) error {
	return func(ctx context.Context, w *world, r *rand.Rand) error {
		return w.set(ctx, name, values[r.IntN(len(values))], func() error { pause(ctx, between(r, 100, 800)); return nil })
	}
}

// blocked is setting, and beside it a session that locks rows, which alone brings out what is to be seen.
func blocked(name string, values ...string) func(context.Context, *world, *rand.Rand) error {
	return func(ctx context.Context, w *world, r *rand.Rand) error {
		return w.set(ctx, name, values[r.IntN(len(values))], func() error {
			return w.outside(ctx, r, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "select from instance_locks where random() < 0.5 for update")
				pause(ctx, between(r, 5, 60))
				return err
			})
		})
	}
}

func (w *world) set(ctx context.Context, name, value string, meanwhile func() error) (err error) {
	conn, err := w.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if err := reconfigure(ctx, conn, fmt.Sprintf("alter system set %s = '%s'", name, value)); err != nil {
		return err
	}
	err = meanwhile()
	if reset := reconfigure(ctx, conn, "alter system reset "+name); err == nil {
		err = reset
	}
	return err
}

func reconfigure(ctx context.Context, conn *pgx.Conn, sql string) error {
	if _, err := conn.Exec(ctx, sql); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "select pg_reload_conf()")
	return err
}

// outside runs transactions of another session for a while. What the server ends of them is no matter.
func (w *world) outside(ctx context.Context, r *rand.Rand, do func(pgx.Tx) error) error {
	conn, err := w.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	// The server ends the session that looks for a deadlock first: the load's.
	if _, err := conn.Exec(ctx, "set deadlock_timeout = '20s'; set lock_timeout = '1s'"); err != nil {
		return err
	}
	for end := time.Now().Add(between(r, 300, 1000)); time.Now().Before(end) && ctx.Err() == nil; {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		_ = do(tx)
		if err := tx.Rollback(ctx); err != nil {
			return err
		}
		pause(ctx, between(r, 1, 20))
	}
	return nil
}

// deadlock locks activities and then their instances, against the order that everybody else keeps.
func deadlock(ctx context.Context, w *world, r *rand.Rand) error {
	return w.outside(ctx, r, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select instance_id from worker_queue where lock_token is not null for update skip locked")
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		pause(ctx, between(r, 20, 50))
		_, err = tx.Exec(ctx, "select from instance_locks where instance_id = any($1) order by instance_id desc for update", ids)
		pause(ctx, between(r, 1, 5))
		return err
	})
}

// pausedBackend stops a process of the server, with the locks that it holds, as a machine that is out of breath does.
func pausedBackend(ctx context.Context, w *world, r *rand.Rand) error {
	conn, err := w.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "select pid from pg_stat_activity where application_name = $1 order by state = 'idle', random() limit $2", loaded, 1+r.IntN(2))
	if err != nil {
		return err
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return err
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		defer syscall.Kill(pid, syscall.SIGCONT)
	}
	pause(ctx, between(r, 100, 4000))
	return nil
}

// diskFull refuses rows of one table.
func diskFull(ctx context.Context, w *world, r *rand.Rand) error {
	conn, err := w.admin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	table := []string{"history", "executions", "instances", "orchestrator_queue", "instance_locks", "worker_queue"}[r.IntN(6)]
	if err := insist(ctx, conn, "create trigger chaos_full before insert or update on "+table+" for each row execute function chaos_full()"); err != nil {
		return err
	}
	pause(ctx, between(r, 100, 800))
	return insist(ctx, conn, "drop trigger chaos_full on "+table)
}

// insist repeats a statement that deadlocks with the load.
func insist(ctx context.Context, conn *pgx.Conn, sql string) (err error) {
	const tries = 20
	for range tries {
		if _, err = conn.Exec(ctx, sql); err == nil {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	return err
}
