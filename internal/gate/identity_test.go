package gate_test

import (
	"strings"
	"testing"

	"pgbench-provider/internal/gate"
	"pgbench-provider/internal/result"
)

// TestEveryDifferenceIsRefused, of either run, with a sentence that names it.
func TestEveryDifferenceIsRefused(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), counted())
	for _, c := range []struct {
		want   string
		change func(*result.File)
		which  string // "counters", "timed" or "" for each of them
	}{
		{"PostgreSQL is 17 in the baseline and 18 now", func(f *result.File) { f.Environment.Server.VersionNum = 180000 }, ""},
		{"format of results is 1 in the baseline and 2", func(f *result.File) { f.Format = 2 }, ""},
		{"schema_hash is aa in the baseline and cc now", func(f *result.File) { f.Environment.Server.Facts["schema_hash"] = "cc" }, ""},
		{"routines_hash is bb in the baseline and not set now", func(f *result.File) { delete(f.Environment.Server.Facts, "routines_hash") }, ""},
		{"dataset_hash is not set in the baseline and dd now", func(f *result.File) { f.Environment.Server.Facts["dataset_hash"] = "dd" }, ""},
		{"hello-world: depth is not set in the baseline and 9 now", func(f *result.File) { f.Cells[1].Parameters["depth"] = 9 }, ""},
		{"strategies of the", func(f *result.File) { f.Cells[1].Strategy = "cte" }, ""},
		{"strategies of the", func(f *result.File) { f.Cells = f.Cells[:1] }, ""},
		{"has no hello-world under sp with 0s added", func(f *result.File) { f.Cells[1].AddedRTT = ms }, ""},
		{"has no hello-world under sp", func(f *result.File) { f.Cells[1].Workload = "fan-out" }, ""},
		{"the counter run's seed is 9223372036854775808 in the baseline and 43 now", func(f *result.File) { f.Config["seed"] = 43 }, "counters"},
		{"the counter run's rounds is 1", func(f *result.File) { f.Config["rounds"] = 2 }, "counters"},
		{"the counter run's orchestrations is 50", func(f *result.File) { f.Config["orchestrations"] = 51 }, "counters"},
		{"in_flight is 1 in the baseline and not set now", func(f *result.File) { delete(f.Cells[0].Parameters, "in_flight") }, "counters"},
		{"the timed run's jitter_ns is not set in the baseline and 5 now", func(f *result.File) { f.Config["jitter_ns"] = 5 }, "timed"},
	} {
		for _, which := range []string{"counters", "timed"} {
			if c.which != "" && c.which != which {
				continue
			}
			f := counted()
			c.change(f)
			var d []string
			if which == "counters" {
				d = differences(t, b, f, nil, gate.Options{})
			} else {
				d = differences(t, b, nil, f, gate.Options{})
			}
			if len(d) != 1 || !strings.Contains(d[0], c.want) || strings.HasSuffix(d[0], ".") {
				t.Errorf("%s run: %q, want %q", which, d, c.want)
			}
		}
	}
}

func TestWhatMayDiffer(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), interleaved(1, 5, 0))
	timed := interleaved(2, 10, 0)
	timed.Config["seed"], timed.Config["command"] = 99, "other"
	timed.Environment.Server.Facts["uptime"], timed.Environment.Server.VersionNum = "9h", 170009
	timed.Tool.Version = "1.0.1"
	counters := counted()
	counters.Tool.Version = "1.0.1"
	v := check(t, b, counters, timed, gate.Options{})
	if !strings.Contains(strings.Join(v.Notes, " "), "The tool is 1.0.0 in the baseline and 1.0.1 now.") {
		t.Errorf("%q", v.Notes)
	}
}

func TestChangedSQL(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	f := counted()
	f.Environment.Server.Facts["routines_hash"] = "cc"
	if v := check(t, b, f, nil, gate.Options{ChangedSQL: true}); v.Counts.Pass != 36 || !strings.Contains(strings.Join(v.Notes, " "), "differ") {
		t.Errorf("%+v %q", v.Counts, v.Notes)
	}
	f.Environment.Server.VersionNum = 160000
	if d := differences(t, b, f, nil, gate.Options{ChangedSQL: true}); len(d) != 1 {
		t.Errorf("%q", d)
	}
}

func TestPartialRun(t *testing.T) {
	t.Parallel()
	b := baseline(t, counted(), nil)
	f := counted()
	f.Cells = f.Cells[:1]
	v := check(t, b, f, nil, gate.Options{Partial: true})
	if v.Counts.Pass != 18 || v.Counts.NotGated != 2 || v.Counts.Fail != 0 {
		t.Errorf("%+v", v.Counts)
	}
	f.Cells[0].Strategy = "cte"
	differences(t, b, f, nil, gate.Options{Partial: true})
}

func TestRunsOfABaselineMustMatch(t *testing.T) {
	t.Parallel()
	timed := interleaved(1, 5, 0)
	timed.Environment.Server.VersionNum = 180000
	if _, err := gate.FromResult(counted(), timed); err == nil || !strings.Contains(err.Error(), "PostgreSQL is 17 in the counter run and 18 in the timed run") {
		t.Error(err)
	}
}
