package history_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/history"
)

// Whatever a history holds, a run can be added to it or the error says why not, and every other line is left alone.
func FuzzRead(f *testing.F) {
	for _, data := range []string{"", "\n\n", "{}", `{"format":1}`, "{\"format\":1,\"points\":[{\"workload\":\"w\",\"p50_ns\":5}]}\n", "{\"format\":1}\n{\"for", "{\"format\":2}\n",
		"nothing\n", "null\n", "[]\n", "{\"format\":1,\"started_at\":\"yesterday\"}\n", "{\"format\":1,\"points\":[{\"p50_ns\":1e99}]}\n", "\xff\x00\n", "{\"format\":1}\r\n{\"format\":1}"} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "h.jsonl")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		before, _, err := history.Read(path)
		if err != nil {
			if !errors.Is(err, history.ErrBadFile) || !strings.Contains(err.Error(), path+" line ") || len(err.Error()) > 600+len(path) {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		e := history.Entry{Format: history.Format, StartedAt: time.Unix(1, 0).UTC(), Commit: "fuzz", Identity: "fuzz"}
		if err := history.Append(path, e); err != nil {
			if !errors.Is(err, history.ErrThere) {
				t.Fatalf("%q: append: %v", data, err)
			}
			return
		}
		after, torn, err := history.Read(path)
		if err != nil || torn || len(after) != len(before)+1 || after[len(before)].Commit != "fuzz" {
			t.Fatalf("%q: %d entries, and %d after one was added (torn %v, %v)", data, len(before), len(after), torn, err)
		}
	})
}
