package compare_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

const operation = "ack_orchestration_item"

// times are the p50 of an arm by round.
type times []time.Duration

func (x times) times(factor int) times {
	y := slices.Clone(x)
	for i := range y {
		y[i] *= time.Duration(factor)
	}
	return y
}

// arms makes a file of arms with one operation, of which nothing but p50 is known.
func arms(strategies map[string]times, control times) *result.File {
	f := &result.File{Format: result.Format, Kind: result.KindCompare}
	add := func(strategy string, x times, control bool) {
		c := result.Cell{Strategy: strategy, Workload: "w", Control: control}
		for i, d := range x {
			c.Rounds = append(c.Rounds, result.Round{Round: i + 1, Operations: []result.Operation{
				{Name: operation, Outcome: result.OK, Latency: result.Latency{Count: 300, P50: d}},
			}})
		}
		if err := c.Summarize(); err != nil {
			panic(err)
		}
		f.Cells = append(f.Cells, c)
	}
	for _, name := range []string{"base", "head"} {
		add(name, strategies[name], false)
	}
	if control != nil {
		add("base", control, true)
	}
	return f
}

func pair(base, head times) map[string]times { return map[string]times{"base": base, "head": head} }

func drawTimes(t *rapid.T, name string, n int) times {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(20_000, 50_000).Draw(t, "p50"))
	}), n, n).Draw(t, name)
}

func p50(t interface{ Fatal(...any) }, f *result.File, o compare.Options) *compare.Comparison {
	o.Resamples, o.Flips = 100, 99
	a, err := compare.Strategies(f, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Comparisons {
		if a.Comparisons[i].Metric == compare.P50 {
			return &a.Comparisons[i]
		}
	}
	t.Fatal("no comparison of p50")
	return nil
}

func near(a, b compare.Number) bool { return math.Abs(float64(a-b)) < 1e-9*float64(b) }

// drawn is a base, a head up to 30 % from it, and perhaps a control.
func drawn(t *rapid.T) (base, head, control times) {
	n := rapid.IntRange(5, 18).Draw(t, "rounds")
	base, head = drawTimes(t, "base", n), drawTimes(t, "head", n)
	if rapid.Bool().Draw(t, "like the base") {
		percent := rapid.IntRange(70, 130).Draw(t, "percent")
		for i := range head {
			head[i] = base[i]*time.Duration(percent)/100 + time.Duration(rapid.IntRange(-300, 300).Draw(t, "noise"))
		}
	}
	if rapid.Bool().Draw(t, "with a control") {
		control = drawTimes(t, "control", n)
	}
	return base, head, control
}

func TestTheUnitOfTimeDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base, head, control := drawn(t)
		k := rapid.IntRange(2, 1000).Draw(t, "factor")
		x := p50(t, arms(pair(base, head), control), compare.Options{})
		y := p50(t, arms(pair(base.times(k), head.times(k)), control.times(k)), compare.Options{})
		if !near(x.Ratio, y.Ratio) || x.Verdict != y.Verdict || x.Detected != y.Detected {
			t.Fatalf("%v %s, times %d %v %s", x.Ratio, x.Verdict, k, y.Ratio, y.Verdict)
		}
		z := p50(t, arms(pair(base, head.times(k)), nil), compare.Options{})
		if !near(z.Ratio, x.Ratio*compare.Number(k)) || !near(z.CIHigh, x.CIHigh*compare.Number(k)) {
			t.Fatalf("a head %d times as slow: %v became %v", k, x.Ratio, z.Ratio)
		}
	})
}

func TestSwappingTheSidesMirrorsTheVerdict(t *testing.T) {
	t.Parallel()
	mirror := map[compare.Verdict]compare.Verdict{compare.Faster: compare.Slower, compare.Slower: compare.Faster}
	rapid.Check(t, func(t *rapid.T) {
		base, head, control := drawn(t)
		f := arms(pair(base, head), control)
		x, y := p50(t, f, compare.Options{}), p50(t, f, compare.Options{Base: "head"})
		want, ok := mirror[x.Verdict]
		if !ok {
			want = x.Verdict
		}
		if !near(x.Ratio*y.Ratio, 1) || !near(x.CILow*y.CIHigh, 1) || y.Verdict != want || x.Detected != y.Detected ||
			x.RoundsNeeded != y.RoundsNeeded || x.NoiseFloor.Valid() && x.NoiseFloor != y.NoiseFloor {
			t.Fatalf("%+v\n%+v", x, y)
		}
	})
}

func TestIdenticalRoundsAreEquivalent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := drawTimes(t, "base", rapid.IntRange(5, 18).Draw(t, "rounds"))
		c := p50(t, arms(pair(base, base), base), compare.Options{})
		if c.Verdict != compare.Equivalent || c.Detected || c.Ratio != 1 || c.PValue != 1 || c.NoiseFloor != 0 || c.NoiseFloorDown != 0 {
			t.Fatalf("%+v", c)
		}
	})
}

// The bootstrap draws rounds by number, so its interval may move a little with their order.
func TestTheOrderOfRoundsDoesNotMoveTheEstimate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base, head, _ := drawn(t)
		order := make([]int, len(base))
		for i := range order {
			order[i] = i
		}
		order = rapid.Permutation(order).Draw(t, "order")
		b, h := slices.Clone(base), slices.Clone(head)
		for i, from := range order {
			b[i], h[i] = base[from], head[from]
		}
		x, y := p50(t, arms(pair(base, head), nil), compare.Options{}), p50(t, arms(pair(b, h), nil), compare.Options{})
		if !near(x.Ratio, y.Ratio) || len(base) <= 16 && !near(x.PValue, y.PValue) { // above 16 the flips are sampled
			t.Fatalf("%v p %v, in another order %v p %v", x.Ratio, x.PValue, y.Ratio, y.PValue)
		}
	})
}

func TestSlowingAnyRoundOfTheHeadNeverLowersTheRatio(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base, head, _ := drawn(t)
		slow := slices.Clone(head)
		for i := range slow {
			slow[i] += time.Duration(rapid.IntRange(0, 20_000).Draw(t, "more"))
		}
		x, y := p50(t, arms(pair(base, head), nil), compare.Options{}), p50(t, arms(pair(base, slow), nil), compare.Options{})
		if y.Ratio < x.Ratio*(1-1e-12) || y.CILow < x.CILow*(1-1e-12) || y.CIHigh < x.CIHigh*(1-1e-12) {
			t.Fatalf("%v [%v, %v] became %v [%v, %v]", x.Ratio, x.CILow, x.CIHigh, y.Ratio, y.CILow, y.CIHigh)
		}
	})
}

// With a wider margin fewer changes are claimed and more are equivalent; a claim is always a detected change beyond both
// the margin and the noise floor.
func TestMarginAndFloorBoundWhatIsClaimed(t *testing.T) {
	t.Parallel()
	claimed := func(c *compare.Comparison) bool { return c.Verdict == compare.Faster || c.Verdict == compare.Slower }
	rapid.Check(t, func(t *rapid.T) {
		base, head, control := drawn(t)
		f := arms(pair(base, head), control)
		margin := rapid.Float64Range(0.005, 0.3).Draw(t, "margin")
		x := p50(t, f, compare.Options{Margin: margin})
		y := p50(t, f, compare.Options{Margin: 1.5 * margin})
		if claimed(y) && !claimed(x) || x.Verdict == compare.Equivalent && y.Verdict != compare.Equivalent {
			t.Fatalf("%s at a margin of %v, %s at one half as wide again", x.Verdict, margin, y.Verdict)
		}
		bound := 1 + margin
		if x.NoiseFloor.Valid() {
			bound = max(bound, 1+float64(x.NoiseFloor))
		}
		if claimed(x) && (!x.Detected || max(float64(x.CILow), 1/float64(x.CIHigh)) <= bound) {
			t.Fatalf("claimed: %+v", x)
		}
		if x.Verdict == compare.Equivalent && max(float64(x.CIHigh), 1/float64(x.CILow), bound) > (1+margin)*(1+1e-8) {
			t.Fatalf("equivalent: %+v", x)
		}
	})
}

func TestTheFloorHasTwoEnds(t *testing.T) {
	t.Parallel()
	base := times{20_000, 21_000, 22_000, 20_500, 21_500, 20_700, 21_100, 20_900}
	noisy := slices.Clone(base)
	for i := range noisy {
		noisy[i] = noisy[i] * 6 / 5
	}
	c := p50(t, arms(pair(base, base.times(2)), noisy), compare.Options{})
	if math.Abs(float64(c.NoiseFloor)-0.2) > 1e-3 || math.Abs(float64(c.NoiseFloorDown)+1./6) > 1e-3 || c.Verdict != compare.Slower {
		t.Errorf("%+v", c)
	}
	c = p50(t, arms(pair(base, noisy), noisy), compare.Options{})
	if want := "not surely beyond the noise floor of −17 % to +20 %"; c.Verdict != compare.Inconclusive || !c.Detected ||
		len(c.Note) < len(want) || c.Note[:len(want)] != want {
		t.Errorf("%s %q, want %q", c.Verdict, c.Note, want)
	}
	c = p50(t, arms(pair(base, base), noisy), compare.Options{})
	if want := "the noise floor of −17 % to +20 % is wider than the margin"; c.Verdict != compare.Inconclusive || c.Note[:len(want)] != want {
		t.Errorf("%s %q, want %q", c.Verdict, c.Note, want)
	}
}
