package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/strategies"
)

// Dispatch is the work of a process of its own that [Config.Dispatcher] starts: it reads from in where the server is,
// dispatches turns until in or ctx ends, and tells what became of them on out.
func Dispatch(ctx context.Context, in io.Reader, out io.Writer) error {
	var a address
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(&a); err != nil {
		return fmt.Errorf("read where the server is: %w", err)
	}
	s, err := strategies.Lookup(a.Strategy)
	if err != nil {
		return err
	}
	config, err := a.config()
	if err != nil {
		return err
	}
	r, l := newRecord(), newLoad()
	l.slow = slowTurn
	p, err := site{config: config, schema: a.Schema, strategy: s, load: l, record: r, workers: -1}.start(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { _, _ = io.Copy(io.Discard, in); cancel() }()
	told := 0
	for err == nil && ctx.Err() == nil {
		began := false
		select {
		case <-l.began:
			began = true
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
		told, err = tell(out, p, r, told, began)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	p.stop(stop)
	if err == nil {
		_, err = tell(out, p, r, told, false)
	}
	return err
}

// slowTurn is the most that a turn takes there, so that a signal finds a lock held.
const slowTurn = 400 * time.Millisecond

// tell tells the problems after those that were told, and gives how many there are.
func tell(out io.Writer, p *process, r *record, told int, began bool) (int, error) {
	problems := r.permanent()
	err := json.NewEncoder(out).Encode(news{p.runtime.Stats().LocksLost, began, problems[told:]})
	return len(problems), err
}

func (a address) config() (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig("sslmode=disable") // only to be modified: pgx insists on a parsed one
	if err != nil {
		return nil, err
	}
	c.Host, c.Port, c.User, c.Password, c.Database, c.Fallbacks = a.Host, a.Port, a.User, a.Password, a.Database, nil
	return c, nil
}
