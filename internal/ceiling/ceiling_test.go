package ceiling_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pgbench-provider/internal/ceiling"
	"pgbench-provider/internal/result"
)

// points lie on a line at some distances, far enough apart.
func points(t *rapid.T) (points []ceiling.Point, s time.Duration, r float64) {
	s = time.Duration(rapid.Int64Range(0, int64(20*time.Millisecond)).Draw(t, "s"))
	r = rapid.Float64Range(0.5, 20).Draw(t, "r")
	near := time.Duration(rapid.Int64Range(int64(50*time.Microsecond), int64(10*time.Millisecond)).Draw(t, "near"))
	for i := range rapid.IntRange(2, 6).Draw(t, "n") {
		rtt := near << i
		points = append(points, ceiling.Point{RTT: rtt, Held: s + time.Duration(math.Round(r*float64(rtt)))})
	}
	return points, s, r
}

func near(a, b, share float64) bool { return math.Abs(a-b) <= share*math.Max(math.Abs(a), math.Abs(b)) }

func fit(t rapid.TB, points []ceiling.Point) ceiling.Line {
	t.Helper()
	l, err := ceiling.Fit(points)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFitFindsTheLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, s, r := points(t)
		l := fit(t, p)
		if d := (l.S - s).Abs(); d > time.Microsecond || !near(l.R, r, 1e-3) || l.Points != len(p) {
			t.Fatalf("%+v, want %v + %v x RTT", l, s, r)
		}
		at := 3 * p[0].RTT
		got, err := l.At(at)
		if err != nil {
			t.Fatal(err)
		}
		if want := 1 / (s.Seconds() + r*at.Seconds()); !near(got.Turns, want, 1e-3) || !near(got.Turns*got.Held.Seconds(), 1, 1e-3) {
			t.Fatalf("%+v, want %v turns a second", got, want)
		}
	})
}

// Times in another unit give a line in that unit, and turns per another second.
func TestFitScales(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _, _ := points(t)
		for i := range p {
			p[i].Held += time.Duration(rapid.Int64Range(0, int64(p[i].Held)/10).Draw(t, "noise"))
		}
		k := time.Duration(rapid.IntRange(2, 1000).Draw(t, "k"))
		var scaled []ceiling.Point
		for _, q := range p {
			scaled = append(scaled, ceiling.Point{RTT: k * q.RTT, Held: k * q.Held})
		}
		a, b := fit(t, p), fit(t, scaled)
		if !near(a.R, b.R, 1e-6) || (b.S-k*a.S).Abs() > k {
			t.Fatalf("%+v, %d times as long %+v", a, k, b)
		}
		x, errX := a.At(p[0].RTT)
		y, errY := b.At(scaled[0].RTT)
		if errX != nil || errY != nil {
			t.Fatal(errX, errY)
		}
		if !near(x.Turns, float64(k)*y.Turns, 1e-3) || !near(x.Low, float64(k)*y.Low, 1e-3) {
			t.Fatalf("%+v, %d times as long %+v", x, k, y)
		}
	})
}

func TestIntervalHoldsThePrediction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _, _ := points(t)
		for i := range p {
			p[i].Held += time.Duration(rapid.Int64Range(0, int64(p[i].Held)/20).Draw(t, "noise"))
		}
		got, err := fit(t, p).At(p[1].RTT)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) == 2 {
			if got.Low != 0 || got.High != 0 {
				t.Fatalf("two points gave the interval %v to %v", got.Low, got.High)
			}
			return
		}
		if !(got.Low > 0) || got.Low > got.Turns || got.High != 0 && got.High < got.Turns {
			t.Fatalf("%+v", got)
		}
	})
}

func TestFitRefuses(t *testing.T) {
	ms := time.Millisecond
	for name, p := range map[string][]ceiling.Point{
		"nothing":        nil,
		"one point":      {{RTT: ms, Held: ms}},
		"one distance":   {{RTT: ms, Held: ms}, {RTT: ms, Held: 2 * ms}},
		"too close":      {{RTT: 10 * ms, Held: ms}, {RTT: 19 * ms, Held: 2 * ms}},
		"no RTT":         {{RTT: 0, Held: ms}, {RTT: ms, Held: ms}},
		"no held time":   {{RTT: ms, Held: 0}, {RTT: 2 * ms, Held: ms}},
		"a negative one": {{RTT: ms, Held: -ms}, {RTT: 2 * ms, Held: ms}},
	} {
		_, err := ceiling.Fit(p)
		if short := len(p) < 2 || p[0].RTT > 0 && p[0].Held > 0; err == nil || short != errors.Is(err, ceiling.ErrSpan) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAtAndCompareRefuse(t *testing.T) {
	ms := time.Millisecond
	l := fit(t, []ceiling.Point{{RTT: 10 * ms, Held: 10 * ms}, {RTT: 20 * ms, Held: 30 * ms}})
	if _, err := l.At(ms); err == nil { // -10 ms + 2 x 1 ms
		t.Error("a line below 0 gave a ceiling")
	}
	if _, err := l.At(-ms); err == nil {
		t.Error("a negative RTT gave a ceiling")
	}
	for _, measured := range []float64{-1, math.NaN(), math.Inf(1)} {
		if _, err := l.Compare(20*ms, measured, 0); err == nil {
			t.Errorf("measured %v was taken", measured)
		}
	}
	if _, err := l.Compare(20*ms, 1, -ms); err == nil {
		t.Error("a negative notice was taken")
	}
	if _, err := (ceiling.Line{}).At(ms); err == nil {
		t.Error("the zero line gave a ceiling")
	}
}

func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _, _ := points(t)
		l, at := fit(t, p), p[len(p)-1].RTT
		measured := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e-3, 1e4)).Draw(t, "measured")
		c, err := l.Compare(at, measured, 5)
		if err != nil {
			t.Fatal(err)
		}
		if !near(c.Share*c.Turns, measured, 1e-9) || c.Free < 0 != (c.Share > 1) && c.Free.Abs() > 1 || c.Notice != 5 {
			t.Fatalf("%+v", c)
		}
		if got := 1 / (c.Held + c.Free).Seconds(); measured > 1e-3 && !near(got, measured, 1e-3) {
			t.Fatalf("held and free make %v turns a second: %+v", got, c)
		}
		if whole, err := l.Compare(at, c.Turns, 0); err != nil || !near(whole.Share, 1, 1e-9) || whole.Free.Abs() > 1 {
			t.Fatalf("at the ceiling: %+v, %v", whole, err)
		}
	})
}

func TestNotice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		empty := time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "empty"))
		n := rapid.IntRange(0, 100).Draw(t, "pollers")
		a, errA := ceiling.Notice(empty, n)
		b, errB := ceiling.Notice(empty, n+1)
		if errA != nil || errB != nil || b > a || a > empty || n == 0 && a != empty {
			t.Fatalf("%d pollers: %v, one more: %v (%v, %v)", n, a, b, errA, errB)
		}
	})
	if _, err := ceiling.Notice(-1, 3); err == nil {
		t.Error("a negative fetch was taken")
	}
	if _, err := ceiling.Notice(1, -1); err == nil {
		t.Error("negative pollers were taken")
	}
}

func TestJSON(t *testing.T) {
	ms := time.Millisecond
	l := fit(t, []ceiling.Point{{RTT: ms, Held: 3 * ms}, {RTT: 2 * ms, Held: 5 * ms}, {RTT: 4 * ms, Held: 10 * ms}})
	data, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back ceiling.Line
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	a, errA := l.At(ms)
	b, errB := back.At(ms)
	if errA != nil || errB != nil || a.Turns != b.Turns || b.Low != 0 || a.Low == 0 {
		t.Errorf("%+v before, %+v after (%v, %v)", a, b, errA, errB)
	}
	c, err := l.Compare(ms, 100, ms/10)
	if err != nil {
		t.Fatal(err)
	}
	if data, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"rtt_ns", "held_ns", "turns_per_second", "ci_low", "ci_high", "measured_turns_per_second", "share", "free_ns", "notice_ns"} {
		var m map[string]float64
		if err := json.Unmarshal(data, &m); err != nil || m[key] == 0 {
			t.Errorf("%s in %s: %v", key, data, err)
		}
	}
}

func TestHeldRefuses(t *testing.T) {
	fetched, acked := turn{strategy: "sp", rtt: time.Millisecond}.traces()
	if _, err := ceiling.Held(fetched, acked, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]func(f, a *result.Trace){
		"exchanged":       func(f, a *result.Trace) { *f, *a = *a, *f },
		"an empty fetch":  func(f, _ *result.Trace) { f.Outcome = "empty" },
		"a cold fetch":    func(f, _ *result.Trace) { f.Cold = true },
		"a cold ack":      func(_, a *result.Trace) { a.Cold = true },
		"no steps":        func(f, _ *result.Trace) { f.Steps = nil },
		"only a begin":    func(f, _ *result.Trace) { f.Steps = []result.Step{{Name: "begin"}} },
		"an ack of none":  func(_, a *result.Trace) { *a = result.Trace{} },
		"a step too long": func(f, _ *result.Trace) { f.Steps = []result.Step{{Name: f.Steps[0].Name, End: time.Hour}} },
	} {
		f, a := fetched, acked
		broken(&f, &a)
		if held, err := ceiling.Held(f, a, time.Millisecond); err == nil {
			t.Errorf("%s: held %v", name, held)
		}
	}
}
