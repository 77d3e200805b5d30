package compare_test

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

var few = compare.Options{Resamples: 200, Flips: 499}

// aa is a long run of one strategy and its control on a machine where they differ by the share bias.
func aa(rounds int, bias float64) *result.File {
	twin := control("inline")
	for i := range twin.Ops {
		twin.Ops[i].Server = time.Duration(float64(twin.Ops[i].Server) * (1 + bias))
	}
	s := spec(rounds, resulttest.HelloWorld("inline"), twin)
	s.PerRound, s.ArmNoise, s.RTT = 20, 0.03, 1
	return resulttest.Make(s)
}

func TestWindowsOfEqualArms(t *testing.T) {
	t.Parallel()
	f := aa(65, 0)
	windows, err := compare.Windows(f, 12, few)
	if err != nil {
		t.Fatal(err)
	}
	if len(windows) != 5 {
		t.Fatalf("65 rounds give %d windows of 12, want 5", len(windows))
	}
	for i, a := range windows {
		c := find(t, a, "inline (control)", compare.Orchestration, "", compare.P50)
		if c.Rounds != 12 || a.Base.Cells[0].Rounds[0].Round != 1+12*i {
			t.Errorf("window %d: %d rounds from %d", i, c.Rounds, a.Base.Cells[0].Rounds[0].Round)
		}
	}
	if len(f.Cells[0].Rounds) != 65 || f.Cells[1].Strategy != "inline" || !f.Cells[1].Control {
		t.Error("the file was changed")
	}
	c := compare.Calibrate(windows)
	if c.Windows != 5 || c.Rounds != 12 || c.Claimed != 0 || c.Detected > 0.2 || len(c.Operations) != 7 {
		t.Errorf("%+v", c)
	}
	for _, o := range c.Operations {
		if o.Windows != 5 || o.Excluded > 0.4 || !(o.Floor > 0 && o.Floor < 0.06) || math.Abs(float64((1+o.Floor)*(1+o.FloorDown))-1) > 1e-9 {
			t.Errorf("%+v", o)
		}
	}
	var back compare.Calibration
	b, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(b, &back)
	}
	if err != nil || len(back.Operations) != len(c.Operations) || !strings.Contains(string(b), `"floor_down":-`) {
		t.Errorf("%s: %v", b, err)
	}
}

func TestWindowsCountWhatIsThere(t *testing.T) {
	t.Parallel()
	windows, err := compare.Windows(aa(36, 0.3), 12, few)
	if err != nil {
		t.Fatal(err)
	}
	c := compare.Calibrate(windows)
	if c.Detected != 1 || c.Claimed != 1 {
		t.Errorf("%+v", c)
	}
	for _, o := range c.Operations {
		if o.Excluded != 1 || o.Detected != 1 || o.Claimed != 1 || math.Abs(float64(o.Floor)-0.3) > 0.06 {
			t.Errorf("%+v", o)
		}
	}
}

// With two strategies it is they that are compared, each window with a noise floor of its own.
func TestWindowsOfTwoStrategies(t *testing.T) {
	t.Parallel()
	s := spec(24, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), control("inline"))
	s.PerRound = 30
	f := resulttest.Make(s)
	windows, err := compare.Windows(f, 12, few)
	if err != nil {
		t.Fatal(err)
	}
	c := find(t, windows[1], "sp", compare.Orchestration, "", compare.P50)
	if !c.NoiseFloor.Valid() || c.Verdict != compare.Faster || compare.Calibrate(windows).Claimed != 1 {
		t.Errorf("%+v", c)
	}
	own, err := compare.ControlAsHead(f)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range own.Cells {
		names = append(names, c.Strategy)
	}
	if !slices.Equal(names, []string{"inline", "inline (control)"}) {
		t.Errorf("arms %q", names)
	}
}

func TestWindowsThatCannotBe(t *testing.T) {
	t.Parallel()
	if _, err := compare.Windows(aa(8, 0), 4, few); err == nil || !strings.Contains(err.Error(), "at least 5") {
		t.Errorf("windows of four rounds: %v", err)
	}
	if _, err := compare.Windows(aa(8, 0), 12, few); err == nil || !strings.Contains(err.Error(), "8 rounds do not fill a window of 12") {
		t.Errorf("too few rounds: %v", err)
	}
	alone := resulttest.Make(spec(6, resulttest.HelloWorld("sp")))
	if _, err := compare.Windows(alone, 5, few); !errors.Is(err, compare.ErrNothingToCompare) {
		t.Errorf("one arm: %v", err)
	}
	if c := compare.Calibrate(nil); c.Windows != 0 || c.Operations == nil {
		t.Errorf("%+v", c)
	}
}

func TestPrecision(t *testing.T) {
	t.Parallel()
	s := spec(20, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), resulttest.Operations("inline"), resulttest.Operations("sp"))
	s.PerRound, s.ArmNoise = 40, 0.05
	a := analyze(t, resulttest.Make(s), compare.Options{})
	tight, loose := a.Precision(0.001), a.Precision(0.2)
	if len(loose) != 2 || loose[0].Operation != compare.Orchestration || loose[1].Operation != operation || loose[1].Outcome != result.OK {
		t.Fatalf("%+v", loose)
	}
	for i, p := range loose {
		c := a.Find(p.Workload, 0, p.Head, p.Operation, p.Outcome, compare.P50)
		want := math.Sqrt(float64(c.CIHigh / c.CILow))
		if !p.Reached || p.MoreRounds != 0 || p.Rounds != 20 || math.Abs(float64(p.HalfWidth)+1-want) > 1e-9 {
			t.Errorf("%+v, half-width %v", p, want-1)
		}
		if q := tight[i]; q.Reached || q.MoreRounds < 20 {
			t.Errorf("%+v", q)
		}
	}
	for _, p := range analyze(t, resulttest.Make(spec(4, s.Arms...)), compare.Options{}).Precision(0.2) {
		if p.Reached || p.MoreRounds != 8 || p.HalfWidth.Valid() {
			t.Errorf("four rounds: %+v", p)
		}
	}
}

func TestCalibrationFloorIsThe95thPercentile(t *testing.T) {
	t.Parallel()
	var windows []*compare.Analysis
	for i := range 21 { // |ln ratio| of 0 to 0.2, to either side
		x := float64(i) / 100
		if i%2 == 1 {
			x = -x
		}
		ratio := compare.Number(math.Exp(x))
		windows = append(windows, &compare.Analysis{Comparisons: []compare.Comparison{
			{Metric: compare.P50, Operation: operation, Ratio: ratio, CILow: ratio * 0.9, CIHigh: ratio * 1.1, Rounds: 12},
			{Metric: compare.P90, Operation: operation, Ratio: 9, CILow: 8, CIHigh: 10, Detected: true, Verdict: compare.Slower},
			{Metric: compare.P50, Operation: "few calls", Ratio: compare.None},
		}})
	}
	c := compare.Calibrate(windows)
	if len(c.Operations) != 1 || c.Detected != 0 || c.Claimed != 0 {
		t.Fatalf("%+v", c)
	}
	o := c.Operations[0]
	// Beyond 1.1 or 1/0.9 lies |ln| above 0.0953 downwards, five of them, and above 0.1054 upwards, five of them.
	if math.Abs(float64(o.Floor)-math.Expm1(0.19)) > 1e-9 || o.Windows != 21 || math.Abs(o.Excluded-10./21) > 1e-9 {
		t.Errorf("%+v", o)
	}
}
