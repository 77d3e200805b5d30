package reports_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports"
)

func TestGoldenReportsOfASweep(t *testing.T) {
	t.Parallel()
	for _, f := range reports.All() {
		if f.Name == "csv" || f.Name == "html" || machine(f.Name) {
			continue // the rounds, as for any file
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			file := resulttest.Sweep()
			if f.Name == "json" { // all of it is a megabyte
				file.Cells = slices.DeleteFunc(file.Cells, func(c result.Cell) bool {
					return c.Workload != "hello-world" || c.Strategy == "cte" || c.Strategy == "pipeline" ||
						c.AddedRTT > 25*time.Millisecond || c.AddedRTT == 5*time.Millisecond
				})
			}
			golden(t, "sweep."+f.Extension, []byte(render(t, f.Name, file, reports.Options{ResultPath: "results/sweep.json"})))
		})
	}
}

func TestSweepTableFitsEightyColumns(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(render(t, "table", resulttest.Sweep(), reports.Options{})) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// A comparison at enough distances keeps its tables and begins with the lines.
func TestACompareAtManyDistancesShowsBoth(t *testing.T) {
	t.Parallel()
	f := resulttest.Sweep()
	f.Kind = result.KindCompare
	s := render(t, "markdown", f, reports.Options{})
	lines, tables := strings.Index(s, "latency = S + R"), strings.Index(s, "pipeline against inline\n")
	if lines < 0 || tables < lines {
		t.Errorf("lines at %d, tables at %d", lines, tables)
	}
	f.Cells = slices.DeleteFunc(f.Cells, func(c result.Cell) bool { return c.AddedRTT > time.Millisecond/2 })
	for _, format := range []string{"markdown", "json"} {
		if s := render(t, format, f, reports.Options{}); strings.Contains(s, "latency = S") || strings.Contains(s, "break_even") {
			t.Errorf("two distances make a line in %s", format)
		}
	}
}

func TestASweepOfOneStrategyShowsItsLines(t *testing.T) {
	t.Parallel()
	f := resulttest.Sweep()
	f.Cells = slices.DeleteFunc(f.Cells, func(c result.Cell) bool { return c.Strategy != "sp" })
	for format, want := range map[string]string{"table": "latency = S + R", "json": `"strategy": "sp"`} {
		if s := render(t, format, f, reports.Options{}); !strings.Contains(s, want) {
			t.Errorf("%s: no %q in %s", format, want, s)
		}
	}
}

func TestSweepWithAnotherBase(t *testing.T) {
	t.Parallel()
	o := reports.Options{}
	o.Compare.Base = "sp"
	s := strings.Join(strings.Fields(render(t, "table", resulttest.Sweep(), o)), " ")
	if !strings.Contains(s, "Against sp, the whole orchestration: inline wins at no distance measured") {
		t.Error(s)
	}
}

func TestSweepJSONHasTheKeys(t *testing.T) {
	t.Parallel()
	var got struct {
		Comparisons, Warnings, Fits, Predictions, Attribution []any
		BreakEven                                             []any `json:"break_even"`
	}
	b := bytes.NewBufferString(render(t, "json", resulttest.Sweep(), reports.Options{}))
	if err := json.NewDecoder(b).Decode(&got); err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string][]any{
		"comparisons": got.Comparisons, "warnings": got.Warnings, "fits": got.Fits, "predictions": got.Predictions,
		"attribution": got.Attribution, "break_even": got.BreakEven,
	} {
		if len(list) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}

func TestSweepHeadline(t *testing.T) {
	t.Parallel()
	headline := func(f *result.File) string {
		s := strings.Join(strings.Fields(render(t, "table", f, reports.Options{Width: 1000})), " ")
		_, s, _ = strings.Cut(s, "rest ")
		return s
	}
	f := resulttest.Sweep()
	if s := headline(f); !strings.Contains(s, "At 25.1 ms, sp takes 82.34 % [82.32, 82.36] less time than inline") || strings.Contains(s, "Noise floor") {
		t.Error(s)
	}
	for i := range f.Cells { // a control arm: inline once more, a few percent off
		if c := f.Cells[i]; c.Strategy == "inline" && c.Workload == "hello-world" {
			c.Control, c.Rounds = true, slices.Clone(c.Rounds)
			for j := range c.Rounds {
				o := *c.Rounds[j].Orchestrations
				o.P50 += o.P50 * time.Duration(j%3) / 50
				c.Rounds[j].Orchestrations = &o
			}
			f.Cells = append(f.Cells, c)
		}
	}
	if s := headline(f); !strings.Contains(s, "Noise floor (A/A): −") {
		t.Error(s)
	}
	f = resulttest.Sweep() // a server that is far by itself
	f.Cells = slices.DeleteFunc(f.Cells, func(c result.Cell) bool { return c.AddedRTT < 5*time.Millisecond })
	if s := headline(f); !strings.Contains(s, "At your measured round trip of 5.10 ms, sp takes") {
		t.Error(s)
	}
}
