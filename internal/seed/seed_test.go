package seed_test

import (
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"pgbench-provider/internal/seed"
)

func load(t *testing.T) *seed.Published {
	t.Helper()
	p, err := seed.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecodeIsStrict(t *testing.T) {
	t.Parallel()
	files := func() fstest.MapFS {
		all := fstest.MapFS{}
		for _, name := range []string{"comparison.json", "breakdowns.json", "statements.json", "round_trips.json"} {
			b, err := fs.ReadFile(os.DirFS("figures"), name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = &fstest.MapFile{Data: b}
		}
		return all
	}
	if _, err := seed.Decode(files()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, old, new, want string }{
		{"comparison.json", `"turns"`, `"trns"`, `unknown field "trns"`},
		{"comparison.json", `"calls_ms"`, `"calls_s"`, `unknown field "calls_s"`},
		{"breakdowns.json", `"step":`, `"stap":`, `unknown field "stap"`},
		{"statements.json", `"median_ms"`, `"median"`, `unknown field "median"`},
		{"round_trips.json", `"printed_queries"`, `"printed"`, `unknown field "printed"`},
		{"round_trips.json", `[6, 7]`, `["6-7"]`, "cannot unmarshal string"},
	} {
		all := files()
		all[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(string(all[c.file].Data), c.old, c.new, 1))}
		if _, err := seed.Decode(all); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) {
			t.Errorf("%s with %s: %v, want %s", c.file, c.new, err, c.want)
		}
	}
	all := files()
	all["statements.json"].Data = append(all["statements.json"].Data, "{}"...)
	if _, err := seed.Decode(all); err == nil || !strings.Contains(err.Error(), "something follows") {
		t.Error(err)
	}
	delete(all, "statements.json")
	if _, err := seed.Decode(all); err == nil || !strings.Contains(err.Error(), "statements.json") {
		t.Error(err)
	}
}

func TestPrintedAveragesAreThoseOfTheCalls(t *testing.T) {
	t.Parallel()
	printed := 0
	for _, o := range load(t).Comparison.Operations {
		for _, c := range o.Stages() {
			if len(c.MS) < 2 || len(c.MS) > 4 {
				t.Errorf("%s has %d calls, the documents have 2 to 4", o.Operation, len(c.MS))
			}
			if c.PrintedAverage == nil {
				continue
			}
			printed++
			if math.Abs(c.Average()-*c.PrintedAverage) > 0.5 {
				t.Errorf("%s: the average of %v is %.2f, printed %.0f", o.Operation, c.MS, c.Average(), *c.PrintedAverage)
			}
		}
		if o.PrintedChange != nil && math.Abs(change(o.Inline.Average(), o.FetchAndAck.Average())-*o.PrintedChange) > 0.5 {
			t.Errorf("%s: printed change %.0f %%", o.Operation, *o.PrintedChange)
		}
	}
	if printed != 8 {
		t.Errorf("%d averages are printed, want 8", printed)
	}
}

// Whatever a file prints about the middle stage and about the whole either follows from the calls and the seconds, or
// is recorded as inconsistent; and nothing else is.
func TestInconsistenciesAreRecorded(t *testing.T) {
	t.Parallel()
	c := load(t).Comparison
	recorded := map[string]seed.Inconsistency{}
	for _, i := range c.Inconsistencies {
		recorded[i.File+" "+i.Figure] = i
	}
	if len(recorded) != len(c.Inconsistencies) {
		t.Error("an inconsistency is recorded twice")
	}
	check := func(file, figure string, printed, recomputed, rounding float64) {
		i, found := recorded[file+" "+figure]
		delete(recorded, file+" "+figure)
		if off := printed != 0 && math.Abs(printed-recomputed) > rounding; off != found {
			t.Errorf("%s prints %s %.2f, recomputed %.2f; recorded: %v", file, figure, printed, recomputed, found)
		}
		if found && (i.Printed != printed || math.Abs(i.Recomputed-recomputed) > 0.05) {
			t.Errorf("%s, %s: recorded %+v, printed %.2f, recomputed %.2f", file, figure, i, printed, recomputed)
		}
	}
	for _, r := range c.Restatements {
		check(r.Source.File, "fetch_average_ms", r.FetchAverage, c.Operations[0].FetchOnly.Average(), 0.5)
		check(r.Source.File, "whole_test_s", r.Whole, c.Whole.FetchOnly, 0.005)
		check(r.Source.File, "whole_test_change_percent", r.WholeChange, change(c.Whole.Inline, r.Whole), 0.5)
	}
	check("BASELINE_METRICS.txt", "whole_test_change_percent", c.Whole.PrintedChange, change(c.Whole.Inline, c.Whole.FetchAndAck), 0.5)
	for key := range recorded {
		t.Errorf("%s is recorded but nothing prints it", key)
	}
}

func change(base, head float64) float64 { return 100 * (head/base - 1) }

func TestBreakdowns(t *testing.T) {
	t.Parallel()
	p := load(t)
	want := []struct{ listed, unexplained float64 }{{1290, 0}, {1216, 968}, {1321, 860}, {258, 692}, {1509, 200}}
	if len(p.Breakdowns) != len(want) {
		t.Fatalf("%d breakdowns", len(p.Breakdowns))
	}
	for i, b := range p.Breakdowns {
		if b.Listed() != want[i].listed || b.Total != nil && *b.Total-b.Listed() != want[i].unexplained {
			t.Errorf("breakdown %d: %.0f listed of %v", i, b.Listed(), b.Total)
		}
	}
	if first := p.Comparison.Operations[0].Inline.MS[0]; first != *p.Breakdowns[1].Total {
		t.Errorf("the debug output's total is not the first call's %.0f ms", first)
	}
}

func TestStatementsAndRoundTrips(t *testing.T) {
	t.Parallel()
	p := load(t)
	for _, s := range p.Statements.Statements {
		last := s.Min
		for _, v := range []*float64{s.Median, s.P90, &s.Max} {
			if v != nil && *v < last {
				t.Errorf("%s: quantiles fall", s.Statement)
			} else if v != nil {
				last = *v
			}
		}
		if s.Count < 1 {
			t.Errorf("%s: no calls", s.Statement)
		}
	}
	ack := p.RoundTrips.Find("ack_orchestration_item", "ok")
	if ack == nil || len(ack.Inline) != p.Comparison.Turns || math.Abs(ack.Mean()-35./3) > 1e-9 {
		t.Errorf("ack: %+v", ack)
	}
	if p.RoundTrips.Find("ack_orchestration_item", "empty") != nil {
		t.Error("an outcome that is not there")
	}
}
