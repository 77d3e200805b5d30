package compare_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

const us = time.Microsecond

func spec(rounds int, arms ...resulttest.Arm) resulttest.Spec {
	return resulttest.Spec{
		Kind: result.KindCompare, Seed: 3, Rounds: rounds, PerRound: 60, RTT: 100 * us,
		RoundNoise: 0.2, ArmNoise: 0.01, Arms: arms,
	}
}

func control(strategy string) resulttest.Arm {
	a := resulttest.HelloWorld(strategy)
	a.Control = true
	return a
}

// analyze draws fewer resamples than the tool does, which the race detector makes dear.
func analyze(t *testing.T, f *result.File, o compare.Options) *compare.Analysis {
	t.Helper()
	o.Resamples, o.Flips = 400, 999
	a, err := compare.Strategies(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func find(t *testing.T, a *compare.Analysis, head, op string, o result.Outcome, m compare.Metric) *compare.Comparison {
	t.Helper()
	c := a.Find("hello-world", 0, head, op, o, m)
	if c == nil {
		t.Fatalf("no comparison of %s %s", op, m)
	}
	return c
}

func TestProcedureAgainstInline(t *testing.T) {
	t.Parallel()
	f := resulttest.Make(spec(20, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), control("inline")))
	a := analyze(t, f, compare.Options{})
	fetch := find(t, a, "sp", "fetch_orchestration_item", result.Loaded, compare.P50)
	// The model: 212 + 7 x 100 us against 218 + 100 us.
	if want := 318. / 912; math.Abs(float64(fetch.Ratio)-want) > 0.01 || fetch.Verdict != compare.Faster {
		t.Errorf("fetch: ratio %v %s, want about %.3f and faster", fetch.Ratio, fetch.Verdict, want)
	}
	if fetch.CILow > fetch.Ratio || fetch.CIHigh < fetch.Ratio || fetch.Rounds != 20 || !fetch.NoiseFloor.Valid() {
		t.Errorf("fetch: %+v", fetch)
	}
	if c := find(t, a, "sp", "ack_orchestration_item", result.OK, compare.RoundTrips); c.Verdict != compare.Fewer || c.HeadValue != 1 {
		t.Errorf("round trips: %+v", c)
	}
	if c := find(t, a, "sp", "enqueue_orchestrator_item", result.OK, compare.RoundTrips); c.Verdict != compare.Same || c.Ratio != 1 {
		t.Errorf("round trips of what is the same: %+v", c)
	}
	if c := find(t, a, "sp", compare.Orchestration, "", compare.Throughput); c.Ratio < 2 || c.Verdict != compare.Faster {
		t.Errorf("throughput: more is better, and the ratio is that of the rates: %+v", c)
	}
	if c := find(t, a, "sp", "fetch_orchestration_item", result.Loaded, compare.P99); c.Verdict != compare.NotEnoughData || c.Ratio.Valid() {
		t.Errorf("p99 of a few thousand calls: %+v", c)
	}
}

func TestP99WithEnoughData(t *testing.T) {
	t.Parallel()
	s := spec(20, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"))
	s.PerRound = 1200
	f := resulttest.Make(s)
	c := find(t, analyze(t, f, compare.Options{}), "sp", "fetch_orchestration_item", result.Loaded, compare.P99)
	if c.Verdict != compare.Faster || math.Abs(float64(c.Ratio)-318./912) > 0.05 || c.PValue.Valid() {
		t.Errorf("%+v", c)
	}
	if got := float64(c.HeadValue / c.BaseValue); math.Abs(got-float64(c.Ratio)) > 0.02 {
		t.Errorf("the ratio of merged p99 is %v, the estimate %v", got, c.Ratio)
	}
	for i := range f.Cells[0].Rounds[3].Operations {
		f.Cells[0].Rounds[3].Operations[i].Histogram = ""
	}
	c = find(t, analyze(t, f, compare.Options{}), "sp", "fetch_orchestration_item", result.Loaded, compare.P99)
	if c.Verdict != compare.NotEnoughData || !strings.Contains(c.Note, "histograms") {
		t.Errorf("without a histogram: %+v", c)
	}
}

func TestSwappingTheStrategiesInvertsTheRatios(t *testing.T) {
	t.Parallel()
	s := spec(20, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"))
	s.PerRound = 1200
	f := resulttest.Make(s)
	there, back := analyze(t, f, compare.Options{}), analyze(t, f, compare.Options{Base: "sp"})
	opposite := map[compare.Verdict]compare.Verdict{
		compare.Faster: compare.Slower, compare.Slower: compare.Faster, compare.Fewer: compare.More, compare.More: compare.Fewer,
	}
	for _, x := range there.Comparisons {
		y := find(t, back, "inline", x.Operation, x.Outcome, x.Metric)
		if want, ok := opposite[x.Verdict]; ok && y.Verdict != want || !ok && y.Verdict != x.Verdict {
			t.Errorf("%s %s: %s, and %s when swapped", x.Operation, x.Metric, x.Verdict, y.Verdict)
		}
		if x.Ratio.Valid() && (!inverse(x.Ratio, y.Ratio) || !inverse(x.CILow, y.CIHigh) || !inverse(x.CIHigh, y.CILow)) {
			t.Errorf("%s %s: %v [%v, %v], and %v [%v, %v] when swapped",
				x.Operation, x.Metric, x.Ratio, x.CILow, x.CIHigh, y.Ratio, y.CILow, y.CIHigh)
		}
	}
}

func inverse(a, b compare.Number) bool { return math.Abs(float64(a*b)-1) < 1e-9 }

// The unit of time must not matter: a machine ten times as slow gives the same ratios.
func TestScaleDoesNotMatter(t *testing.T) {
	t.Parallel()
	f := resulttest.Make(spec(12, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp")))
	before := analyze(t, f, compare.Options{})
	for i := range f.Cells {
		for _, r := range f.Cells[i].Rounds {
			for j := range r.Operations {
				r.Operations[j].P50 *= 10
			}
		}
	}
	after := analyze(t, f, compare.Options{})
	for i, x := range before.Comparisons {
		if y := after.Comparisons[i]; x.Metric == compare.P50 && (math.Abs(float64(x.Ratio-y.Ratio)) > 1e-9 || x.Verdict != y.Verdict) {
			t.Errorf("%s: %v %s became %v %s", x.Operation, x.Ratio, x.Verdict, y.Ratio, y.Verdict)
		}
	}
}

// The same strategy under two names: nothing may be claimed, however many operations are looked at.
func TestNothingIsClaimedOfTwoEqualArms(t *testing.T) {
	t.Parallel()
	claims, total := 0, 0
	for seed := range uint64(6) {
		twin := resulttest.HelloWorld("inline")
		twin.Strategy = "twin"
		s := spec(12, resulttest.HelloWorld("inline"), twin)
		s.Seed, s.PerRound, s.ArmNoise = seed, 25, 0.05
		for _, c := range analyze(t, resulttest.Make(s), compare.Options{}).Comparisons {
			if c.Metric == compare.P50 {
				total++
				if c.Verdict == compare.Faster || c.Verdict == compare.Slower {
					claims++
				}
			}
		}
	}
	if total < 40 || claims > 0 {
		t.Errorf("%d of %d comparisons of equal arms claim a difference", claims, total)
	}
}

func TestNoClaimBelowTheNoiseFloor(t *testing.T) {
	t.Parallel()
	head := resulttest.HelloWorld("inline")
	head.Strategy = "head"
	for i := range head.Ops {
		head.Ops[i].Server = head.Ops[i].Server * 3 / 2
	}
	noisy := control("inline")
	for i := range noisy.Ops {
		noisy.Ops[i].Server *= 2 // stands for a machine on which equal arms differ
	}
	s := spec(20, resulttest.HelloWorld("inline"), head)
	s.PerRound = 30
	quiet := find(t, analyze(t, resulttest.Make(s), compare.Options{}), "head", "ack_orchestration_item", result.OK, compare.P50)
	if quiet.Verdict != compare.Slower || quiet.NoiseFloor.Valid() {
		t.Errorf("without a control: %+v", quiet)
	}
	s.Arms = append(s.Arms, noisy)
	a := analyze(t, resulttest.Make(s), compare.Options{})
	c := find(t, a, "head", "ack_orchestration_item", result.OK, compare.P50)
	if c.Verdict != compare.Inconclusive || !strings.Contains(c.Note, "noise floor") || c.NoiseFloor < 0.2 {
		t.Errorf("below the floor: %+v", c)
	}
	same := find(t, a, "head", "enqueue_orchestrator_item", result.OK, compare.P50)
	if same.Verdict == compare.Equivalent {
		t.Errorf("equivalence within 5 %% claimed on a machine whose floor is wider: %+v", same)
	}
}

func TestTooFewRounds(t *testing.T) {
	t.Parallel()
	arms := []resulttest.Arm{resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp")}
	four := analyze(t, resulttest.Make(spec(4, arms...)), compare.Options{})
	for _, c := range four.Comparisons {
		if c.Metric != compare.RoundTrips && (c.Verdict != compare.NotEnoughData || c.Ratio.Valid()) {
			t.Errorf("four rounds: %s %s is %s", c.Operation, c.Metric, c.Verdict)
		}
	}
	if !warned(four, "run more rounds") {
		t.Errorf("warnings %q", four.Warnings)
	}
	six := analyze(t, resulttest.Make(spec(6, arms...)), compare.Options{})
	if c := find(t, six, "sp", "fetch_orchestration_item", result.Loaded, compare.P50); c.Verdict != compare.Faster {
		t.Errorf("six rounds that all agree: %+v", c)
	}
	if !warned(six, "Only 6 rounds") || !warned(six, "verdicts rest on rounds that all agree") {
		t.Errorf("warnings %q", six.Warnings)
	}
}

func warned(a *compare.Analysis, part string) bool {
	return strings.Contains(strings.Join(a.Warnings, "\n"), part)
}

func TestInconclusiveSaysHowManyRounds(t *testing.T) {
	t.Parallel()
	twin := resulttest.HelloWorld("inline")
	twin.Strategy = "twin"
	s := spec(8, resulttest.HelloWorld("inline"), twin)
	s.ArmNoise = 0.2
	c := find(t, analyze(t, resulttest.Make(s), compare.Options{}), "twin", "ack_orchestration_item", result.OK, compare.P50)
	if c.Verdict != compare.Inconclusive || c.Note == "" || c.RoundsNeeded != 0 && c.RoundsNeeded <= 8 {
		t.Errorf("%+v", c)
	}
}

func TestRoundTripsThatVaryByRound(t *testing.T) {
	t.Parallel()
	f := resulttest.Make(spec(6, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp")))
	set := func(cell int, trips ...float64) *compare.Comparison {
		for i := range f.Cells[cell].Rounds {
			f.Cells[cell].Rounds[i].Operations[3].RoundTripsPerOp = trips[i%len(trips)]
		}
		if err := f.Cells[cell].Summarize(); err != nil {
			t.Fatal(err)
		}
		return find(t, analyze(t, f, compare.Options{}), "sp", "ack_orchestration_item", result.OK, compare.RoundTrips)
	}
	set(0, 8.6, 8.7)
	if c := set(1, 8.61, 8.65); c.Verdict != compare.Same || c.Note == "" {
		t.Errorf("a mix that overlaps: %+v", c)
	}
	if c := set(1, 8.71, 8.9); c.Verdict != compare.More {
		t.Errorf("rounds that do not overlap: %+v", c)
	}
	set(0, 8)
	if c := set(1, 8.001); c.Verdict != compare.More {
		t.Errorf("exact counts: any change is a verdict: %+v", c)
	}
	if c := set(1, 0); c.Verdict != compare.NotEnoughData {
		t.Errorf("not counted: %+v", c)
	}
}

func TestWarningsOfTheRun(t *testing.T) {
	t.Parallel()
	f := resulttest.Make(spec(12, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp")))
	f.Checks[0] = result.Check{Name: "answers", OK: false, Detail: "3 lost"}
	f.Warnings = []string{"The clock is coarse."}
	f.Cells[1].Summary.Operations[3].Errors = 2
	f.Cells[0].Rounds[4].Checkpoints, f.Cells[1].Rounds[4].Checkpoints = 1, 1
	for i := range f.Cells[0].Rounds {
		for j := range f.Cells[0].Rounds[i].Operations {
			f.Cells[0].Rounds[i].Operations[j].P50 *= time.Duration(10 + 2*i)
		}
	}
	a := analyze(t, f, compare.Options{})
	for _, want := range []string{
		`Check "answers" failed (3 lost)`, "The clock is coarse.", "2 calls of ack_orchestration_item failed",
		"Checkpoints fell into 1 round;", "inline hello-world drifted", "alike",
	} {
		if !warned(a, want) {
			t.Errorf("no warning %q among %q", want, a.Warnings)
		}
	}
}
