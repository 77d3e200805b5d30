package result_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pgbench-provider/internal/result"
)

// addResults adds a recorded file, cut short and spoiled in some ways. The whole files are too long to mutate well.
func addResults(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "results", "run.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[:len(data)/2])
	for _, text := range []string{"", "{}", "[]", "null", `{"format":1}`, `{"format":1e9,"cells":[1]}`, `{"format":"1","cells":[1]}`, `{"comparisons":[]}`,
		`{"format":1,"kind":"run","cells":[{"strategy":"sp","workload":"w"}]}`, `{"format":1,"kind":"run","cells":[{"strategy":"sp","workload":"w"}]} x`,
		`{"format":1,"kind":"run","cells":[{"strategy":"sp","workload":"w","rounds":[{"round":1,"operations":[{"name":"o","outcome":"ok","count":1,"p50_ns":5,"histogram":"HISTFAAAAAN42mNgYGBgBGIGBgYGAAAGAAE="}]}]}]}`,
		`{"format":1,"kind":"compare","started_at":"x","cells":[{"strategy":"sp","workload":"w","added_rtt_ns":-1}]}`,
		`{"format":1,"kind":"sweep","config":{"seed":18446744073709551615},"cells":[{"strategy":"a","workload":"w"},{"strategy":"a","workload":"w"}]}`} {
		f.Add([]byte(text))
	}
}

// What is read can be written and read again; what is not says so in a line of bounded length.
func FuzzRead(f *testing.F) {
	addResults(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := result.Read(bytes.NewReader(data))
		if err != nil {
			bad := new(result.FileError)
			if !errors.As(err, &bad) || bad.Problem == "" || bad.Remedy == "" || len(err.Error()) > 600 || strings.ContainsAny(err.Error(), "\n\x00\x1b") || !utf8.ValidString(err.Error()) {
				t.Fatalf("%q: %q", data, err)
			}
			return
		}
		var out bytes.Buffer
		if err := result.Write(&out, file); err != nil {
			t.Fatalf("%q was read and cannot be written: %v", data, err)
		}
		if _, err := result.Read(bytes.NewReader(out.Bytes())); err != nil {
			t.Fatalf("%q was read, and what was written of it cannot be: %v", data, err)
		}
	})
}

func FuzzHistogram(f *testing.F) {
	f.Add("HISTFAAAAAN42mNgYGBgBGIGBgYGAAAGAAE=")
	for _, c := range small().Cells {
		for _, o := range c.Summary.Operations {
			f.Add(string(o.Histogram))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := result.Histogram(text).Decode(); err == nil && p == nil && text != "" {
			t.Fatalf("%q is nothing, and no error", text)
		}
	})
}
