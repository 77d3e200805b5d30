package distance_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

func TestBreakEvenIsSymmetricAndWhereTheLinesCross(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := anyLine(t, "a"), anyLine(t, "b")
		ab := analyze(t, exact(6, x, y), distance.Options{}).Pair("w", op, result.OK, "a", "b")
		ba := analyze(t, exact(6, y, x), distance.Options{}).Pair("w", op, result.OK, "a", "b")
		turned := ab.Turn()
		if turned.Verdict != ba.Verdict || strings.NewReplacer("a is", "b is").Replace(turned.Text) != ba.Text {
			t.Fatalf("%s %q, and with the sides exchanged %s %q", turned.Verdict, turned.Text, ba.Verdict, ba.Text)
		}
		if ab.At.Valid() != ba.At.Valid() || ab.At.Valid() && (ab.At != ba.At || ab.Low != ba.Low || ab.High != ba.High) {
			t.Fatalf("%v [%v, %v] and %v [%v, %v]", ab.At, ab.Low, ab.High, ba.At, ba.Low, ba.High)
		}
		if again := turned.Turn(); again.Verdict != ab.Verdict || again.Text != ab.Text || again.Gain != ab.Gain {
			t.Fatalf("turned twice it is %+v, not %+v", again, ab)
		}
		if x.trips == y.trips {
			if ab.Verdict != distance.Same {
				t.Fatalf("verdict %s for the same round trips", ab.Verdict)
			}
		} else if want := (y.work - x.work) / (x.trips - y.trips); off(ab.At, want) > 5 {
			t.Fatalf("the lines cross at %v, want %v", ab.At, want)
		}
	})
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base, head truth
		verdict    distance.Verdict
		text       string
	}{
		"fewer trips, less work":     {truth{300 * us, 6}, truth{200 * us, 1}, distance.Always, "at every distance measured"},
		"more of both":               {truth{200 * us, 1}, truth{300 * us, 6}, distance.Never, "at no distance measured"},
		"fewer trips, more work":     {truth{300 * us, 6}, truth{1300 * us, 1}, distance.Above, "above 0.20 ms [0.20, 0.20]"},
		"crossing below all":         {truth{300 * us, 6}, truth{700 * us, 1}, distance.Always, "at every distance measured"},
		"crossing nearer than local": {truth{300 * us, 6}, truth{400 * us, 1}, distance.Always, "at every distance measured"},
		"more trips, less work":      {truth{1300 * us, 1}, truth{300 * us, 6}, distance.Below, "below 0.20 ms [0.20, 0.20]"},
		"far away":                   {truth{300 * us, 2}, truth{300_300 * us, 1}, distance.Above, "above 300 ms [300, 300], farther than was measured"},
		"same trips, slower":         {truth{300 * us, 2}, truth{400 * us, 2}, distance.Same, "the same round trips (2 counted), so distance does not matter, by the lines b is slower by 0.10 ms [0.10, 0.10]"},
		"same trips, faster":         {truth{400 * us, 2}, truth{300 * us, 2}, distance.Same, "the same round trips (2 counted), so distance does not matter, by the lines b is faster by 0.10 ms [0.10, 0.10]"},
		"the same":                   {truth{400 * us, 2}, truth{400 * us, 2}, distance.Same, "the same round trips (2 counted), so distance does not matter and no other difference was seen"},
	} {
		b := analyze(t, exact(6, c.base, c.head), distance.Options{}).Pair("w", op, result.OK, "a", "b")
		if b.Verdict != c.verdict || b.Text != c.text {
			t.Errorf("%s: %s %q, want %s %q", name, b.Verdict, b.Text, c.verdict, c.text)
		}
	}
}

// The count on the connection is exact; what R differs by is noise then.
func TestCountsThatAgreeAreBelieved(t *testing.T) {
	t.Parallel()
	f := exact(6, truth{300 * us, 2}, truth{300 * us, 2.1})
	b := analyze(t, f, distance.Options{}).Pair("w", op, result.OK, "a", "b")
	if b.Verdict == distance.Same {
		t.Errorf("R and counts differ: %+v", b)
	}
	for i := range f.Cells {
		f.Cells[i].Summary.Operations[0].RoundTripsPerOp = 2
	}
	b = analyze(t, f, distance.Options{}).Pair("w", op, result.OK, "a", "b")
	if b.Verdict != distance.Same || !strings.HasPrefix(b.Text, "the same round trips (2 counted)") || b.Turn().Text != b.Text {
		t.Errorf("%+v", b)
	}
}

func TestNoBreakEvenIsClaimedBelowTheNearestDistance(t *testing.T) {
	t.Parallel()
	spec := noisy(1)
	spec.Rounds, spec.Shared, spec.Own = 6, 0.3, 0.3
	for _, b := range analyze(t, resulttest.MakeSweep(spec), distance.Options{Resamples: 500}).BreakEven {
		near := compare.Number(100_000)
		if b.At.Valid() && b.High < near && !strings.Contains(b.Text, "distance measured") {
			t.Errorf("[%v, %v]: %q", b.Low, b.High, b.Text)
		}
		if strings.Contains(b.Text, "at the latest") && b.High < near {
			t.Errorf("%q is nearer than was measured", b.Text)
		}
	}
}

func TestTooMuchNoiseIsUnclear(t *testing.T) {
	t.Parallel()
	spec := noisy(3)
	spec.Distance, spec.Rounds = 0.4, 6
	spec.Arms = []resulttest.Arm{resulttest.HelloWorld("inline"), resulttest.HelloWorld("inline")}
	spec.Arms[1].Strategy = "other"
	spec.Arms[1].Ops = slices.Clone(spec.Arms[1].Ops)
	for i := range spec.Arms[1].Ops {
		spec.Arms[1].Ops[i].Trips++
	}
	a := analyze(t, resulttest.MakeSweep(spec), distance.Options{Resamples: 500})
	b := a.Pair("hello-world", "fetch_orchestration_item", result.Loaded, "inline", "other")
	if b.Verdict != distance.Unclear || !strings.HasPrefix(b.Text, "unclear") {
		t.Errorf("%+v", b)
	}
}
