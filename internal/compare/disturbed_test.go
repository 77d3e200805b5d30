package compare_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

// disturb makes rounds of a cell disturbed ones.
func disturb(t *testing.T, c *result.Cell, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		c.Disturbed = append(c.Disturbed, result.Disturbed{Round: n, Position: 2, StartedAt: time.Now(), Outage: 3200 * time.Millisecond, Reason: "57P01"})
	}
	c.Rounds = slices.DeleteFunc(slices.Clone(c.Rounds), func(r result.Round) bool { return slices.Contains(numbers, r.Round) })
	if err := c.Summarize(); err != nil {
		t.Fatal(err)
	}
}

// A round that an outage disturbed in one arm is in no pair, whatever the other arm measured beside it.
func TestDisturbedRoundsAreInNoEstimate(t *testing.T) {
	t.Parallel()
	made := func(wild float64) *result.File {
		f := resulttest.Make(spec(20, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), control("inline")))
		disturb(t, &f.Cells[1], 3, 7)
		for i := range f.Cells[0].Rounds { // what ran beside, right before the server went away
			if r := &f.Cells[0].Rounds[i]; r.Round == 3 || r.Round == 7 {
				for j := range r.Operations {
					r.Operations[j].P50 = time.Duration(float64(r.Operations[j].P50) * wild)
				}
			}
		}
		return f
	}
	calm, a := analyze(t, made(1), compare.Options{}), analyze(t, made(50), compare.Options{})
	fetch := func(a *compare.Analysis) *compare.Comparison {
		return find(t, a, "sp", "fetch_orchestration_item", result.Loaded, compare.P50)
	}
	if x, y := fetch(calm), fetch(a); y.Rounds != 18 || y.Ratio != x.Ratio || y.CILow != x.CILow || y.CIHigh != x.CIHigh || y.Verdict != compare.Faster {
		t.Errorf("%d pairs, ratio %v (%v to %v) %s; without the disturbance %v (%v to %v)", y.Rounds, y.Ratio, y.CILow, y.CIHigh, y.Verdict, x.Ratio, x.CILow, x.CIHigh)
	}
	want := "hello-world: the server went away (for up to 3.2s) during 2 rounds of sp; no estimate has them in it, nor, against these arms, " +
		"the rounds that ran beside them: 2 rounds of inline, 2 rounds of inline (control)."
	if !slices.Contains(a.Warnings, want) {
		t.Errorf("%q has not %q", a.Warnings, want)
	}
}

func TestTooFewRoundsLeft(t *testing.T) {
	t.Parallel()
	f := resulttest.Make(spec(6, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp")))
	disturb(t, &f.Cells[0], 1, 2)
	disturb(t, &f.Cells[1], 3, 4)
	a := analyze(t, f, compare.Options{})
	c := find(t, a, "sp", "fetch_orchestration_item", result.Loaded, compare.P50)
	if c.Verdict != compare.NotEnoughData || !strings.Contains(c.Note, "2 paired rounds") {
		t.Errorf("%s: %s", c.Verdict, c.Note)
	}
}
