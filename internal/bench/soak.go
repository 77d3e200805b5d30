package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/target"
	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// SoakConfig says what runs at full load, side by side, each workload in a schema of its own.
type SoakConfig struct {
	Strategy    string
	Workloads   []string
	InFlight    int // of each workload
	Dispatchers Dispatchers
	Duration    time.Duration
	Every       time.Duration // between two lines
	Keep        time.Duration // ended instances are deleted when they are older
}

// A SoakLine is what one workload did since the line before, and how its schema stands.
type SoakLine struct {
	At              time.Duration // since the beginning
	Workload        string
	PerSecond       float64
	Deleted         int64 // instances since the line before
	Tables, Indexes int64 // bytes
	Dead            int64 // tuples, as the statistics have them
	Deadlocks       int64 // in the database since the beginning
}

//go:embed soak.sql
var soakSQL string

// A soaked workload is one under load.
type soaked struct {
	*cell
	session workloads.Session
	loop    *loop
	group   sync.WaitGroup // of the loop and the purge
	deleted atomic.Int64
	// As of the line before:
	at                 time.Time
	endedThen, removed int64
}

// Soak keeps the workloads under load for config.Duration, deletes what has ended as it goes, and tells line of each
// workload after each config.Every. It fails when a unit fails, and with [workloads.ErrCheck] when an instance is lost or
// did not end rightly.
func Soak(ctx context.Context, server *target.Server, config SoakConfig, line func(SoakLine)) (err error) {
	b := &benchmark{server: server, progress: func(Progress) {}, Config: Config{Strategies: []string{config.Strategy}, Workloads: config.Workloads,
		InFlight: config.InFlight, Dispatchers: []Dispatchers{config.Dispatchers}, Round: config.Duration}}
	if err := b.Validate(); err != nil {
		return err
	}
	if b.admin, err = pgx.ConnectConfig(ctx, server.Config()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.cleanUp(ctx, false)) }()
	cells, err := b.openCells(ctx)
	defer func() {
		for _, c := range cells {
			c.close()
		}
	}()
	if err != nil {
		return err
	}
	deadlocks, err := b.deadlocks(ctx)
	if err != nil {
		return err
	}
	load, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all []*soaked
	for _, c := range cells {
		s, soakErr := b.soak(load, c, config.Keep, stop)
		if soakErr != nil {
			stop(soakErr)
			break
		}
		all = append(all, s)
	}
	err = b.soakLines(load, all, config, deadlocks, line)
	for _, s := range all {
		err = errors.Join(err, s.end(ctx))
	}
	return errors.Join(context.Cause(load), err)
}

func (b *benchmark) soakLines(ctx context.Context, all []*soaked, config SoakConfig, deadlocks int64, line func(SoakLine)) error {
	began := time.Now()
	for at := config.Every; at <= config.Duration; at += config.Every {
		select {
		case <-time.After(time.Until(began.Add(at))):
		case <-ctx.Done():
			return nil
		}
		for _, s := range all {
			l, err := b.soakLine(ctx, s, began, deadlocks)
			if err != nil {
				return err
			}
			line(l)
		}
	}
	return nil
}

func (b *benchmark) soak(ctx context.Context, c *cell, keep time.Duration, failed context.CancelCauseFunc) (s *soaked, err error) {
	s = &soaked{cell: c, at: time.Now()}
	s.session, err = c.workload.Open(ctx, workloads.Env{Provider: c.provider, Params: c.params, Prefix: "s",
		Orchestration: c.dispatchers.Orchestration, Worker: c.dispatchers.Worker})
	if err != nil {
		return nil, err
	}
	s.loop = &loop{session: s.session, inFlight: b.inFlight(c.workload, c.dispatchers), series: c.recorder.Orchestrations}
	wait := s.loop.start(ctx)
	s.group.Go(func() {
		if err := wait(); err != nil {
			failed(fmt.Errorf("%s: %w", c.out.Workload, err))
		}
	})
	s.group.Go(func() {
		if err := s.purge(ctx, keep); err != nil {
			failed(fmt.Errorf("%s: delete ended instances: %w", c.out.Workload, err))
		}
	})
	return s, nil
}

// purge deletes what ended longer ago than keep, as an operator's job would, until the loop is told to stop.
func (s *soaked) purge(ctx context.Context, keep time.Duration) error {
	const atOnce, pause = 1000, 250 * time.Millisecond
	for !s.loop.stop.Load() {
		d, err := s.provider.DeleteInstancesBulk(ctx, provider.InstanceFilter{CompletedBefore: time.Now().Add(-keep), Limit: atOnce})
		if err != nil {
			return err
		}
		s.deleted.Add(d.Instances)
		if d.Instances < atOnce {
			time.Sleep(pause)
		}
	}
	return nil
}

func (b *benchmark) soakLine(ctx context.Context, s *soaked, began time.Time, deadlocks int64) (l SoakLine, err error) {
	now, ended, removed := time.Now(), s.loop.ended.Load(), s.deleted.Load()
	l = SoakLine{At: now.Sub(began), Workload: s.out.Workload, Deleted: removed - s.removed,
		PerSecond: float64(ended-s.endedThen) / now.Sub(s.at).Seconds()}
	s.at, s.endedThen, s.removed = now, ended, removed
	if err = b.admin.QueryRow(ctx, soakSQL, s.schema).Scan(&l.Tables, &l.Indexes, &l.Dead); err != nil {
		return l, err
	}
	l.Deadlocks, err = b.deadlocks(ctx)
	l.Deadlocks -= deadlocks
	return l, err
}

// end lets what is in flight end, and asks whether anything was lost.
func (s *soaked) end(ctx context.Context) error {
	s.loop.stop.Store(true)
	s.group.Wait()
	err := s.session.Check(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", s.out.Workload, err)
	}
	return errors.Join(err, s.session.Close(context.WithoutCancel(ctx)))
}
