package gate

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"pgbench-provider/internal/compare"
)

func ratioOf(value, half float64) Ratio {
	return Ratio{Workload: "w", Base: "a", Head: "b", Operation: "o", Outcome: "ok", Rounds: 20, NoiseFloor: compare.None,
		Value: compare.Number(value), Low: compare.Number(value / half), High: compare.Number(value * half)}
}

func newChecker(o Options, floors map[string]float64) *checker {
	return &checker{Options: o, floors: floors, seen: map[string]bool{}, out: &Verdict{}}
}

// TestRatioEdges: the baseline is 0.5, the allowance 10 %, and both intervals reach to half and half times their value.
func TestRatioEdges(t *testing.T) {
	t.Parallel()
	const point = 1.0000001 // an interval of no width to speak of
	for _, c := range []struct {
		now, halfNow, halfThen float64
		want                   Status
	}{
		{0.5, point, point, Pass},
		{0.5 * 1.0999, point, point, Pass},
		{0.5 * 1.1001, point, point, Suspected},
		{0.5 / 1.0999, point, point, Pass},
		{0.5 / 1.1001, point, point, Better},
		{0.5, 1.09, point, Pass},
		{0.5, 1.11, point, Inconclusive},
		{0.5, point, 1.11, Inconclusive}, // the baseline's own uncertainty counts
		{0.5 * 1.2, 1.08, point, Suspected},
		{0.5 * 1.2, 1.10, point, Inconclusive},
		{0.5 * 1.2, point, 1.08, Suspected},
		{0.5 * 1.2, point, 1.10, Inconclusive},
		{0.5 * 1.2, 1.06, 1.06, Suspected}, // ln 1.2 - sqrt 2 ln 1.06 = 0.0999, above ln 1.1 = 0.0953
		{0.5 * 1.2, 1.065, 1.065, Inconclusive},
	} {
		x := newChecker(Options{}, nil).ratio(ratioOf(0.5, c.halfThen), ratioOf(c.now, c.halfNow))
		if x.Status != c.want || math.Abs(float64(x.Limit)-0.55) > 1e-9 {
			t.Errorf("%+v: %+v", c, x)
		}
	}
}

// TestFloorsWiden: twice the greatest floor is allowed where that is more than the tolerance.
func TestFloorsWiden(t *testing.T) {
	t.Parallel()
	base, now := ratioOf(0.5, 1.001), ratioOf(0.5*1.15, 1.001)
	noisy := func(r Ratio, floor float64) Ratio { r.NoiseFloor = compare.Number(floor); return r }
	calibrated := map[string]float64{base.name(): 0.08}
	for name, c := range map[string]struct {
		x    Case
		want Status
		tol  float64
	}{
		"none":       {newChecker(Options{}, nil).ratio(base, now), Suspected, 0.10},
		"small":      {newChecker(Options{}, nil).ratio(noisy(base, 0.04), now), Suspected, 0.10},
		"baseline's": {newChecker(Options{}, nil).ratio(noisy(base, 0.08), now), Pass, 0.16},
		"build's":    {newChecker(Options{}, nil).ratio(base, noisy(now, 0.08)), Pass, 0.16},
		"calibrated": {newChecker(Options{}, calibrated).ratio(base, now), Pass, 0.16},
		"given":      {newChecker(Options{Tolerances: map[Metric]float64{P50Ratio: 0.2}}, calibrated).ratio(base, now), Pass, 0.20},
	} {
		if c.x.Status != c.want || math.Abs(float64(c.x.Tolerance)-c.tol) > 1e-12 {
			t.Errorf("%s: %+v", name, c.x)
		}
	}
}

func lineOf(r, half float64) Line {
	return Line{Workload: "w", Strategy: "b", Operation: "o", Outcome: "ok", Statistic: compare.P50, Points: 60,
		R: compare.Number(r), RLow: compare.Number(r - half), RHigh: compare.Number(r + half)}
}

func TestSlopeEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now, half float64
		want      Status
	}{
		{3, 0.01, Pass}, {3.25, 0.01, Pass}, {3.2501, 0.01, Suspected}, {2.75, 0.01, Pass}, {2.7499, 0.01, Suspected},
		{3.3, 0.2, Suspected}, {3.3, 0.22, Inconclusive}, // sqrt 2 x 0.22 reaches back to no change
		{3, 0.17, Pass}, {3, 0.18, Inconclusive}, {3.2, 0.01, Pass},
	} {
		if x := newChecker(Options{}, nil).slope(lineOf(3, c.half), lineOf(c.now, c.half)); x.Status != c.want {
			t.Errorf("%+v: %+v", c, x)
		}
	}
	if x := newChecker(Options{}, map[string]float64{lineOf(3, 0).name(): 0.2}).slope(lineOf(3, 0.01), lineOf(3.35, 0.01)); x.Status != Pass {
		t.Errorf("a floor of 0.2 allows 0.4: %+v", x)
	}
	mean := lineOf(4, 0.01)
	mean.Statistic = compare.Mean
	if x := newChecker(Options{}, nil).slope(lineOf(3, 0.01), mean); x.Status != Inconclusive {
		t.Errorf("lines of different statistics: %+v", x)
	}
}

// TestRatioIsMonotone: a higher ratio of the same width never gets a kinder status.
func TestRatioIsMonotone(t *testing.T) {
	t.Parallel()
	order := map[Status]int{Better: 0, Pass: 1, Inconclusive: 2, Suspected: 3}
	rapid.Check(t, func(t *rapid.T) {
		now := rapid.Float64Range(0.1, 3).Draw(t, "now")
		more := rapid.Float64Range(1, 3).Draw(t, "more")
		half, then := rapid.Float64Range(1, 1.5).Draw(t, "half"), rapid.Float64Range(1, 1.5).Draw(t, "then")
		c := newChecker(Options{Tolerances: map[Metric]float64{P50Ratio: rapid.Float64Range(0, 0.5).Draw(t, "tolerance")}}, nil)
		a, z := c.ratio(ratioOf(0.5, then), ratioOf(now, half)), c.ratio(ratioOf(0.5, then), ratioOf(now*more, half))
		kinder := order[z.Status] < order[a.Status]
		if kinder {
			t.Fatalf("%v is %s and %v is %s", now, a.Status, now*more, z.Status)
		}
		if same := c.ratio(ratioOf(now, half), ratioOf(now, half)); same.Status == Suspected || same.Status == Better {
			t.Fatalf("the same ratio is %s", same.Status)
		}
	})
}

// TestChangeOfNothing keeps zero counts apart from missing ones.
func TestChangeOfNothing(t *testing.T) {
	t.Parallel()
	if change(0, 0) != 1 || change(0, 1).Valid() || change(2, 1) != 0.5 {
		t.Error(change(0, 0), change(0, 1), change(2, 1))
	}
}
