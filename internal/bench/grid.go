package bench

import (
	"context"
	"fmt"
	"slices"

	"pgbench-provider/internal/fill"
	"pgbench-provider/workloads"
)

// A shape is all that is a workload of its own in the result.
type shape struct {
	workload    workloads.Workload
	dispatchers Dispatchers
	params      workloads.Params
}

// grid gives every combination of parameters that is to be measured.
func (c *Config) grid() (all []workloads.Params) {
	all = []workloads.Params{c.Params}
	for _, dimension := range []struct {
		values []int
		set    func(p *workloads.Params, v int)
	}{
		{c.Depths, func(p *workloads.Params, v int) { p.Depth = v }},
		{c.Histories, func(p *workloads.Params, v int) { p.HistoryEvents = v }},
		{c.Payloads, func(p *workloads.Params, v int) { p.PayloadBytes = v }},
	} {
		if len(dimension.values) == 0 {
			continue
		}
		var next []workloads.Params
		for _, p := range all {
			for _, v := range dimension.values {
				dimension.set(&p, v)
				next = append(next, p)
			}
		}
		all = next
	}
	return all
}

// checkGrid moves what names one value to where the others are.
func (c *Config) checkGrid() error {
	for _, dimension := range []struct {
		flag   string
		values *[]int
		one    *int
	}{{"--depth", &c.Depths, &c.Params.Depth}, {"--history", &c.Histories, &c.Params.HistoryEvents}, {"--payload", &c.Payloads, &c.Params.PayloadBytes}} {
		values := *dimension.values
		for i, v := range values {
			if v < 1 {
				return fmt.Errorf("%w: %s %d: give a value above 0", ErrConfig, dimension.flag, v)
			}
			if slices.Contains(values[:i], v) {
				return fmt.Errorf("%w: %s: %d is there twice", ErrConfig, dimension.flag, v)
			}
		}
		if len(values) == 1 {
			*dimension.one, *dimension.values = values[0], nil
		}
	}
	return nil
}

// label is the workload's name in the result, with all that several shapes of it differ in.
func (b *benchmark) label(s shape) string {
	name := s.workload.Name()
	if len(b.Dispatchers) > 1 {
		name += " " + s.dispatchers.String()
	}
	for _, d := range []struct {
		word   string
		values []int
		value  int
	}{{"depth", b.Depths, s.params.Depth}, {"history", b.Histories, s.params.HistoryEvents}, {"payload", b.Payloads, s.params.PayloadBytes}} {
		if len(d.values) > 1 {
			name += fmt.Sprintf(" %s=%d", d.word, d.value)
		}
	}
	return name
}

// slowToFill is from how many instances on filling takes long enough to say so.
const slowToFill = 10_000

func (b *benchmark) filler(c *cell) func(context.Context, string, int) error {
	return func(ctx context.Context, prefix string, n int) error {
		if n >= slowToFill {
			b.progress(Progress{Phase: "prepare", Strategy: c.name, Workload: c.out.Workload, AddedRTT: c.rtt,
				Done: b.done, Total: b.total})
		}
		conn, err := c.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		return fill.Instances(ctx, conn.Conn(), prefix, n)
	}
}
