package gate_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgbench-provider/internal/gate"
)

func TestParseBudget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]gate.Budget{
		"ack_orchestration_item:p99<20ms":       {Operation: ack, Metric: gate.P99, Limit: 20e6},
		" orchestration : p50 < 1.5 s ":         {Operation: "orchestration", Metric: gate.P50, Limit: 1.5e9},
		"sp/hello-world/ack_work_item:mean<9us": {Strategy: "sp", Workload: "hello-world", Operation: "ack_work_item", Metric: gate.Mean, Limit: 9e3},
		"*/fan-out/x:max<70ns":                  {Workload: "fan-out", Operation: "x", Metric: gate.Max, Limit: 70},
		"sp/*/x:p90<7µs":                        {Strategy: "sp", Operation: "x", Metric: gate.P90, Limit: 7e3},
		"orchestration:throughput>50":           {Operation: "orchestration", Metric: gate.Throughput, Limit: 50},
	} {
		got, err := gate.ParseBudget(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
	for _, bad := range []string{
		"", "x", "x:p99", "x:p99<", "x:p99<20", "x:p99<20m", "x:p99<20h", "x:p99<ms", "x:p99<-1ms", "x:p99<0ms", "x:p99<NaNms", "x:p99<Infs", "x:p99<1e999s",
		"x:p99>20ms", "x:p95<20ms", "x:throughput>5", "orchestration:throughput<5", "orchestration:throughput>5ms", "orchestration:throughput>0",
		":p99<20ms", "/x:p99<20ms", "sp/x:p99<20ms", "a/b/c/d:p99<1s", "a//x:p99<1s", "a/b/:p99<1s", "a/b/*:p99<1s", "x:p99<=20ms", "x:p99<20 m s",
	} {
		if got, err := gate.ParseBudget(bad); err == nil || !strings.Contains(err.Error(), "write it as") {
			t.Errorf("%q: %+v %v", bad, got, err)
		}
	}
}

func TestBudgetStringIsParsedBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z][a-z_-]{0,8}`)
		b := gate.Budget{
			Operation: name.Draw(t, "operation"), Limit: rapid.Float64Range(1e-3, 1e15).Draw(t, "limit"),
			Metric: rapid.SampledFrom([]gate.Metric{gate.P50, gate.P90, gate.P99, gate.Mean, gate.Max, gate.Throughput}).Draw(t, "metric"),
		}
		if b.Metric == gate.Throughput {
			b.Operation = "orchestration"
		}
		if rapid.Bool().Draw(t, "prefix") {
			b.Strategy, b.Workload = rapid.StringMatching(`([a-z-]{1,5})?`).Draw(t, "strategy"), name.Draw(t, "workload")
		}
		if got, err := gate.ParseBudget(b.String()); err != nil || got != b {
			t.Fatalf("%s: %+v %v", b, got, err)
		}
	})
}

func budget(t *testing.T, s string) gate.Budget {
	t.Helper()
	b, err := gate.ParseBudget(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	f := interleaved(1, 5, 0)
	b := baseline(t, nil, f)
	sp := operation(f, ack)
	sp.P50, sp.P90, sp.P99, sp.Mean, sp.Max = 10*ms, 20*ms, 30*ms, 11*ms, 40*ms
	f.Cells[1].Summary.Orchestrations.PerSecond = 50
	for _, c := range []struct {
		text, name string
		over       bool
	}{
		{"sp/hello-world/" + ack + ":p50<10.1ms", ack + "/p50<10.1ms", false},
		{"sp/hello-world/" + ack + ":p50<10ms", ack + "/p50<10ms", true}, // the limit itself is over
		{"sp/hello-world/" + ack + ":p90<21ms", ack + "/p90<21ms", false},
		{"sp/hello-world/" + ack + ":p99<29ms", ack + "/p99<29ms", true},
		{"sp/*/" + ack + ":mean<10.5ms", ack + "/mean<10.5ms", true},
		{"*/hello-world/" + ack + ":max<41ms", ack + "/max<41ms", false},
		{"orchestration:throughput>49", "orchestration/throughput>49", false},
		{"orchestration:throughput>50", "orchestration/throughput>50", true},
		{"orchestration:p50<1s", "orchestration/p50<1s", false},
		{fetch + ":p50<1ns", fetch + "/p50<1ns", true},
	} {
		for _, strict := range []bool{false, true} {
			twice := []gate.Budget{budget(t, c.text), budget(t, c.text)}
			v := check(t, b, nil, f, gate.Options{Budgets: twice, Strict: strict})
			x := find(t, v, "budget/hello-world/sp/"+c.name)
			want := gate.Pass
			if c.over && strict {
				want = gate.Fail
			} else if c.over {
				want = gate.NotGated
			}
			if x.Status != want || x.Over != c.over || !x.Limit.Valid() || !x.Now.Valid() {
				t.Errorf("%s strict %v: %+v", c.text, strict, x)
			}
		}
	}
}

func TestBudgetOfNothing(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), interleaved(1, 5, 0))
	for _, bad := range []string{"nothing:p50<1s", "cte/hello-world/" + ack + ":p50<1s", "sp/fan-out/" + ack + ":p50<1s"} {
		if _, err := gate.Check(b, nil, interleaved(1, 5, 0), gate.Options{Budgets: []gate.Budget{budget(t, bad)}, Resamples: 100}); err == nil || !strings.Contains(err.Error(), "no such operation") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	f := interleaved(1, 5, 0)
	operation(f, ack).Count = 0
	for strict, want := range map[bool]gate.Status{false: gate.Inconclusive, true: gate.Fail} {
		v := check(t, b, nil, f, gate.Options{Budgets: []gate.Budget{budget(t, "sp/hello-world/"+ack+":p50<1s")}, Strict: strict})
		if x := find(t, v, "budget/hello-world/sp/"+ack+"/p50<1s"); x.Status != want || !strings.Contains(x.Note, "missing operation") {
			t.Errorf("%+v", x)
		}
	}
	v := check(t, b, counted(), nil, gate.Options{Budgets: []gate.Budget{budget(t, ack+":p50<1s")}})
	if !strings.Contains(strings.Join(v.Notes, " "), "budgets are not checked") {
		t.Errorf("%q", v.Notes)
	}
}
