package compare_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// race has strategies whose orchestrations take times by round.
func race(times map[string][]time.Duration) *result.File {
	f := &result.File{Kind: result.KindCompare}
	for _, name := range []string{"a", "b", "c"} {
		c := result.Cell{Strategy: name, Workload: "w"}
		for i, d := range times[name] {
			c.Rounds = append(c.Rounds, result.Round{Round: i + 1, Orchestrations: &result.Orchestrations{Completed: 1, P50: d}})
		}
		c.Summary.Orchestrations = &result.Orchestrations{Completed: 5, P50: times[name][0]}
		f.Cells = append(f.Cells, c)
	}
	return f
}

func TestStanding(t *testing.T) {
	t.Parallel()
	a, err := compare.Strategies(race(map[string][]time.Duration{
		"a": {100, 200, 100, 400, 100}, "b": {50, 110, 40, 200, 55}, "c": {45, 120, 50, 190, 50}, // b and c change places
	}), compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q := compare.Quantity{Workload: "w", Operation: compare.Orchestration, Metric: compare.P50}
	s := a.Standing(q, []string{"a", "b", "c"})
	if !s.Known || len(s.Tied) != 1 || s.Best == "a" || !slices.Equal(s.Behind, []string{"a"}) {
		t.Errorf("%+v", s)
	}
	if c := a.Change(q, "a", "b"); c.Rounds != 5 || !c.Differs() || c.Ratio < 0.4 || c.Ratio > 0.55 || c.Low >= c.Ratio || c.High <= c.Ratio {
		t.Errorf("%+v", c)
	}
	if c := a.Change(q, "a", "nobody"); c.Ratio.Valid() || c.Differs() {
		t.Errorf("%+v", c)
	}
	few, err := compare.Strategies(race(map[string][]time.Duration{"a": {100, 100}, "b": {50, 50}, "c": {70, 70}}), compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := few.Standing(q, []string{"a", "b", "c"}); s.Known || s.Best != "b" || len(s.Tied) != 2 {
		t.Errorf("two rounds give %+v", s)
	}
}

func TestDoubtsAreCountedInTheWorstRound(t *testing.T) {
	t.Parallel()
	f := race(map[string][]time.Duration{"a": {1, 1, 1}, "b": {1, 1, 1}, "c": {1, 1, 1}})
	for i := range f.Cells {
		c := &f.Cells[i]
		for r := range c.Rounds {
			c.Rounds[r].Operations = []result.Operation{{Name: "op", Outcome: result.OK, Latency: result.Latency{Count: 1000, P50: 1}}}
		}
		c.Summary.Operations = c.Rounds[0].Operations
	}
	f.Environment.Client = result.Client{Cores: 2, Facts: map[string]string{"load_average_before": "1.5 3 3"}}
	analysis := func() *compare.Analysis {
		a, err := compare.Strategies(f, compare.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := analysis(); a.FewCalls() != "" || compare.Busy(f) != "" || strings.Contains(strings.Join(a.Warnings, ""), "busy") {
		t.Errorf("%q %q", a.FewCalls(), compare.Busy(f))
	}
	f.Cells[1].Rounds[2].Operations = []result.Operation{{Name: "op", Outcome: result.OK, Latency: result.Latency{Count: 5, P50: 1}}}
	f.Environment.Client.Facts["load_average_before"] = "10.19 5.75 2.42 8/154 15450"
	a := analysis()
	for _, want := range []string{"The machine was busy (load average 10.19 on 2 cores before the run)"} {
		if !strings.Contains(strings.Join(a.Warnings, ""), want) {
			t.Errorf("no %q in %q", want, a.Warnings)
		}
	}
	if got := a.FewCalls(); got != "5 calls in a round (b w op)" {
		t.Errorf("%q", got)
	}
}
