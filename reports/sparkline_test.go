package reports_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

var spark = regexp.MustCompile(`(?m)^(sp|control) +([\d.]+) ([\d.]+)  ([ ▁▂▃▄▅▆▇█]+)$`)

// The line of the head lies below that of the control on one scale, and what happens in a round is seen there.
func TestSparklineShowsTheRounds(t *testing.T) {
	t.Parallel()
	f := recorded(t, "compare")
	f.Cells = slices.DeleteFunc(f.Cells, func(c result.Cell) bool { return c.Workload != "hello-world" })
	for i := range f.Cells {
		if c := &f.Cells[i]; c.Strategy == "sp" {
			o := *c.Rounds[6].Orchestrations
			o.P50 = 20 * time.Millisecond
			c.Rounds[6].Orchestrations = &o
		}
	}
	got := spark.FindAllStringSubmatch(render(t, "table", f, reports.Options{}), -1)
	if len(got) != 2 || got[0][1] != "sp" || got[1][1] != "control" {
		t.Fatalf("%q", got)
	}
	sp, control := []rune(got[0][4]), []rune(got[1][4])
	if len(sp) != 20 || len(control) != 20 {
		t.Fatalf("%d and %d rounds", len(sp), len(control))
	}
	for i := range sp {
		if (sp[i] > control[i]) != (i == 6) {
			t.Errorf("round %d: %c and %c", i+1, sp[i], control[i])
		}
	}
	if sp[6] != '█' || !(got[0][3] > "1") || !(got[0][2] < "0.5") {
		t.Errorf("%q", got[0])
	}
}

func TestSparklineOfManyRoundsStaysShort(t *testing.T) {
	t.Parallel()
	f := recorded(t, "compare")
	for i := range f.Cells {
		c := &f.Cells[i]
		one := c.Rounds
		for k := 1; k < 10; k++ {
			for _, r := range one {
				r.Round += 20 * k
				c.Rounds = append(c.Rounds, r)
			}
		}
	}
	for _, m := range spark.FindAllStringSubmatch(render(t, "table", f, reports.Options{}), -1) {
		if n := utf8.RuneCountInString(m[4]); n != 40 {
			t.Errorf("%d characters for 200 rounds: %s", n, m[4])
		}
	}
	if s := render(t, "markdown", f, reports.Options{}); strings.Contains(s, "▄") {
		t.Error("a sparkline outside of a terminal")
	}
}
