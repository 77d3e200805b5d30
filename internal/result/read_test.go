package result_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

func small() *result.File {
	return resulttest.Make(resulttest.Spec{
		Kind: result.KindCompare, Seed: 7, Rounds: 3, PerRound: 20, RTT: 100 * time.Microsecond,
		Arms: []resulttest.Arm{resulttest.HelloWorld("inline"), resulttest.HelloWorld("sp"), resulttest.Operations("sp")},
	})
}

func written(t *testing.T, f *result.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := result.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteThenReadKeepsEverything(t *testing.T) {
	t.Parallel()
	data := written(t, small())
	f, err := result.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Cells[0].Rounds, small().Cells[0].Rounds) {
		t.Errorf("rounds changed on the way")
	}
	if again := written(t, f); !bytes.Equal(again, data) {
		t.Errorf("writing what was read gives another file")
	}
}

func TestReadKeepsLargeSeeds(t *testing.T) {
	t.Parallel()
	f := small()
	f.Config["seed"] = uint64(1<<63 + 1) // a float64 would end in ...808
	got, err := result.Read(bytes.NewReader(written(t, f)))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := got.Config["seed"].(interface{ String() string }); !ok || s.String() != "9223372036854775809" {
		t.Errorf("seed = %v", got.Config["seed"])
	}
}

func TestReadIgnoresUnknownKeys(t *testing.T) {
	t.Parallel()
	data := bytes.Replace(written(t, small()), []byte(`"kind"`), []byte(`"later": {"x": 1}, "kind"`), 1)
	if _, err := result.Read(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
}

func TestReadSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	good := string(written(t, small()))
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in the file", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, c := range map[string]struct{ in, problem, remedy string }{
		"empty":           {"", "is empty", "run the benchmark again"},
		"blank":           {" \n", "is empty", "run the benchmark again"},
		"cut short":       {good[:len(good)/2], "cut short", "copy it again"},
		"text":            {"latency average = 0.9 ms", "not JSON", "--out"},
		"broken":          {swap(`"kind":`, `"kind"`), "not valid JSON", "as the tool wrote it"},
		"array":           {"[1, 2]", "not an object", "--out"},
		"other JSON":      {`{"name": "x"}`, `no "format" key`, "--out"},
		"comparison":      {`{"format": 1, "comparisons": []}`, "output of compare", "result file it was made from"},
		"newer":           {swap(`"format": 1`, `"format": 9`), "format 9, and this program reads up to 1", "newer"},
		"newer, reshaped": {`{"format": 2, "cells": {"a": 1}, "kind": 3}`, "format 2", "newer"},
		"no version":      {swap(`"format": 1`, `"format": "one"`), "not a version number", "--out"},
		"no cells key":    {`{"format": 1, "kind": "run"}`, "no cells", "run the benchmark again"},
		"no cells":        {`{"format": 1, "kind": "run", "cells": []}`, "no cells", "run the benchmark again"},
		"kind":            {swap(`"kind": "compare"`, `"kind": "soak"`), `kind is "soak"`, "as the tool wrote it"},
		"outcome":         {swap(`"outcome": "loaded"`, `"outcome": "found"`), `outcome is "found"`, "as the tool wrote it"},
		"type":            {swap(`"strategy": "inline"`, `"strategy": 3`), "cells.strategy", "as the tool wrote it"},
		"negative":        {swap(`"round_trips_per_op": 7`, `"round_trips_per_op": -7`), "negative", "as the tool wrote it"},
		"round twice":     {swap(`"round": 2`, `"round": 1`), "there twice", "as the tool wrote it"},
		"two files":       {good + good, "something follows", "as the tool wrote it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := result.Read(strings.NewReader(c.in))
			if !errors.Is(err, result.ErrBadFile) {
				t.Fatalf("error %v is not ErrBadFile", err)
			}
			if msg := err.Error(); !strings.Contains(msg, c.problem) || !strings.Contains(msg, c.remedy) ||
				strings.Contains(msg, "Go ") || strings.Contains(msg, "\n") {
				t.Errorf("message %q, want %q and %q", msg, c.problem, c.remedy)
			}
		})
	}
}

func TestReadOfEveryPrefixFailsCleanly(t *testing.T) {
	t.Parallel()
	data := bytes.TrimSpace(written(t, small()))
	for n := 0; n < len(data); n += 1 + len(data)/500 {
		if _, err := result.Read(bytes.NewReader(data[:n])); !errors.Is(err, result.ErrBadFile) {
			t.Fatalf("%d of %d bytes: %v", n, len(data), err)
		}
	}
}

func TestReadFileNamesThePath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	missing := filepath.Join(dir, "none.json")
	_, err := result.ReadFile(missing)
	if !errors.Is(err, result.ErrBadFile) || !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), missing+": ") {
		t.Errorf("missing: %v", err)
	}
	if _, err := result.ReadFile(dir); !errors.Is(err, result.ErrBadFile) || !strings.Contains(err.Error(), "directory") {
		t.Errorf("directory: %v", err)
	}
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := result.ReadFile(bad); err == nil || !strings.HasPrefix(err.Error(), bad+": the file is cut short") {
		t.Errorf("bad: %v", err)
	}
}

func TestWriteFileMakesTheDirectoryAndLeavesNothingElse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "r.json")
	for range 2 { // the second replaces the first
		if err := result.WriteFile(path, small()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := result.ReadFile(path); err != nil {
		t.Error(err)
	}
	assertOnly(t, filepath.Dir(path), "r.json")
}

func TestWriteFileKeepsTheOldFileWhenItFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.json")
	if err := result.WriteFile(path, small()); err != nil {
		t.Fatal(err)
	}
	broken := small()
	broken.Cells[0].Summary.Operations[0].Outcome = "found"
	if err := result.WriteFile(path, broken); err == nil || !strings.Contains(err.Error(), `"found"`) {
		t.Errorf("WriteFile of a broken file = %v", err)
	}
	if _, err := result.ReadFile(path); err != nil {
		t.Error(err)
	}
	assertOnly(t, filepath.Dir(path), "r.json")
}

func assertOnly(t *testing.T, dir, want string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != want {
		t.Errorf("directory holds %v, want %s alone", entries, want)
	}
}
