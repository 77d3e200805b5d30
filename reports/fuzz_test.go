package reports_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

// Whatever can be read can be shown, in every format, alone and beside itself. An error is fine, a panic is not.
func FuzzRender(f *testing.F) {
	small, err := os.ReadFile(filepath.Join("testdata", "small.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	for _, text := range []string{`{"format":1,"kind":"run","cells":[{"strategy":"sp","workload":"w"}]}`,
		`{"format":1,"kind":"sweep","cells":[{"strategy":"a","workload":"w","added_rtt_ns":9223372036854775807},{"strategy":"b","workload":"w"}]}`,
		`{"format":1,"kind":"compare","cells":[{"strategy":"a","workload":"w","rounds":[{"round":1,"orchestrations":{"completed":1,"per_second":1e308}}]},{"strategy":"b","workload":"w","rounds":[{"round":9223372036854775807}]}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := result.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, format := range reports.Formats() {
			_ = reports.Render(io.Discard, format, file, reports.Options{})
			_ = reports.RenderFiles(io.Discard, format, file, file, reports.Options{})
		}
	})
}
