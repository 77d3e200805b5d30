package history_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pgbench-provider/internal/history"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

func TestEntryOfARun(t *testing.T) {
	t.Parallel()
	f := resulttest.Sweep()
	e := history.Of(f)
	if e.Format != history.Format || e.Identity == "" || len(e.Points) == 0 || !e.StartedAt.Equal(f.StartedAt) {
		t.Fatalf("%+v", e)
	}
	for _, p := range e.Points {
		if (p.Ratio == 0) != (p.Strategy == "inline") || p.P50 <= 0 || p.Outcome == result.Empty {
			t.Errorf("%s: %+v", p.Key(), p)
		}
	}
	g := resulttest.Sweep()
	g.Cells[0].Parameters = map[string]any{"in_flight": 99}
	if history.Of(g).Identity == e.Identity {
		t.Error("another parameter, and the same identity")
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "h.jsonl")
	e := history.Of(resulttest.Sweep())
	if err := history.Append(path, e); err != nil {
		t.Fatal(err)
	}
	if err := history.Append(path, e); !errors.Is(err, history.ErrThere) {
		t.Errorf("twice the same run: %v", err)
	}
	// A crash cuts the last line short; the next run is not lost with it.
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, whole[:len(whole)/2]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, torn, err := history.Read(path); len(got) != 1 || !torn || err != nil {
		t.Errorf("%d entries, torn %v, %v", len(got), torn, err)
	}
	later := e
	later.StartedAt = e.StartedAt.Add(time.Hour)
	if err := history.Append(path, later); err != nil {
		t.Fatal(err)
	}
	got, torn, err := history.Read(path)
	if err != nil || torn || !reflect.DeepEqual(got, []history.Entry{e, later}) {
		t.Errorf("%d entries, torn %v, %v", len(got), torn, err)
	}
	// An editor may take the last newline away.
	if whole, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	third := e
	third.StartedAt = e.StartedAt.Add(2 * time.Hour)
	if err := history.Append(path, third); err != nil {
		t.Fatal(err)
	}
	if got, torn, err := history.Read(path); err != nil || torn || !reflect.DeepEqual(got, []history.Entry{e, later, third}) {
		t.Errorf("%d entries, torn %v, %v", len(got), torn, err)
	}
	for text, want := range map[string]string{"{\n": "line 1 is no JSON", `{"format":9}` + "\n": "format 9"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := history.Read(path); !errors.Is(err, history.ErrBadFile) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// noisy gives n values around 1 with 3 % noise, and from step on 1 + effect times as much.
func noisy(seed uint64, n, step int, effect float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 5))
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Exp(0.03 * rng.NormFloat64())
		if i >= step {
			v[i] *= 1 + effect
		}
	}
	return v
}

func TestAStepIsFound(t *testing.T) {
	t.Parallel()
	const runs = 20
	found, alarms := 0, 0
	for seed := range uint64(runs) {
		for _, c := range history.Changes(noisy(seed, 40, 25, 0.12)) {
			if c.At >= 23 && c.At <= 27 && math.Abs(c.Share-0.12) < 0.05 && c.P <= history.Significance {
				found++
			}
		}
		alarms += len(history.Changes(noisy(seed+1000, 40, 40, 0)))
	}
	if found < runs-1 {
		t.Errorf("a step of 12 %% was found in %d of %d series", found, runs)
	}
	if alarms > 0 {
		t.Errorf("%d changes were found in %d series without any", alarms, runs)
	}
}

// Steps that are each too small to tell are told together.
func TestSmallStepsAddUp(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 5))
	v := make([]float64, 100)
	for i := range v {
		v[i] = math.Pow(1.04, float64(i/20)) * math.Exp(0.005*rng.NormFloat64())
	}
	total := 1.0
	for _, c := range history.Changes(v) {
		total *= 1 + c.Share
	}
	if total < 1.08 {
		t.Errorf("four steps of 4 %% are told as a change of %.3f", total)
	}
}

func TestChangesAreOfTheSeriesAlone(t *testing.T) {
	t.Parallel()
	if history.Changes(noisy(1, history.MinRuns-1, 3, 2)) != nil {
		t.Error("too few runs, and changes")
	}
	constant := make([]float64, 30)
	for i := range constant {
		constant[i] = 7
	}
	if history.Changes(constant) != nil {
		t.Error("a constant series changed")
	}
	rapid.Check(t, func(t *rapid.T) {
		v := noisy(rapid.Uint64().Draw(t, "seed"), 24, 12, rapid.Float64Range(0, 0.5).Draw(t, "effect"))
		k := rapid.Float64Range(1e-3, 1e3).Draw(t, "scale")
		scaled := make([]float64, len(v))
		for i := range v {
			scaled[i] = v[i] * k
		}
		a, b := history.Changes(v), history.Changes(scaled)
		if len(a) != len(b) {
			t.Fatalf("%d changes, and %d of the same times %v", len(a), len(b), k)
		}
		for i := range a {
			if a[i].At != b[i].At || math.Abs(a[i].Share-b[i].Share) > 1e-9 {
				t.Fatalf("%+v, and %+v of the same times %v", a[i], b[i], k)
			}
		}
	})
}
