package sqlfile_test

import (
	"testing"
	"testing/fstest"

	"pgbench-provider/internal/sqlfile"
)

func TestLoadNamesByPath(t *testing.T) {
	t.Parallel()
	set, err := sqlfile.Load(fstest.MapFS{
		"sql/fetch/02_lock.sql": {Data: []byte("select 2;\n")},
		"sql/read.sql":          {Data: []byte("select 1")},
		"sql/notes.txt":         {Data: []byte("not a statement")},
	}, "sql", "inline")
	if err != nil {
		t.Fatal(err)
	}
	if len(set) != 2 {
		t.Errorf("loaded %d statements, want 2: %v", len(set), set)
	}
	if got, want := set.Get("fetch.lock"), "-- name: inline.fetch.lock\nselect 2;"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, fsys := range map[string]fstest.MapFS{
		"an empty file":  {"sql/a.sql": {Data: []byte(" \n")}},
		"one name twice": {"sql/1_a.sql": {Data: []byte("select 1")}, "sql/2_a.sql": {Data: []byte("select 2")}},
	} {
		if _, err := sqlfile.Load(fsys, "sql", "x"); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
