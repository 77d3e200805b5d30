package gate_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgbench-provider/internal/gate"
)

func FuzzReadBaseline(f *testing.F) {
	whole, err := fullOnce()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:len(whole)/3])
	for _, text := range []string{"", "{}", "null", "[]", `{"format":1}`, `{"format":99}`, `{"cells":[]}`, `{"format":1,"nonsense":1}`, `{"format":1,"identity":{"result_format":1}}`,
		`{"format":1,"identity":{"result_format":1},"counters":[],"ratios":[],"lines":[],"absolute":[{"workload":"w","strategy":"s","operation":"o","outcome":"ok","added_rtt_ns":0,"p50_ns":1,"p99_ns":2,"per_second":0}],"floors":[],"not_gated":[]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := gate.Read(bytes.NewReader(data))
		if err != nil {
			bad := new(gate.BaselineError)
			if !errors.As(err, &bad) || bad.Problem == "" || bad.Remedy == "" || len(err.Error()) > 600 || strings.ContainsAny(err.Error(), "\n\x00\x1b") || !utf8.ValidString(err.Error()) {
				t.Fatalf("%q: %q", data, err)
			}
			return
		}
		var out bytes.Buffer
		if err := gate.Write(&out, b); err != nil {
			t.Fatalf("%q was read and cannot be written: %v", data, err)
		}
		if _, err := gate.Read(bytes.NewReader(out.Bytes())); err != nil {
			t.Fatalf("%q was read, and what was written of it cannot be: %v", data, err)
		}
	})
}

// A budget says of itself what it was read from.
func FuzzParseBudget(f *testing.F) {
	for _, s := range []string{"ack_orchestration_item:p99<20ms", "sp/hello-world/orchestration:throughput>50", "*/fan-out/orchestration:p50<1s", "a/b/c:max<1e3µs",
		"", ":", "a:p50<", "a:<1ms", "//:p50<1ms", "a:p50>1ms", "a:p50<infs", "a:p50<0x1ms", "a:p50<nan", "orchestration:throughput>1e400", "a:p50<1_0ms"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := gate.ParseBudget(s)
		if err != nil {
			if !strings.Contains(err.Error(), "write it as") || strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if again, err := gate.ParseBudget(b.String()); err != nil || again.String() != b.String() {
			t.Fatalf("%q is %+v, and %q is %+v, %v", s, b, b.String(), again, err)
		}
	})
}
