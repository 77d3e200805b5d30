package distance

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A resample told by counts must be the sample with its values repeated.
func TestMedianOfCountsIsThatOfRepeatedValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-9, 9), 1, 9).Draw(t, "values")
		var c column
		var counts []int
		var repeated []float64
		for i, v := range values {
			c.add(i, v)
			counts = append(counts, rapid.IntRange(0, 3).Draw(t, "count"))
			repeated = append(repeated, slices.Repeat([]float64{v}, counts[i])...)
		}
		c.sort()
		got, n := c.median(counts), len(repeated)
		if n == 0 {
			if !math.IsNaN(got) {
				t.Fatalf("median %v of nothing", got)
			}
			return
		}
		slices.Sort(repeated)
		if want := (repeated[(n-1)/2] + repeated[n/2]) / 2; math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v, want %v of %v", got, want, repeated)
		}
	})
}

func TestALineNeedsTwoDistances(t *testing.T) {
	t.Parallel()
	for _, points := range [][]point{nil, {{1, 1}}, {{1, 1}, {1, 2}}, {{1, 1}, {2, 0}}, {{1, 1}, {2, math.NaN()}}} {
		if l, ok := through(points); ok || !math.IsNaN(l.r) {
			t.Errorf("%v give %v", points, l)
		}
	}
}

// The rounds tell the slopes apart but not where the lines cross.
func TestABreakEvenThatMayLieAnywhereIsUnclear(t *testing.T) {
	t.Parallel()
	b := BreakEven{Low: 1e5, At: 2e6, High: 9e7, Trips: -1, near: 1e5, far: 5e7}
	b.judge()
	if want := "unclear: the break-even may lie anywhere in 2.0 ms [0.10, 90]"; b.Verdict != Unclear || b.Text != want {
		t.Errorf("%s %q", b.Verdict, b.Text)
	}
	b.Low = 2e7
	if b.judge(); b.Verdict != Above {
		t.Errorf("%s %q", b.Verdict, b.Text)
	}
}

func TestIntervalsAreWidenedForFewRounds(t *testing.T) {
	t.Parallel()
	o, err := Options{Resamples: 1001}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	rank := func(i int) float64 { return float64(i) / 1000 }
	for rounds, tail := range map[int]float64{1000: 0.0249, 20: 0.0159, 6: 0.0024} { // 0.0159 is what package compare says of 20
		low, high := o.interval(rounds, rank)
		if math.Abs(low-tail) > 5e-4 || math.Abs(high-1+tail) > 5e-4 {
			t.Errorf("%d rounds: %.4f to %.4f, want tails of %.4f", rounds, low, high, tail)
		}
	}
	if low, high := o.interval(4, rank); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("four rounds give %v to %v", low, high)
	}
}
