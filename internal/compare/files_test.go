package compare_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

func TestTwoFiles(t *testing.T) {
	t.Parallel()
	base := resulttest.Make(spec(12, resulttest.HelloWorld("sp")))
	slow := resulttest.HelloWorld("sp")
	slow.Ops[3].Server *= 3
	s := spec(14, slow)
	s.Seed = 9
	head := resulttest.Make(s)
	head.Environment.Server.Address, head.Environment.Server.Version = "db:5432", "17.4"
	a, err := compare.Files(base, head, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := find(t, a, "sp", "ack_orchestration_item", result.OK, compare.P50)
	if c.Verdict != compare.Slower || c.Rounds != 12 || c.HeadRounds != 14 || a.Paired {
		t.Errorf("%+v", c)
	}
	for _, want := range []string{"separate runs", "servers differ", "PostgreSQL is 17.2 and 17.4"} {
		if !warned(a, want) {
			t.Errorf("no warning %q among %q", want, a.Warnings)
		}
	}
}

func TestTwoFilesOfOneStrategyEach(t *testing.T) {
	t.Parallel()
	a, err := compare.Files(resulttest.Make(spec(12, resulttest.HelloWorld("inline"))),
		resulttest.Make(spec(12, resulttest.HelloWorld("sp"))), compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := find(t, a, "sp", compare.Orchestration, "", compare.P50); c.Base != "inline" || c.Verdict != compare.Faster {
		t.Errorf("%+v", c)
	}
}

func TestIncomparableFiles(t *testing.T) {
	t.Parallel()
	make := func(change func(*result.File)) *result.File {
		f := resulttest.Make(spec(1, resulttest.HelloWorld("sp")))
		change(f)
		return f
	}
	base := make(func(*result.File) {})
	if d := compare.Incomparable(base, base); d != nil {
		t.Errorf("a file and itself: %q", d)
	}
	for want, change := range map[string]func(*result.File){
		"PostgreSQL 17 and 18":                           func(f *result.File) { f.Environment.Server.VersionNum = 180001 },
		"the formats are 1 and 2":                        func(f *result.File) { f.Format = 2 },
		"clients is 1 and 4":                             func(f *result.File) { f.Config["clients"] = 4 },
		"hello-world: clients is 1 and 8":                func(f *result.File) { f.Cells[0].Parameters["clients"] = 8 },
		"hello-world: payload is not set and 100":        func(f *result.File) { f.Cells[0].Parameters["payload"] = 100 },
		"they have no strategy with the same workload":   func(f *result.File) { f.Cells[0].Workload = "fan-out" },
		"they have no strategy with the same workload a": func(f *result.File) { f.Cells[0].AddedRTT = time.Second },
	} {
		other := make(change)
		_, err := compare.Files(base, other, compare.Options{})
		var e *compare.IncomparableError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestNothingToCompare(t *testing.T) {
	t.Parallel()
	one := resulttest.Make(spec(1, resulttest.HelloWorld("sp"), control("sp")))
	if _, err := compare.Strategies(one, compare.Options{}); !errors.Is(err, compare.ErrNothingToCompare) {
		t.Errorf("one strategy: %v", err)
	}
	if _, err := compare.Strategies(one, compare.Options{Base: "cte"}); !errors.Is(err, compare.ErrNothingToCompare) ||
		!strings.Contains(err.Error(), `"cte"`) {
		t.Errorf("unknown base: %v", err)
	}
	for _, o := range []compare.Options{{Margin: -1}, {Confidence: 1}, {Resamples: 3}} {
		if _, err := compare.Strategies(one, o); err == nil || errors.Is(err, compare.ErrNothingToCompare) {
			t.Errorf("options %+v: %v", o, err)
		}
	}
}

func TestParametersDifferWithinAFile(t *testing.T) {
	t.Parallel()
	f := resulttest.Make(spec(6, resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp")))
	f.Cells[1].Parameters["clients"] = 2
	var e *compare.IncomparableError
	if _, err := compare.Strategies(f, compare.Options{}); !errors.As(err, &e) {
		t.Errorf("error %v", err)
	}
}
