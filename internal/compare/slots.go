package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"pgbench-provider/internal/result"
)

// SlotEffect is what the place in a round's order does to the arm that has it. The order is random, so it favours no
// arm, but it is noise that could be less.
type SlotEffect struct {
	Changes []Number `json:"changes"` // by place, the first first: of p50 against the mean of its round, as 0.03 for 3 % slower
	PValue  Number   `json:"p_value"` // that the place does not matter
	Rounds  int      `json:"rounds"`
}

const (
	slotPermutations = 1999
	slotAlpha        = 0.01
)

// slots estimates the slot effect of a file over all its workloads and distances: from the log of each arm's primary p50
// its mean over the rounds and the mean of its round are taken away, and what is left is averaged by place. The p-value is
// that of shuffling the places within each round, as the run did. It gives nil with fewer than two arms or [MinRounds]
// rounds of all arms.
func (o Options) slots(f *result.File) *SlotEffect {
	var rounds [][]float64 // what is left, in the order in which the arms ran
	for _, g := range sideBySide(f) {
		rounds = append(rounds, g.residuals()...)
	}
	if len(rounds) < MinRounds {
		return nil
	}
	sums, n := byPlace(rounds)
	seen, hits := spread(sums, n), 0
	rng := rand.New(rand.NewPCG(o.Seed, uint64(len(rounds))))
	for range slotPermutations {
		for _, r := range rounds {
			rng.Shuffle(len(r), func(i, j int) { r[i], r[j] = r[j], r[i] })
		}
		if s, n := byPlace(rounds); spread(s, n) >= seen*(1-1e-9) {
			hits++
		}
	}
	e := &SlotEffect{PValue: Number(float64(hits+1) / (slotPermutations + 1)), Rounds: len(rounds)}
	for i := range sums {
		e.Changes = append(e.Changes, Number(math.Expm1(sums[i]/n[i])))
	}
	return e
}

func byPlace(rounds [][]float64) (sums, n []float64) {
	for _, r := range rounds {
		for place, v := range r {
			if place == len(sums) {
				sums, n = append(sums, 0), append(n, 0)
			}
			sums[place], n[place] = sums[place]+v, n[place]+1
		}
	}
	return sums, n
}

// spread is the sum of squares between places.
func spread(sums, n []float64) (s float64) {
	for i := range sums {
		s += sums[i] * sums[i] / n[i]
	}
	return s
}

func (e *SlotEffect) warn(add adder) {
	if e == nil || e.PValue > slotAlpha {
		return
	}
	worst := 0
	for i, c := range e.Changes {
		if math.Abs(float64(c)) > math.Abs(float64(e.Changes[worst])) {
			worst = i
		}
	}
	change, word := float64(e.Changes[worst]), "slower"
	if change < 0 {
		word = "faster"
	}
	add("The place in a round's order matters (p = %.2g): what ran at place %d of %d was %s %s than the mean of its round. "+
		"The order is random, so this favours no arm, but it widens the intervals; use longer rounds.",
		float64(e.PValue), worst+1, len(e.Changes), percent(math.Abs(change)), word)
}

// group is the arms that ran side by side, controls included.
type group []*result.Cell

func sideBySide(f *result.File) []group {
	var groups []group
	at := map[string]int{}
	for i := range f.Cells {
		c := &f.Cells[i]
		name := fmt.Sprint(c.Workload, "/", c.AddedRTT)
		if _, ok := at[name]; !ok {
			at[name] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[name]] = append(groups[at[name]], c)
	}
	return groups
}

// primary is the measure that stands for the whole cell.
func primary(c *result.Cell) measure {
	m := measure{key{Orchestration, "", P50}}
	if c.Summary.Orchestrations != nil {
		return m
	}
	slowest := time.Duration(-1)
	for _, op := range c.Summary.Operations {
		if (op.Outcome == result.OK || op.Outcome == result.Loaded) && op.P50 > slowest {
			slowest, m.key = op.P50, key{op.Name, op.Outcome, P50}
		}
	}
	return m
}

// residuals gives, for each round that all arms have, the logs less the means of arm and round in the order of their
// places; nil for a group of one or without places.
func (g group) residuals() [][]float64 {
	if len(g) < 2 {
		return nil
	}
	m := primary(g[0])
	type entry struct {
		place int
		v     float64
	}
	var table [][]entry // by round, then arm
	means := make([]float64, len(g))
	for _, first := range g[0].Rounds {
		var row []entry
		for _, c := range g {
			i := slices.IndexFunc(c.Rounds, func(r result.Round) bool { return r.Round == first.Round })
			if i < 0 {
				break
			}
			if v, _ := m.value(c.Rounds[i].Operations, c.Rounds[i].Orchestrations); v > 0 && c.Rounds[i].Position > 0 {
				row = append(row, entry{c.Rounds[i].Position, math.Log(v)})
			}
		}
		if len(row) == len(g) {
			table = append(table, row)
		}
	}
	for _, row := range table {
		for arm, e := range row {
			means[arm] += e.v / float64(len(table))
		}
	}
	var out [][]float64
	for _, row := range table {
		mean := 0.0
		for arm := range row {
			row[arm].v -= means[arm]
			mean += row[arm].v / float64(len(row))
		}
		slices.SortStableFunc(row, func(x, y entry) int { return x.place - y.place })
		left := make([]float64, len(row))
		for place := range row {
			left[place] = row[place].v - mean
		}
		out = append(out, left)
	}
	return out
}
