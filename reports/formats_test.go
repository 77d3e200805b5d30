package reports_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

// machines are the formats that other programs read.
var machines = []string{"benchfmt", "hgrm", "hlog", "github", "junit", "smaller-is-better"}

func machine(format string) bool { return slices.Contains(machines, format) }

func extension(t *testing.T, format string) string {
	t.Helper()
	for _, f := range reports.All() {
		if f.Name == format {
			return f.Extension
		}
	}
	t.Fatalf("no format %q", format)
	return ""
}

// short leaves two rounds, since a format of rounds says the same of each.
func short(f *result.File) *result.File {
	for i := range f.Cells {
		f.Cells[i].Rounds = f.Cells[i].Rounds[:2]
	}
	return f
}

func TestGoldenMachineFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		formats []string
	}{
		{"run", machines},
		{"compare", []string{"benchfmt", "github", "junit", "smaller-is-better"}},
		{"three", []string{"junit", "smaller-is-better"}}, // distances
	} {
		for _, format := range c.formats {
			t.Run(c.name+"/"+format, func(t *testing.T) {
				t.Parallel()
				f := recorded(t, c.name)
				if format == "benchfmt" || format == "hlog" {
					f = short(f)
				}
				golden(t, c.name+"."+extension(t, format), []byte(render(t, format, f, reports.Options{})))
			})
		}
	}
}

func TestGoldenMachineFormatsOfTwoFiles(t *testing.T) {
	t.Parallel()
	o := reports.Options{Compare: compare.Options{BaseSource: "before.json", HeadSource: "after.json"}}
	a, err := compare.Files(recorded(t, "before"), recorded(t, "after"), o.Compare)
	if err != nil {
		t.Fatal(err)
	}
	a.Base, a.Head = short(a.Base), short(a.Head)
	for _, format := range []string{"benchfmt", "github", "junit", "smaller-is-better"} {
		var b bytes.Buffer
		if err := reports.RenderComparison(&b, format, a, o); err != nil {
			t.Fatal(err)
		}
		golden(t, "before-after."+extension(t, format), b.Bytes())
	}
}

func verdict() *gate.Verdict {
	none := compare.None
	return &gate.Verdict{Cases: []gate.Case{
		{Name: "exact/operations/sp/ack_orchestration_item/ok/round_trips", Tier: gate.Exact, Unit: "1/call",
			Baseline: 1, Now: 2, Change: 2, Low: none, High: none, Limit: 1, Status: gate.Fail},
		{Name: "exact/operations/sp/fetch_work_item/loaded/round_trips", Tier: gate.Exact, Unit: "1/call",
			Baseline: 1, Now: 1, Change: 1, Low: none, High: none, Limit: 1, Status: gate.Pass},
		{Name: "ratio/hello-world/sp to inline/orchestration/p50_ratio", Tier: gate.Ratios, Unit: "ratio",
			Baseline: 0.5, Now: 0.62, Change: 1.24, Low: 1.15, High: 1.33, Limit: 0.55, Status: gate.Suspected, Note: "a second run must confirm it"},
		{Name: "ratio/fan-out/sp to inline/orchestration/p50_ratio", Tier: gate.Ratios, Unit: "ratio",
			Baseline: none, Now: none, Change: none, Low: none, High: none, Limit: none, Status: gate.Inconclusive, Note: "too few rounds"},
		{Name: "absolute/hello-world/sp/orchestration/p50", Tier: gate.Budgets, Unit: "ns",
			Baseline: 1e6, Now: 9e6, Change: 9, Low: none, High: none, Limit: none, Status: gate.NotGated},
		{Name: "budget/hello-world/sp/ack_orchestration_item/p99<1ms", Tier: gate.Budgets, Unit: "ns",
			Baseline: none, Now: 2e6, Change: none, Low: none, High: none, Limit: 1e6, Status: gate.NotGated, Over: true},
	}}
}

func TestGoldenChecksOfAGate(t *testing.T) {
	t.Parallel()
	checks := reports.ChecksOfVerdict(verdict())
	var b bytes.Buffer
	if err := reports.JUnit(&b, "Gate", checks); err != nil {
		t.Fatal(err)
	}
	golden(t, "gate.xml", b.Bytes())
	b.Reset()
	b.WriteString(strings.Join(reports.Annotations(checks), "\n") + "\n")
	if err := reports.StepSummary(&b, checks, []byte("## The report\n")); err != nil {
		t.Fatal(err)
	}
	golden(t, "gate.github.md", b.Bytes())
}

// Of a file that its own reader would not have let in, too.
func TestNothingIsWrittenAsNaNOrInfinity(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	none, endless := compare.None, compare.Number(inf)
	latency := result.Latency{Count: 3, Errors: 3}
	ops := []result.Operation{{Name: "zero", Outcome: result.OK, Latency: latency, RoundTripsPerOp: nan},
		{Name: "never", Outcome: result.OK}, {Name: "endless", Outcome: result.OK, Latency: result.Latency{Count: 1, P50: 1}, RoundTripsPerOp: inf}}
	o := &result.Orchestrations{PerSecond: nan}
	f := &result.File{Kind: result.KindRun, Cells: []result.Cell{{Strategy: "sp", Workload: "w", AddedRTT: time.Millisecond,
		Rounds:  []result.Round{{Operations: ops, Orchestrations: o}, {}},
		Summary: result.Summary{Operations: ops, Orchestrations: o}}, {}}}
	a := &compare.Analysis{Base: f, Head: f, Margin: 0.05, Confidence: 0.95, Comparisons: []compare.Comparison{
		{Metric: compare.P50, Verdict: compare.NotEnoughData, BaseValue: none, HeadValue: none, Ratio: none, CILow: none, CIHigh: none, NoiseFloor: none},
		{Metric: compare.P50, Verdict: compare.Inconclusive, BaseValue: endless, HeadValue: endless, Ratio: endless, CILow: none, CIHigh: endless, NoiseFloor: endless},
		{Metric: compare.P50, Verdict: compare.Faster, Ratio: 0.5, CILow: none, CIHigh: endless, NoiseFloor: none},
		{Metric: compare.RoundTrips, Verdict: compare.Same, HeadValue: none, Ratio: endless},
	}}
	v := &gate.Verdict{Cases: []gate.Case{{Name: "x", Unit: "ns", Status: gate.Fail, Baseline: none, Now: endless, Change: endless, Low: endless, High: none, Limit: none}}}
	for _, format := range append([]string{"table", "markdown", "csv"}, machines...) {
		var b bytes.Buffer
		if err := reports.RenderComparison(&b, format, a, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{b.String(), render(t, format, f, reports.Options{})} {
			if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
				t.Errorf("%s:\n%s", format, s)
			}
		}
	}
	for _, c := range reports.ChecksOfVerdict(v) {
		if strings.Contains(c.Detail, "NaN") || strings.Contains(c.Detail, "Inf") {
			t.Error(c.Detail)
		}
	}
}

func TestRoundsNeedTheirFiles(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"benchfmt", "hgrm", "hlog"} {
		if err := reports.RenderComparison(&bytes.Buffer{}, format, &compare.Analysis{}, reports.Options{}); err == nil {
			t.Errorf("%s of an analysis without files", format)
		}
	}
}
