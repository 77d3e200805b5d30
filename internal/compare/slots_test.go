package compare_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// placed is three arms whose places are drawn anew each round; what runs first is slower by that share.
func placed(seed uint64, rounds int, first float64) *result.File {
	rng := rand.New(rand.NewPCG(seed, 0))
	f := &result.File{Format: result.Format, Cells: []result.Cell{
		{Strategy: "inline", Workload: "w"}, {Strategy: "sp", Workload: "w"}, {Strategy: "inline", Workload: "w", Control: true},
	}}
	for r := 1; r <= rounds; r++ {
		state := 0.2 * rng.NormFloat64()
		for place, arm := range rng.Perm(3) {
			y := state + 0.03*rng.NormFloat64()
			if place == 0 {
				y += math.Log1p(first)
			}
			c := &f.Cells[arm]
			c.Rounds = append(c.Rounds, result.Round{Round: r, Position: place + 1, Operations: []result.Operation{
				{Name: operation, Outcome: result.OK, Latency: result.Latency{Count: 300, P50: time.Duration(1e6 * math.Exp(y))}},
			}})
		}
	}
	for i := range f.Cells {
		if err := f.Cells[i].Summarize(); err != nil {
			panic(err)
		}
	}
	return f
}

func TestSlotEffectIsFound(t *testing.T) {
	t.Parallel()
	a := analyze(t, placed(1, 30, 0.06), compare.Options{})
	e := a.SlotEffect
	// The mean of a round has a third of the effect, so the first is 1.06^(2/3) times it.
	if want := math.Pow(1.06, 2./3) - 1; e == nil || len(e.Changes) != 3 || math.Abs(float64(e.Changes[0])-want) > 0.015 ||
		e.PValue > 0.01 || e.Rounds != 30 || !warned(a, "at place 1 of 3 was") {
		t.Errorf("%+v, warnings %q", e, a.Warnings)
	}
}

func TestSlotEffectIsNotInvented(t *testing.T) {
	t.Parallel()
	warnings := 0
	for seed := range uint64(100) {
		a := analyze(t, placed(seed, 15, 0), compare.Options{})
		if warned(a, "place in a round's order") {
			warnings++
		}
	}
	if warnings > 4 {
		t.Errorf("%d of 100 runs without a slot effect are warned of one, at a level of 1 %%", warnings)
	}
}

func TestNoSlotEffectWithoutPlaces(t *testing.T) {
	t.Parallel()
	f := placed(1, 30, 0.5)
	for i := range f.Cells {
		for j := range f.Cells[i].Rounds {
			f.Cells[i].Rounds[j].Position = 0
		}
	}
	if e := analyze(t, f, compare.Options{}).SlotEffect; e != nil {
		t.Errorf("%+v", e)
	}
	if e := analyze(t, placed(1, 4, 0.5), compare.Options{}).SlotEffect; e != nil {
		t.Errorf("four rounds: %+v", e)
	}
}

func TestLag1IsToldAndWarnedOf(t *testing.T) {
	t.Parallel()
	f := placed(1, 30, 0)
	c := p50(t, f, compare.Options{})
	if !c.Lag1.Valid() || math.Abs(float64(c.Lag1)) > 0.4 {
		t.Errorf("independent rounds: %v", c.Lag1)
	}
	for i := range f.Cells[1].Rounds { // sp grows slower and recovers, over ten rounds
		f.Cells[1].Rounds[i].Operations[0].P50 *= time.Duration(10 + i%10)
	}
	a := analyze(t, f, compare.Options{})
	if c := p50(t, f, compare.Options{}); c.Lag1 < 0.4 || !warned(a, "lag-1 correlation") {
		t.Errorf("%v, warnings %q", c.Lag1, a.Warnings)
	}
}
