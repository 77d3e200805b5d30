package bench

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// bare is a workload whose units are single calls of the provider, as those of operations are.
type bare struct{ workloads.Workload }

func (bare) Orchestrates() bool { return false }

// bareStrategy answers one operation with an empty routine.
type bareStrategy struct{ provider.Strategy }

func (bareStrategy) Name() string { return "bare" }

func (bareStrategy) GetSystemMetrics(ctx context.Context, conn *pgx.Conn) (m provider.SystemMetrics, err error) {
	return m, conn.QueryRow(ctx, HarnessSQL).Scan(nil)
}

// A caller makes one call; it belongs to one goroutine at a time.
type caller interface {
	call(ctx context.Context) error
}

// calls is a session whose units are one call each.
type calls struct {
	mu    sync.Mutex
	free  []caller
	conns []*pgx.Conn
}

func (s *calls) add(c caller) { s.free = append(s.free, c) }

// Do implements [workloads.Session], the way operations does.
func (s *calls) Do(ctx context.Context, _ int) (began, ended time.Time, err error) {
	s.mu.Lock()
	c := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	s.mu.Unlock()
	began = time.Now()
	err = c.call(ctx)
	ended = time.Now()
	s.mu.Lock()
	s.free = append(s.free, c)
	s.mu.Unlock()
	return began, ended, err
}

func (s *calls) Check(context.Context) error { return nil }

func (s *calls) CheckEnded(context.Context) error { return nil }

func (s *calls) Close(ctx context.Context) (err error) {
	for _, conn := range s.conns {
		err = conn.Close(ctx)
	}
	return err
}

// whole is all that an operation goes through in a run.
type whole struct{ p *provider.Provider }

func (w whole) call(ctx context.Context) error {
	_, err := w.p.GetSystemMetrics(ctx)
	return err
}

// driver is pgx without pool, tracer, recorder and counter.
type driver struct{ conn *pgx.Conn }

func newDriver(_ context.Context, conn *pgx.Conn) (caller, error) { return driver{conn}, nil }

func (d driver) call(ctx context.Context) error { return d.conn.QueryRow(ctx, HarnessSQL).Scan(nil) }

// protocol is what is below pgx: no statement cache, no rows, no types.
type protocol struct{ conn *pgx.Conn }

func newProtocol(ctx context.Context, conn *pgx.Conn) (caller, error) {
	_, err := conn.Prepare(ctx, "harness", HarnessSQL)
	return protocol{conn}, err
}

func (p protocol) call(ctx context.Context) error {
	r := p.conn.PgConn().ExecPrepared(ctx, "harness", nil, nil, nil)
	_, err := r.Close()
	return err
}
