package reports

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// byRound draws each round's ratio of head to base, and that of the control, on one scale: noise, drift and a round that
// stands out can be seen. A page has a chart of it.
func (g *group) byRound(a *compare.Analysis) grid {
	c := g.primary()
	if !a.Paired || c == nil {
		return grid{}
	}
	base := g.cell(a.Base, g.base, false)
	out := grid{title: fmt.Sprintf("Round by round, times as long as %s (%s)", g.base, c.Operation), only: "terminal",
		left: map[int]bool{0: true, 3: true}, head: []string{"", "least", "most", fmt.Sprintf("rounds 1 to %d", lastRound(base))}}
	heads, controls := ratios(c, base, g.cell(a.Base, g.head, false)), ratios(c, base, g.cell(a.Base, g.base, true))
	if len(heads) < 2 {
		return grid{}
	}
	low, high := ends(slices.Concat(heads, controls))
	for _, row := range []struct {
		name   string
		ratios []float64
	}{{g.head, heads}, {"control", controls}} {
		if len(row.ratios) > 0 {
			least, most := ends(row.ratios)
			out.rows = append(out.rows, []cell{text(row.name), text(fmt.Sprintf("%.2f", least)), text(fmt.Sprintf("%.2f", most)),
				text(sparkline(row.ratios, low, high))})
		}
	}
	return out
}

func (g *group) cell(f *result.File, strategy string, control bool) *result.Cell {
	for i := range f.Cells {
		if c := &f.Cells[i]; c.Workload == g.workload && c.AddedRTT == g.added && c.Strategy == strategy && c.Control == control {
			return c
		}
	}
	return nil
}

func lastRound(c *result.Cell) (n int) {
	if c != nil {
		for _, r := range c.Rounds {
			n = max(n, r.Round)
		}
	}
	return n
}

// ratios gives those of the p50 by round, NaN for a round that one of the two lacks; empty where either ran none.
func ratios(k *compare.Comparison, base, head *result.Cell) (out []float64) {
	if base == nil || head == nil {
		return nil
	}
	of := func(c *result.Cell, round int) float64 {
		for _, r := range c.Rounds {
			if r.Round != round {
				continue
			}
			if k.Operation == compare.Orchestration {
				if r.Orchestrations != nil {
					return float64(r.Orchestrations.P50)
				}
				return 0
			}
			for _, op := range r.Operations {
				if op.Name == k.Operation && op.Outcome == k.Outcome {
					return float64(op.P50)
				}
			}
		}
		return 0
	}
	for r := 1; r <= lastRound(base); r++ {
		ratio := math.NaN()
		if b, h := of(base, r), of(head, r); b > 0 && h > 0 {
			ratio = h / b
		}
		out = append(out, ratio)
	}
	return out
}

func ends(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

// sparks is how many characters a sparkline may have; of more values it shows the middle one of neighbours.
const sparks = 40

// sparkline draws values between low and high as blocks, on a logarithmic scale; a blank is a value that is not there.
func sparkline(values []float64, low, high float64) string {
	const blocks = "▁▂▃▄▅▆▇█"
	levels, out := []rune(blocks), []rune{}
	step := (len(values) + sparks - 1) / sparks
	for part := range slices.Chunk(values, max(step, 1)) {
		part = slices.DeleteFunc(slices.Clone(part), math.IsNaN)
		if len(part) == 0 {
			out = append(out, ' ')
			continue
		}
		slices.Sort(part)
		at := 0.
		if high > low {
			at = math.Log(part[len(part)/2]/low) / math.Log(high/low)
		}
		out = append(out, levels[min(int(at*float64(len(levels))), len(levels)-1)])
	}
	return string(out)
}
