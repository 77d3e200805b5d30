package reports_test

import (
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

const published82 = 82 * time.Millisecond

// repeated is a file of the model as sweep --reproduce seed writes one. What the stage sends by procedure makes one round
// trip; on a new connection, all round trips but those of begin and commit are made twice.
func repeated() *result.File {
	arms := []resulttest.Arm{resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp-fetch"), resulttest.HelloWorld("sp")}
	arms[1].Ops[1].Trips, arms[1].Ops[2].Trips = 1, 1
	s := resulttest.SweepSpec{
		Seed: 6, Rounds: 20, RTT: 100 * time.Microsecond, Added: []time.Duration{published82},
		Shared: 0.05, Own: 0.02, Distance: 0.001, Null: 0.01, Arms: arms,
	}
	f := resulttest.MakeSweep(s)
	f.Config["reproduce"] = "seed"
	s.Seed, s.Rounds = 7, 1
	for i := range arms {
		for j := range arms[i].Ops {
			if op := &arms[i].Ops[j]; i != 1 || j != 1 { // there, a fetch that found nothing came before
				op.Trips += max(1, op.Trips-2)
			}
		}
	}
	for i, c := range resulttest.MakeSweep(s).Cells {
		r := c.Rounds[0]
		for j := range r.Operations {
			r.Operations[j].Count = int64(arms[i].Ops[j].Calls)
		}
		r.Orchestrations.Completed = 1
		f.Cells[i].Cold = &result.Cold{Round: r}
	}
	return f
}

func reproduction(t *testing.T, format string, f *result.File) string {
	t.Helper()
	s, err := reports.Reproduction(format, f, reports.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGoldenReproduction(t *testing.T) {
	t.Parallel()
	for format, extension := range map[string]string{"table": "txt", "markdown": "md", "json": "json"} {
		golden(t, "reproduce."+extension, []byte(reproduction(t, format, repeated())))
	}
}

func TestReproductionFitsEightyColumns(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(reproduction(t, "table", repeated())) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestOtherFilesReproduceNothing(t *testing.T) {
	t.Parallel()
	f := repeated()
	delete(f.Config, "reproduce")
	if s := reproduction(t, "table", f); s != "" {
		t.Error(s)
	}
	if s := reproduction(t, "table", nil); s != "" {
		t.Error(s)
	}
}

func words(t *testing.T, f *result.File) string {
	t.Helper()
	return strings.Join(strings.Fields(reproduction(t, "table", f)), " ")
}

func TestReproductionSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*result.File)
		want   []string
		never  []string
	}{
		{"no cold unit", func(f *result.File) {
			for i := range f.Cells {
				f.Cells[i].Cold = nil
			}
		}, []string{
			"sp was not measured on new connections", "Measured here, cold: nothing to compare.", "Measured, cold: cannot be told",
			"Measured, warm: sp-fetch changes", "here none cold",
		}, []string{"First uses:", "What is left"}},
		{"one cold unit is missing", func(f *result.File) { f.Cells[2].Cold = nil }, []string{
			"sp was not measured on new connections", "Measured here, cold: nothing to compare.", "First uses:",
		}, []string{"inline was not measured on new"}},
		{"no middle stage", func(f *result.File) { f.Cells = slices.Delete(f.Cells, 1, 2) }, []string{
			"sp-fetch was not measured under hello-world: run sweep --reproduce seed.", "Measured, warm: cannot be told", "Measured here, warm: fetch −",
		}, []string{"The shape is"}},
		{"no base", func(f *result.File) { f.Cells = f.Cells[1:] }, []string{
			"inline was not measured under hello-world", "Measured here, warm: nothing to compare.",
		}, []string{"The shape is", "Contradicted", "Not confirmed"}},
		{"another workload", func(f *result.File) {
			for i := range f.Cells {
				f.Cells[i].Workload = "fan-out"
			}
		}, []string{"inline was not measured", "sp-fetch was not measured", "sp was not measured"}, []string{"The shape is", "Distance:"}},
		{"nothing counted", func(f *result.File) {
			for i := range f.Cells {
				f.Cells[i].Summary, f.Cells[i].Cold = result.Summary{}, &result.Cold{}
			}
		}, []string{"Measured here, warm: nothing to compare."}, []string{"The shape is", "NaN"}},
	} {
		f := repeated()
		c.change(f)
		s := words(t, f)
		for _, want := range c.want {
			if !strings.Contains(s, want) {
				t.Errorf("%s: no %q in %s", c.name, want, s)
			}
		}
		for _, never := range append(c.never, "NaN") {
			if strings.Contains(s, never) {
				t.Errorf("%s: %q in %s", c.name, never, s)
			}
		}
		if js := reproduction(t, "json", f); !json.Valid([]byte(js)) {
			t.Errorf("%s: %s", c.name, js)
		}
	}
}

func latencies(c *result.Cell, operation string, factor float64) {
	for i := range c.Summary.Operations {
		if o := &c.Summary.Operations[i]; o.Name == operation {
			o.Mean = time.Duration(float64(o.Mean) * factor)
		}
	}
}

func TestTheShapeIsThatOfTheFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*result.File)
		want   string
	}{
		{"as published", func(*result.File) {}, "The shape is reproduced"},
		{"the middle stage improves the ack too", func(f *result.File) { latencies(&f.Cells[1], "ack_orchestration_item", 0.5) },
			"the last stage improves both, but the middle one does not improve the fetch alone"},
		{"the ack does not improve", func(f *result.File) { latencies(&f.Cells[2], "ack_orchestration_item", 20) },
			"Contradicted: ack_orchestration_item −70 % published and +"},
		{"nothing improves", func(f *result.File) {
			for i := range f.Cells {
				f.Cells[i].Summary = f.Cells[0].Summary
			}
		}, "Measured, warm: sp-fetch changes fetch_orchestration_item by 0 %, the other operations by 0 % to 0 %; sp changes fetch by 0 % and ack by 0 %. The shape is not reproduced."},
	} {
		f := repeated()
		c.change(f)
		if s := words(t, f); !strings.Contains(s, c.want) {
			t.Errorf("%s: no %q in %s", c.name, c.want, s)
		}
	}
}

func TestReproductionElsewhereSaysHowFar(t *testing.T) {
	t.Parallel()
	if s := words(t, repeated()); strings.Contains(s, "times as far") {
		t.Error(s)
	}
	f := repeated()
	for i := range f.Cells {
		f.Cells[i].MeasuredRTT = 8200 * time.Microsecond
	}
	if s := words(t, f); !strings.Contains(s, "Then was 10 times as far as now: compare the changes and not the times.") {
		t.Error(s)
	}
}
