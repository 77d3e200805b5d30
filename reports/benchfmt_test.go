package reports_test

import (
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
	"pgregory.net/rapid"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

// benchmarks reads text as benchstat does.
func benchmarks(t rapid.TB, text string) (all []*benchfmt.Result, units benchfmt.UnitMetadataMap) {
	t.Helper()
	r := benchfmt.NewReader(strings.NewReader(text), "text")
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.Result:
			all = append(all, rec.Clone())
		case *benchfmt.SyntaxError:
			t.Fatal(rec)
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return all, r.Units()
}

func key(t rapid.TB, name string, r *benchfmt.Result) string {
	t.Helper()
	var p benchproc.ProjectionParser
	projection, err := p.Parse(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return projection.Project(r).Get(projection.Fields()[0])
}

func TestBenchfmtHoldsEveryRound(t *testing.T) {
	t.Parallel()
	f := recorded(t, "compare")
	all, units := benchmarks(t, render(t, "benchfmt", f, reports.Options{}))
	i := 0
	for _, c := range f.Cells {
		strategy := c.Strategy
		if c.Control {
			strategy += "-control"
		}
		for _, r := range c.Rounds {
			for _, op := range append(r.Operations, result.Operation{Name: "orchestration",
				Latency: result.Latency{Count: r.Orchestrations.Completed, P50: r.Orchestrations.P50}}) {
				b := all[i]
				i++
				name := op.Name
				if op.Outcome == result.Empty {
					name += ".empty"
				}
				if v := b.Values[0]; v.Unit != "sec/op" || v.OrigValue != float64(op.P50) || b.Iters != int(op.Count) {
					t.Fatalf("%s: %+v of %d calls, want %v of %d", b.Name, v, b.Iters, op.P50, op.Count)
				}
				if k := key(t, "/op", b); k != name {
					t.Fatalf("%s: operation %q, want %q", b.Name, k, name)
				}
				if k := key(t, "/strategy", b); k != strategy {
					t.Fatalf("%s: strategy %q, want %q", b.Name, k, strategy)
				}
				if k := key(t, "pg_version", b); k != f.Environment.Server.Version {
					t.Fatalf("server %q", k)
				}
			}
		}
	}
	if i != len(all) {
		t.Errorf("%d lines for %d", len(all), i)
	}
	if u := units.Get("roundtrips/op", "assume"); u == nil || u.Value != "exact" {
		t.Error("round trips are not exact")
	}
	if units.GetBetter("tx/s") != 1 || units.GetBetter("sec/op") != -1 || units.GetBetter("p99-sec/op") != -1 {
		t.Error("units do not say what is better")
	}
}

// A key of one file must not hold for the other.
func TestBenchfmtKeysOfTwoFiles(t *testing.T) {
	t.Parallel()
	a := &compare.Analysis{Base: recorded(t, "before"), Head: recorded(t, "after")}
	a.Head.Tool.Commit = ""
	delete(a.Head.Config, "seed")
	var b strings.Builder
	if err := reports.RenderComparison(&b, "benchfmt", a, reports.Options{}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	all, _ := benchmarks(t, b.String())
	for _, r := range all {
		seen[key(t, "side", r)+" "+key(t, "commit", r)+" "+key(t, "seed", r)]++
	}
	if len(seen) != 2 || seen["base 0000000 42"] != len(all)/2 || seen["head  "] != len(all)/2 {
		t.Errorf("%v", seen)
	}
}

func TestBenchfmtHostileNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"a/b=c d", "x\nBenchmarkY 1 2 ns/op", "ªĸ", "a-4", "a:b", "\"", "Unit"}))
		op := result.Operation{Name: names.Draw(t, "operation"), Latency: result.Latency{Count: 7, P50: 11}}
		f := &result.File{Kind: result.KindRun, Cells: []result.Cell{{Strategy: names.Draw(t, "strategy"), Workload: names.Draw(t, "workload"),
			Rounds: []result.Round{{Operations: []result.Operation{op}}}}}}
		f.Environment.Client.CPU, f.Environment.Client.GOMAXPROCS = names.Draw(t, "cpu"), rapid.IntRange(0, 9).Draw(t, "procs")
		f.Config = map[string]any{"seed": names.Draw(t, "seed")}
		var b strings.Builder
		if err := reports.Render(&b, "benchfmt", f, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		all, _ := benchmarks(t, b.String())
		if len(all) != 1 || all[0].Iters != 7 {
			t.Fatalf("%d results of\n%s", len(all), b.String())
		}
		if k := key(t, "/rtt", all[0]); k != "0s" {
			t.Fatalf("distance %q in %s", k, all[0].Name)
		}
	})
}
