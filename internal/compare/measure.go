package compare

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/result"
)

// measure is one quantity that both cells have.
type measure struct{ key }

// measures lists what two cells can be compared in: operations in the order of the base, then the whole orchestration.
// Calls that failed are not compared: how long an error takes is nobody's question.
func measures(base, head *result.Cell) []measure {
	var ms []measure
	for _, op := range base.Summary.Operations {
		if op.Outcome == result.Failed || findOp(head.Summary.Operations, op.Name, op.Outcome) == nil {
			continue
		}
		for _, m := range []Metric{P50, P90, P99, Mean, RoundTrips} {
			ms = append(ms, measure{key{op.Name, op.Outcome, m}})
		}
	}
	if base.Summary.Orchestrations != nil && head.Summary.Orchestrations != nil {
		for _, m := range []Metric{P50, Throughput, RoundTrips} {
			ms = append(ms, measure{key{Orchestration, "", m}})
		}
	}
	return ms
}

func findOp(ops []result.Operation, name string, o result.Outcome) *result.Operation {
	i := slices.IndexFunc(ops, func(x result.Operation) bool { return x.Name == name && x.Outcome == o })
	if i < 0 {
		return nil
	}
	return &ops[i]
}

func (m measure) unit() string {
	switch m.metric {
	case Throughput:
		return "1/s"
	case RoundTrips:
		return "round_trips"
	default:
		return "ns"
	}
}

// value gives the metric among a round's or a summary's figures, and how many calls it rests on; NaN where it is absent.
func (m measure) value(ops []result.Operation, orch *result.Orchestrations) (v float64, n int64) {
	if m.operation == Orchestration {
		return m.orchestration(ops, orch)
	}
	op := findOp(ops, m.operation, m.outcome)
	if op == nil || op.Count == 0 {
		return math.NaN(), 0
	}
	switch m.metric {
	case P50:
		v = float64(op.P50)
	case P90:
		v = float64(op.P90)
	case P99:
		v = float64(op.P99)
	case Mean:
		v = float64(op.Mean)
	case RoundTrips:
		v = op.RoundTripsPerOp
	}
	return v, op.Count
}

func (m measure) orchestration(ops []result.Operation, orch *result.Orchestrations) (v float64, n int64) {
	if orch == nil || orch.Completed == 0 {
		return math.NaN(), 0
	}
	switch m.metric {
	case P50:
		v = float64(orch.P50)
	case Throughput:
		v = orch.PerSecond
	case RoundTrips:
		for _, op := range ops {
			if op.Outcome == result.OK || op.Outcome == result.Loaded {
				v += float64(op.Count) * op.RoundTripsPerOp / float64(orch.Completed)
			}
		}
	}
	return v, orch.Completed
}

func (m measure) total(c *result.Cell) float64 {
	v, _ := m.value(c.Summary.Operations, c.Summary.Orchestrations)
	return v
}

// series is a metric by round, rounds without a usable value left out.
type series struct {
	rounds []int
	logs   []float64
	calls  int64
}

func (m measure) series(c *result.Cell) series {
	var s series
	for _, r := range c.Rounds {
		v, n := m.value(r.Operations, r.Orchestrations)
		if !(v > 0) {
			continue
		}
		s.rounds, s.logs, s.calls = append(s.rounds, r.Round), append(s.logs, math.Log(v)), s.calls+n
	}
	return s
}

// differences pairs two series by round number.
func differences(base, head series) (d []float64, rounds []int) {
	for i, r := range base.rounds {
		if j := slices.Index(head.rounds, r); j >= 0 {
			d, rounds = append(d, head.logs[j]-base.logs[i]), append(rounds, r)
		}
	}
	return d, rounds
}

// estimate fills in the estimate of a noisy metric, or NotEnoughData. On the log scale a positive value is the slower
// head, for throughput too; Ratio is always that of the values.
func (m measure) estimate(o Options, c *Comparison, base, head *result.Cell, paired bool) {
	c.est = noEstimate
	b, h := m.series(base), m.series(head)
	d, rounds := differences(b, h)
	c.Rounds = len(d)
	if !paired {
		c.Rounds, c.HeadRounds = len(b.logs), len(h.logs)
	}
	if c.Note = m.lacking(min(b.calls, h.calls), len(d), len(b.logs), len(h.logs), paired); c.Note != "" {
		c.Verdict = NotEnoughData
		return
	}
	switch {
	case m.metric == P99:
		bt, ok1 := m.tail(base, b.rounds, rounds, paired)
		ht, ok2 := m.tail(head, h.rounds, rounds, paired)
		if !ok1 || !ok2 {
			c.Verdict, c.Note = NotEnoughData, "rounds without histograms cannot be merged for p99"
			return
		}
		c.est = o.tails(bt, ht, paired)
	case paired:
		c.est, c.Lag1 = o.paired(d), Number(lag1(d))
	default:
		c.est = o.unpaired(b.logs, h.logs)
	}
	c.Ratio, c.CILow, c.CIHigh = exp(c.est.point), exp(c.est.low), exp(c.est.high)
	c.PValue = Number(c.est.p)
	if m.metric == Throughput {
		c.est = c.est.mirror()
	}
}

func exp(x float64) Number { return Number(math.Exp(x)) }

// lacking says what is too few for an estimate, or "".
func (m measure) lacking(calls int64, pairs, base, head int, paired bool) string {
	minRounds, minCalls, what := MinRounds, int64(MinCalls), "calls"
	switch {
	case m.operation == Orchestration:
		minCalls, what = MinTurns, "orchestrations"
	case m.metric == P90:
		minCalls = MinCallsP90
	case m.metric == P99:
		minRounds, minCalls = MinRoundsP99, MinCallsP99
	}
	rounds, kind := pairs, "paired rounds"
	if !paired {
		rounds, kind = min(base, head), "rounds"
	}
	switch {
	case rounds < minRounds:
		return fmt.Sprintf("%d %s, %s needs %d", rounds, kind, m.metric, minRounds)
	case calls < minCalls:
		return fmt.Sprintf("%d %s, %s needs %d", calls, what, m.metric, minCalls)
	}
	return ""
}

// tail collects the histograms of the rounds that count: those of both arms when paired, else the cell's own.
func (m measure) tail(c *result.Cell, own, common []int, paired bool) (*tail, bool) {
	use := own
	if paired {
		use = common
	}
	var hists []result.Histogram
	for _, r := range c.Rounds {
		if slices.Contains(use, r.Round) {
			hists = append(hists, findOp(r.Operations, m.operation, m.outcome).Histogram)
		}
	}
	return newTail(hists)
}
