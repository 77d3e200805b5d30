package result

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of merged histograms: wide enough for any that the tool records. A value outside it stops the merge with an
// error, because a summary that silently lost its tail would look fast.
const (
	lowestNS  = 1
	highestNS = int64(time.Hour)
	digits    = 3
)

// Summarize merges the rounds of the cell into its Summary and sets MeasuredRTT to the median of the rounds' when it is
// 0. Histograms are added; means and round trips are weighted by count. A group of calls without histograms keeps its
// counts and mean but has no quantiles. Order is that of first appearance.
func (c *Cell) Summarize() error {
	var ops, queries merger
	var orch, lag, service, waiting merged
	var offered *Offered
	var have bool
	var total time.Duration
	var rtts []time.Duration
	for _, r := range c.Rounds {
		total += r.Duration
		if r.MeasuredRTT > 0 {
			rtts = append(rtts, r.MeasuredRTT)
		}
		for _, o := range r.Operations {
			if err := ops.add(o); err != nil {
				return fmt.Errorf("round %d: %s: %w", r.Round, o.Name, err)
			}
		}
		for _, q := range r.Queries {
			if err := queries.add(Operation{Name: q.Name, Latency: q.Latency, Server: q.Server}); err != nil {
				return fmt.Errorf("round %d: %s: %w", r.Round, q.Name, err)
			}
		}
		if r.Waiting != nil {
			if err := waiting.add(Operation{Latency: *r.Waiting}); err != nil {
				return fmt.Errorf("round %d: waiting: %w", r.Round, err)
			}
		}
		if o := r.Orchestrations; o != nil {
			have = true
			if err := orch.add(Operation{Latency: o.latency()}); err != nil {
				return fmt.Errorf("round %d: orchestrations: %w", r.Round, err)
			}
			if f := o.Offered; f != nil {
				offered = offered.plus(f)
				if err := cmp.Or(lag.add(Operation{Latency: f.Lag}), service.add(Operation{Latency: f.Service})); err != nil {
					return fmt.Errorf("round %d: offered: %w", r.Round, err)
				}
			}
		}
	}
	c.Summary = Summary{Operations: []Operation{}, Queries: []Query{}}
	for _, m := range ops.order {
		o, err := m.operation()
		if err != nil {
			return err
		}
		c.Summary.Operations = append(c.Summary.Operations, o)
	}
	for _, m := range queries.order {
		o, err := m.operation()
		if err != nil {
			return err
		}
		c.Summary.Queries = append(c.Summary.Queries, Query{Name: o.Name, Latency: o.Latency, Server: o.Server})
	}
	if waiting.Count > 0 {
		polls, err := waiting.operation()
		if err != nil {
			return err
		}
		c.Summary.Waiting = &polls.Latency
	}
	if have {
		whole, err := orch.operation()
		if err != nil {
			return err
		}
		c.Summary.Orchestrations = whole.Latency.orchestrations(total)
		if c.Summary.Orchestrations.Offered, err = offered.with(&lag, &service); err != nil {
			return err
		}
		if offered != nil && total > 0 { // what ended in the windows, which not all that arrived in them did
			done := 0.0
			for _, r := range c.Rounds {
				if r.Orchestrations != nil {
					done += r.Orchestrations.PerSecond * r.Duration.Seconds()
				}
			}
			c.Summary.Orchestrations.PerSecond = done / total.Seconds()
		}
	}
	if c.MeasuredRTT == 0 && len(rtts) > 0 {
		slices.Sort(rtts)
		c.MeasuredRTT = (rtts[len(rtts)/2] + rtts[(len(rtts)-1)/2]) / 2
	}
	return nil
}

// plus adds the counts of a round up.
func (o *Offered) plus(r *Offered) *Offered {
	if o == nil {
		return &Offered{PerSecond: r.PerSecond, Arrived: r.Arrived, Late: r.Late, LatencyLimit: r.LatencyLimit}
	}
	o.Arrived += r.Arrived
	o.Late += r.Late
	return o
}

func (o *Offered) with(lag, service *merged) (*Offered, error) {
	if o == nil {
		return nil, nil
	}
	l, err := lag.operation()
	if err != nil {
		return nil, err
	}
	s, err := service.operation()
	o.Lag, o.Service = l.Latency, s.Latency
	return o, err
}

func (o *Orchestrations) latency() Latency {
	return Latency{
		Count: o.Completed, Errors: o.Failed, Mean: o.Mean, P50: o.P50, P90: o.P90, P99: o.P99, Max: o.Max,
		Histogram: o.Histogram,
	}
}

// merged is operations of one name and outcome being added up.
type merged struct {
	Operation
	hist *hdrhistogram.Histogram
	sums struct{ latency, trips, out, in float64 }
}

func (m *merged) add(o Operation) error {
	n := float64(o.Count)
	m.Server = m.Server.plus(o.Server)
	m.Count += o.Count
	m.Errors += o.Errors
	m.Retries += o.Retries
	for state, n := range o.Failures {
		if m.Failures == nil {
			m.Failures = map[string]int64{}
		}
		m.Failures[state] += n
	}
	m.Max = max(m.Max, o.Max)
	m.sums.latency += n * float64(o.Mean)
	m.sums.trips += n * o.RoundTripsPerOp
	m.sums.out += n * o.BytesOutPerOp
	m.sums.in += n * o.BytesInPerOp
	p, err := o.Histogram.Decode()
	if p == nil || err != nil {
		return err
	}
	if m.hist == nil {
		m.hist = hdrhistogram.New(lowestNS, highestNS, digits)
	}
	if lost := p.MergeInto(m.hist); lost > 0 {
		return fmt.Errorf("%d calls took longer than %v and do not fit the histogram", lost, time.Duration(highestNS))
	}
	return nil
}

func (m *merged) operation() (Operation, error) {
	o := m.Operation
	if m.hist != nil && m.hist.TotalCount() == o.Count {
		l, err := NewLatency(m.hist, o.Errors)
		if err != nil {
			return o, err
		}
		l.Max = cmp.Or(o.Max, l.Max)
		o.Latency = l
	}
	if n := float64(o.Count); n > 0 {
		o.Mean = time.Duration(m.sums.latency / n)
		o.RoundTripsPerOp = m.sums.trips / n
		o.BytesOutPerOp = m.sums.out / n
		o.BytesInPerOp = m.sums.in / n
	}
	return o, nil
}

type merger struct {
	order []*merged
	by    map[[2]string]*merged
}

func (g *merger) add(o Operation) error {
	key := [2]string{o.Name, string(o.Outcome)}
	m := g.by[key]
	if m == nil {
		if g.by == nil {
			g.by = map[[2]string]*merged{}
		}
		m = &merged{Operation: Operation{Name: o.Name, Outcome: o.Outcome}}
		g.by[key] = m
		g.order = append(g.order, m)
	}
	return m.add(o)
}
