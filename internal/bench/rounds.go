package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/provider"
	"pgbench-provider/workloads"
)

// runAll begins an exact run anew after each outage: counts of a part, or over a crash, are not exact.
func (b *benchmark) runAll(ctx context.Context) error {
	for {
		err := b.run(ctx)
		if !b.Exact || b.restarts == repeats {
			return err
		}
		err = b.survive(ctx, err)
		var over *interrupted
		if !errors.As(err, &over) || errors.Is(err, ErrOutage) {
			return err
		}
		b.restarts, b.done = b.restarts+1, 0
		if err := b.through(ctx, func() error { return b.prepareGiven(ctx) }); err != nil {
			return err
		}
	}
}

// openMeter also says, once, what cannot be read.
func (b *benchmark) openMeter(ctx context.Context) error {
	if b.meter != nil {
		return nil
	}
	m, missing, err := newMeter(ctx, b.admin, b.file.Environment.Server.Major())
	if err != nil {
		return err
	}
	b.meter = m
	if missing != "" {
		b.warn("%s", missing)
	}
	return nil
}

func (b *benchmark) run(ctx context.Context) error {
	if err := b.through(ctx, func() error { return b.checkConnections(ctx) }); err != nil {
		return err
	}
	cells, err := b.openCells(ctx)
	defer func() {
		b.cells = nil
		for _, c := range cells {
			c.close()
		}
	}()
	if err != nil {
		return err
	}
	var before int64
	err = b.through(ctx, func() (err error) {
		if before, err = b.deadlocks(ctx); err == nil {
			err = b.openMeter(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := b.cold(ctx, cells); err != nil {
		return err
	}
	err = b.rounds(ctx, cells)
	if err != nil && (!errors.Is(err, ErrOutage) || b.Exact) {
		return err
	}
	return errors.Join(err, b.conclude(ctx, cells, before, err != nil))
}

// conclude puts what was measured into the file; early says that the server is away.
func (b *benchmark) conclude(ctx context.Context, cells []*cell, before int64, early bool) error {
	for _, c := range cells {
		if early && len(c.out.Rounds) == 0 {
			continue
		}
		if err := c.out.Summarize(); err != nil {
			return err
		}
		c.out.Summary.Traces = c.typical()
		b.file.Checks = append(b.file.Checks, result.Check{Name: "workload", Strategy: c.name, Workload: c.out.Workload, OK: true,
			Detail: "every unit ended once, with the right output, and nothing is left"})
		b.file.Cells = append(b.file.Cells, c.out)
	}
	b.file.FinishedAt = time.Now().UTC()
	b.tellOutages()
	if early {
		b.warn("The run ended early: the server went away and the run did not wait for it any longer (--max-outage %v).", b.MaxOutage)
		return nil
	}
	var after int64
	err := b.through(ctx, func() (err error) { after, err = b.deadlocks(ctx); return err })
	if after < before { // a crash sets the statistics back
		before = 0
	}
	if err != nil {
		b.file.Warnings = append(b.file.Warnings, fmt.Sprintf("Deadlocks could not be counted: %v.", err))
		return nil
	}
	b.file.Checks = append(b.file.Checks, result.Check{Name: "deadlocks", OK: after == before,
		Detail: fmt.Sprintf("%d in this database while the benchmark ran", after-before)})
	if after != before {
		b.file.Warnings = append(b.file.Warnings, fmt.Sprintf("The server broke %d deadlocks in this database while the benchmark ran.", after-before))
	}
	return nil
}

// rounds measures until each group of cells has as many rounds as asked for that no outage disturbed.
func (b *benchmark) rounds(ctx context.Context, cells []*cell) error {
	all := groups(cells)
	b.total = len(cells) * b.Rounds
	order := rand.New(rand.NewPCG(b.Seed, 0))
	whole, disturbed := make([]int, len(all)), 0
	for round, left := 1, len(all); left > 0; round++ {
		for g, group := range all {
			if whole[g] == b.Rounds {
				continue
			}
			err := b.block(ctx, group, order, round)
			var over *interrupted
			switch {
			case err == nil:
				disturbed = 0
				if whole[g]++; whole[g] == b.Rounds {
					left--
				}
				continue
			case !errors.As(err, &over) || b.Exact:
				return err
			}
			if disturbed++; disturbed == repeats {
				return fmt.Errorf("%w in %d rounds one after the other: %w", ErrOutage, disturbed, err)
			}
			if err := b.recover(ctx, err); err != nil {
				return err
			}
		}
		if enough, err := b.enough(cells, round); enough || err != nil {
			return err
		}
	}
	return nil
}

// block measures each arm once, in a fresh random order: one that alternates would build its effect into every pair. An
// outage ends it, since what ran before does not pair with what runs after.
func (b *benchmark) block(ctx context.Context, group []*cell, order *rand.Rand, round int) error {
	for position, i := range order.Perm(len(group)) {
		if err := b.round(ctx, group[i], round, position+1); err != nil {
			return err
		}
	}
	return nil
}

func (b *benchmark) round(ctx context.Context, c *cell, number, position int) error {
	b.progress(b.measuring(c, number))
	seed, drive := b.Seed+uint64(number), b.drive
	if b.Rate > 0 {
		drive = func(ctx context.Context, c *cell, s workloads.Session) (window, error) {
			return b.offer(ctx, c, s, seed)
		}
	}
	began := time.Now()
	before, err := b.checkpoints(ctx)
	if err != nil {
		return b.voids(ctx, c, number, position, began, err)
	}
	r, snapshot, err := b.measure(ctx, c, c.provider, fmt.Sprintf("r%d", number), seed, nil, drive)
	var after int
	if err == nil {
		after, err = b.checkpoints(ctx)
	}
	if err != nil {
		return b.voids(ctx, c, number, position, began, err)
	}
	r.Round, r.Position, r.Checkpoints = number, position, after-before
	c.out.Rounds = append(c.out.Rounds, r)
	c.traces = append(c.traces, snapshot.Traces...)
	b.done++
	ended := b.measuring(c, number)
	ended.Phase, ended.Measured = "measured", &r
	b.progress(ended)
	return nil
}

// voids makes a round that an outage broke off one of the cell's disturbed ones, once the server is back. It gives the
// [*interrupted], or what else is wrong.
func (b *benchmark) voids(ctx context.Context, c *cell, number, position int, began time.Time, err error) error {
	err = b.survive(ctx, err)
	d := result.Disturbed{Round: number, Position: position, StartedAt: began.UTC(), Outage: b.MaxOutage, Reason: provider.State(err)}
	var over *interrupted
	if errors.As(err, &over) {
		d.Outage = over.outage
	}
	if over != nil || errors.Is(err, ErrOutage) {
		b.voided++
		c.out.Disturbed = append(c.out.Disturbed, d)
	}
	return fmt.Errorf("%s, %s, round %d: %w", c.name, c.out.Workload, number, err)
}

// tellOutages warns of those that were.
func (b *benchmark) tellOutages() {
	if b.outages == 0 {
		return
	}
	text := fmt.Sprintf("The server went away %s during this run, for %v in all: ", times(b.outages), b.gone.Round(100*time.Millisecond))
	switch {
	case b.restarts > 0:
		text += "what is counted was counted anew from the beginning."
	case b.voided > 0:
		text += fmt.Sprintf("%d rounds that this disturbed are in no figure.", b.voided)
	default:
		text += "no round was under way."
	}
	if b.revived > 0 {
		text += fmt.Sprintf(" The private PostgreSQL had died and was started again %s.", times(b.revived))
	}
	b.warn("%s", text)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
