package compare

import (
	"math"
	"time"

	"pgbench-provider/internal/result"
)

// Quantity is what is compared in a workload at a distance.
type Quantity struct {
	Workload  string
	AddedRTT  time.Duration
	Operation string
	Outcome   result.Outcome
	Metric    Metric // P50 or Mean
}

// Change is the centre of the ratios of paired rounds, and its interval, which is null below [MinRounds] rounds. It claims
// nothing: a [Comparison] also looks at the calls, the margin and the noise.
type Change struct {
	Ratio, Low, High Number
	Rounds           int
}

// Differs reports whether the interval leaves out no change.
func (c Change) Differs() bool { return c.Low > 1 || c.High < 1 }

// Change gives that of head against base, both strategies of the base file. It is null when they share no round.
func (a *Analysis) Change(q Quantity, base, head string) Change {
	out := Change{None, None, None, 0}
	b, h := a.armOf(q, base), a.armOf(q, head)
	o, err := a.options.withDefaults()
	if b == nil || h == nil || err != nil {
		return out
	}
	m := measure{key{q.Operation, q.Outcome, q.Metric}}
	d, _ := differences(m.series(b), m.series(h))
	if out.Rounds = len(d); len(d) == 0 {
		return out
	}
	if len(d) < MinRounds {
		out.Ratio = Number(math.Exp(median(d)))
		return out
	}
	e := o.centre(d)
	return Change{exp(e.point), exp(e.low), exp(e.high), len(d)}
}

func (a *Analysis) armOf(q Quantity, strategy string) *result.Cell {
	for i := range a.Base.Cells {
		if c := &a.Base.Cells[i]; !c.Control && c.Strategy == strategy && c.Workload == q.Workload && c.AddedRTT == q.AddedRTT {
			return c
		}
	}
	return nil
}

// Standing is who leads, whom the paired rounds do not tell from the leader, and who is behind.
type Standing struct {
	Best         string
	Tied, Behind []string
	Known        bool // there were enough rounds to tell anybody apart
}

// Standing ranks strategies, in whose order the names of its lists are.
func (a *Analysis) Standing(q Quantity, strategies []string) Standing {
	out, lowest := Standing{Best: strategies[0]}, Number(1)
	for _, name := range strategies[1:] {
		if c := a.Change(q, strategies[0], name); c.Ratio < lowest {
			out.Best, lowest = name, c.Ratio
		}
	}
	for _, name := range strategies {
		if name == out.Best {
			continue
		}
		c := a.Change(q, out.Best, name)
		out.Known = out.Known || c.Low.Valid()
		if c.Low > 1 {
			out.Behind = append(out.Behind, name)
		} else {
			out.Tied = append(out.Tied, name)
		}
	}
	return out
}
