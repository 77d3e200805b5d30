package resulttest_test

import (
	"flag"
	"path/filepath"
	"testing"

	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
)

var update = flag.Bool("update", false, "write testdata/results anew")

// The recorded files are compared by what they mean and not byte by byte: compression and the last digit of a logarithm
// may differ between versions of Go and processors.
func TestRecordedFilesAreWhatTheModelGives(t *testing.T) {
	t.Parallel()
	for name, want := range resulttest.Recorded() {
		path := filepath.Join("..", "..", "..", "testdata", "results", name+".json")
		if *update {
			if err := result.WriteFile(path, want); err != nil {
				t.Fatal(err)
			}
		}
		got, err := result.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Cells) != len(want.Cells) {
			t.Fatalf("%s has %d cells, want %d", path, len(got.Cells), len(want.Cells))
		}
		for i := range got.Cells {
			g, w := got.Cells[i], want.Cells[i]
			if g.Name() != w.Name() || len(g.Rounds) != len(w.Rounds) {
				t.Errorf("%s: cell %d is %s with %d rounds, want %s with %d", path, i, g.Name(), len(g.Rounds), w.Name(), len(w.Rounds))
			}
			recorded := g.Summary
			if err := g.Summarize(); err != nil {
				t.Fatal(err)
			}
			for j, op := range g.Summary.Operations {
				if r := recorded.Operations[j]; op.Count != r.Count || op.P50 != r.P50 || op.P99 != r.P99 || op.Max != r.Max {
					t.Errorf("%s: %s %s: the summary is not that of its rounds: %+v, want %+v", path, g.Name(), op.Name, r, op)
				}
			}
		}
	}
}
