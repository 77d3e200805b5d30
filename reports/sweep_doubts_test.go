package reports_test

import (
	"regexp"
	"strings"
	"testing"

	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports"
)

// doubtful is a sweep on a busy machine with a round of few calls, on a server beside its client.
func doubtful() *result.File {
	f := resulttest.Sweep()
	f.Environment.Client.Cores, f.Environment.Client.Facts = 2, map[string]string{"load_average_before": "10.19 5 2"}
	f.Environment.Server.Address = "127.0.0.1:5432"
	f.Config = map[string]any{"command": "pgbench-provider sweep --out /home/me/sweep.json", "seed": 7., "rounds": 5., "round_ns": 250e6}
	ops := f.Cells[0].Rounds[0].Operations
	for i := range ops {
		ops[i].Count = min(ops[i].Count, 3)
	}
	return f
}

func TestAPageTellsItsDoubts(t *testing.T) {
	t.Parallel()
	page := render(t, "html", doubtful(), reports.Options{})
	got := answersOf(t, page)
	for of, all := range map[string][]string{
		"How":  {"As few as ", " in a round (", "The machine was busy: load average 10.19 on 2 cores before the run"},
		"What": {"Server and client shared one machine"},
	} {
		for _, want := range all {
			if !strings.Contains(got[of], want) {
				t.Errorf("%s: no %q in %q", of, want, got[of])
			}
		}
	}
	if !strings.Contains(page, "<code>pgbench-provider sweep --rounds 5 --round 250ms --seed 7</code>") {
		t.Error("what to repeat is not all there, or tells where its file went")
	}
	for _, want := range []string{"What the words mean", "one stored-procedure call an operation", "Where each operation is faster than under inline", "fewest in a round"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
}

// The figure of a table at the distance of the headline is the one that the headline's box has.
func TestBoxAndTableHaveTheSameFigures(t *testing.T) {
	t.Parallel()
	f := resulttest.Sweep()
	for i := range f.Cells { // all rounds together say something else than their median
		if o := f.Cells[i].Summary.Orchestrations; o != nil {
			changed := *o
			changed.P50 /= 3
			f.Cells[i].Summary.Orchestrations = &changed
		}
	}
	page := strings.ReplaceAll(render(t, "html", f, reports.Options{}), "\u00a0", " ")
	box := regexp.MustCompile(`sp against inline: (\d+) ms against (\d+) ms`).FindStringSubmatch(page)
	if box == nil || !strings.Contains(page, "<td>"+box[1]+"</td>") || !strings.Contains(page, "<td>"+box[2]+"</td>") {
		t.Errorf("%q is not what the table has", box)
	}
}
