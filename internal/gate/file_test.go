package gate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"pgbench-provider/internal/gate"
)

func written(t tester, b *gate.Baseline) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := gate.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var fullOnce = sync.OnceValues(func() ([]byte, error) {
	b, err := gate.FromResult(counted(), swept(1, 12, 100*us, 0))
	if err != nil {
		return nil, err
	}
	b.Floors = []gate.Floor{{Case: ackRatio, Metric: gate.P50Ratio, Value: 0.03, Runs: 30}}
	var out bytes.Buffer
	err = gate.Write(&out, b)
	return out.Bytes(), err
})

// full is a baseline that has everything.
func full(t tester) *gate.Baseline {
	t.Helper()
	data, err := fullOnce()
	if err != nil {
		t.Fatal(err)
	}
	b, err := gate.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	b := full(t)
	b.Counters[0].RoundTrips, b.Counters[1].BytesIn = 1./3, 0.1+0.2
	path := filepath.Join(t.TempDir(), "new", "baseline.json")
	for range 2 { // an existing file is replaced
		if err := gate.WriteFile(path, b); err != nil {
			t.Fatal(err)
		}
	}
	got, err := gate.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Counters, b.Counters) || !reflect.DeepEqual(got.Identity, b.Identity) || !reflect.DeepEqual(got.Floors, b.Floors) {
		t.Errorf("%+v\n%+v", got, b)
	}
	if !bytes.Equal(written(t, got), written(t, b)) {
		t.Error("what was read is written differently")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%v", left)
	}
	f := counted()
	f.Cells[0].Summary.Operations[0].RoundTripsPerOp, f.Cells[0].Summary.Operations[1].BytesInPerOp = 1./3, 0.1+0.2
	if v := check(t, got, f, swept(1, 12, 100*us, 0), gate.Options{}); v.Counts.Fail+v.Counts.Suspected+v.Counts.Better > 0 || v.Counts.Pass < 50 {
		t.Errorf("%+v", v.Counts)
	}
}

func TestBadBaselineIsNotWritten(t *testing.T) {
	t.Parallel()
	b := full(t)
	b.Counters[0].RoundTrips = -1
	path := filepath.Join(t.TempDir(), "baseline.json")
	if err := gate.WriteFile(path, b); err == nil || !strings.Contains(err.Error(), "counters[0].round_trips") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("%v", left)
	}
	if _, err := gate.Check(b, counted(), nil, gate.Options{}); err == nil || !strings.Contains(err.Error(), "counters[0].round_trips") {
		t.Error(err)
	}
}

// TestTruncated: no prefix of a file is a file.
func TestTruncated(t *testing.T) {
	t.Parallel()
	data := bytes.TrimSpace(written(t, full(t)))
	for n := 0; n < len(data); n += 1 + n/50 {
		_, err := gate.Read(bytes.NewReader(data[:n]))
		if !errors.Is(err, gate.ErrBadBaseline) || !strings.Contains(err.Error(), "cut short") && n > 0 {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// TestMissingField: every field that is written must be there, for its zero would gate nothing.
func TestMissingField(t *testing.T) {
	t.Parallel()
	data := written(t, full(t))
	var fields int
	var walk func(path string, v any)
	var root any
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, old := range v {
				if strings.HasSuffix(path, "hashes") || strings.HasSuffix(path, "settings") || strings.HasSuffix(path, "parameters") {
					continue // free keys
				}
				delete(v, k)
				spoiled, err := json.Marshal(root)
				if err != nil {
					t.Fatal(err)
				}
				fields++
				_, err = gate.Read(bytes.NewReader(spoiled))
				optional := k == "server" || k == "note" || k == "lines" && path != ""
				if err == nil && !optional || err != nil && !strings.Contains(err.Error(), k) {
					t.Errorf("without %s.%s: %v", path, k, err)
				}
				v[k] = old
				walk(path+"."+k, old)
			}
		case []any:
			if len(v) > 0 {
				walk(path, v[0])
			}
		}
	}
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	walk("", root)
	if fields < 60 {
		t.Errorf("%d fields", fields)
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	good := string(written(t, full(t)))
	for _, c := range [][3]string{
		{`"format": 1`, `"format": 2`, "format is 2"},
		{`"format": 1`, `"format": "1"`, "not a version number"},
		{`"format": 1`, `"format": 0`, "not a version number"},
		{`"format": 1`, `"Format": 1`, "format is missing"},
		{`"round_trips": 7`, `"round_trips": "7"`, "round_trips holds a string"},
		{`"round_trips": 7`, `"round_trips": null`, "round_trips"},
		{`"round_trips": 7`, `"round_trips": 0`, "counters[0].round_trips is 0"},
		{`"round_trips": 7`, `"round_trips": -7`, "counters[0].round_trips is -7"},
		{`"round_trips": 7`, `"round_trips": 1e999`, "round_trips"},
		{`"round_trips": 7`, `"round_trips": NaN`, "not valid JSON"},
		{`"round_trips": 7`, `"round_trips": 7, "tolerance": 99`, `unknown field "tolerance"`},
		{`"calls": 1000`, `"calls": 0.5`, "calls"},
		{`"calls": 1000`, `"calls": 99999999999999999999`, "calls"},
		{`"outcome": "loaded"`, `"outcome": "found"`, `counters[0].outcome is "found"`},
		{`"outcome": "loaded"`, `"outcome": ""`, "counters[0].outcome"},
		{`"operation": "ack_orchestration_item"`, `"operation": "fetch_orchestration_item", "outcome": "loaded", "x": 1`, "unknown field"},
		{`"strategy": "sp"`, `"strategy": ""`, "strategy"},
		{`"statements": 7`, `"statements": 0`, "counters[0].server.statements is 0"},
		{`"floors": [`, `"floors": [{"case": "", "metric": "rows", "value": 1, "runs": 1},`, "floors[0].case"},
		{`"floors": [`, `"floors": [{"case": "x", "metric": "rows", "value": -1, "runs": 1},`, "floors[0].value is -1"},
		{`"value": 0.03`, `"value": 1e400`, "value"},
		{`"rtt_ns": `, `"rtt_ns": -`, "rtt_ns"},
		{`"statistic": "`, `"statistic": "x`, "statistic"},
		{`"result_format": 1`, `"result_format": 0`, "identity.result_format"},
		{`"not_gated": []`, `"not_gated": null`, "null"},
	} {
		bad := strings.Replace(good, c[0], c[1], 1)
		if bad == good {
			t.Fatalf("no %s in the file", c[0])
		}
		_, err := gate.Read(strings.NewReader(bad))
		var e *gate.BaselineError
		if !errors.As(err, &e) || !strings.Contains(e.Problem, c[2]) || e.Remedy == "" {
			t.Errorf("%s: %v, want %q", c[1], err, c[2])
		}
	}
	for text, want := range map[string]string{
		"": "empty", " \n": "cut short", "[]": "not an object", "7": "not an object", "null": `no "format" key`, "{}": `no "format" key`,
		"baseline": "not valid JSON", good + "{}": "not valid JSON", `{"format":1,"cells":[]}`: "a result and not a baseline",
		`{"format":1}`: "missing", strings.Repeat("[", 1_000_000): "", strings.Repeat(`{"identity":`, 20_000): "",
	} {
		if _, err := gate.Read(strings.NewReader(text)); !errors.Is(err, gate.ErrBadBaseline) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", text, err, want)
		}
	}
}

// TestDoubtfulFigures are refused on both ends.
func TestDoubtfulFigures(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(b *gate.Baseline){
		"ratios[0].value":           func(b *gate.Baseline) { b.Ratios[0].Value = 0 },
		"ratios[0].low is":          func(b *gate.Baseline) { b.Ratios[0].Low = b.Ratios[0].High },
		"ratios[0].rounds":          func(b *gate.Baseline) { b.Ratios[0].Rounds = -1 },
		"lines[0].r_low is":         func(b *gate.Baseline) { b.Lines[0].RLow = b.Lines[0].RHigh + 1 },
		"lines[0].points":           func(b *gate.Baseline) { b.Lines[0].Points = 0 },
		"absolute[0].p50_ns":        func(b *gate.Baseline) { b.Absolute[0].P50 = -1 },
		"is there twice":            func(b *gate.Baseline) { b.Counters[1] = b.Counters[0] },
		"identity.counters":         func(b *gate.Baseline) { b.Identity.Counters = nil },
		"identity.timed":            func(b *gate.Baseline) { b.Identity.Timed = nil },
		"nothing would be gated":    func(b *gate.Baseline) { *b = gate.Baseline{Identity: b.Identity} },
		"counters[0].server.wal_by": func(b *gate.Baseline) { b.Counters[0].Server.WALBytes = -1 },
	} {
		b := full(t)
		spoil(b)
		if err := gate.Write(new(bytes.Buffer), b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReadFileNamesThePath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.json")
	if _, err := gate.ReadFile(path); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, gate.ErrBadBaseline) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := gate.ReadFile(path); err == nil || !strings.HasPrefix(err.Error(), path+": the baseline is cut short") {
		t.Error(err)
	}
	if _, err := gate.ReadFile(t.TempDir()); !errors.Is(err, gate.ErrBadBaseline) {
		t.Error(err)
	}
}
