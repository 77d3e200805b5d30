package reports_test

import (
	"fmt"
	"os"
	"path/filepath"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

// Two result files are compared and the comparison shown for a spreadsheet.
func ExampleRenderComparison() {
	read := func(name string) *result.File {
		f, err := result.ReadFile(filepath.Join("..", "testdata", "results", name))
		if err != nil {
			panic(err)
		}
		return f
	}
	a, err := compare.Files(read("before.json"), read("after.json"), compare.Options{BaseSource: "before.json", HeadSource: "after.json"})
	if err != nil {
		panic(err)
	}
	ack := a.Find("hello-world", 0, "sp", "ack_orchestration_item", result.OK, compare.RoundTrips)
	a.Comparisons = []compare.Comparison{*ack}
	if err := reports.RenderComparison(os.Stdout, "csv", a, reports.Options{}); err != nil {
		panic(err)
	}
	// Output:
	// workload,added_rtt_ns,operation,outcome,metric,unit,base,head,base_value,head_value,ratio,ci_low,ci_high,verdict,p_value,p_adjusted,detected,rounds,noise_floor_down,noise_floor,lag1_correlation,note
	// hello-world,0,ack_orchestration_item,ok,round_trips,round_trips,sp,sp,1,2,2,2,2,more,,,true,12,,,,
}

// Every format can be asked for by name.
func ExampleAll() {
	for _, f := range reports.All() {
		fmt.Printf("%s (.%s): %s\n", f.Name, f.Extension, f.About)
	}
	// Output:
	// table (.txt): for the terminal
	// markdown (.md): for pull requests and step summaries
	// html (.html): one page with charts, for people without this tool
	// json (.json): the summary or the comparison, for other programs
	// csv (.csv): a row for each round and metric, for spreadsheets and statistics
	// benchfmt (.bench): Go benchmark text for benchstat, a line for each round and operation
	// hgrm (.hgrm): percentiles of each operation in ms, for HdrHistogram's plotter
	// hlog (.hlog): HdrHistogram log in ns, an interval for each round and operation
	// github (.github.md): annotations and a step summary, for GitHub Actions
	// junit (.xml): JUnit XML, a test case for each check or compared p50
	// smaller-is-better (.smaller.json): customSmallerIsBetter for github-action-benchmark
}
