package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgbench-provider/internal/bench"
	"pgbench-provider/internal/result"
)

func ended(strategy string, control bool, workload string, perSecond float64, p50 time.Duration) bench.Progress {
	return bench.Progress{Phase: "measured", Strategy: strategy, Control: control, Workload: workload,
		Measured: &result.Round{Duration: time.Second, Orchestrations: &result.Orchestrations{PerSecond: perSecond, P50: p50, P99: 3 * p50}}}
}

func TestLiveShowsMediansBesideWhatIsMeasured(t *testing.T) {
	t.Parallel()
	var l live
	for _, p := range []bench.Progress{
		ended("inline", false, "hello-world", 100, 10*time.Millisecond), ended("inline", false, "hello-world", 300, 30*time.Millisecond),
		ended("inline", false, "hello-world", 120, 12*time.Millisecond), ended("inline", true, "hello-world", 99, 9*time.Millisecond),
		ended("sp", false, "hello-world", 1234.5678, 987*time.Microsecond), ended("sp", false, "fan-out", 7, 1500*time.Millisecond),
	} {
		l.add(p)
	}
	lines := l.lines(bench.Progress{Workload: "hello-world"})
	if len(lines) != 3 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for i, want := range []string{"inline|120/s|p50|12 ms|p99|36 ms|▁█▁", "inline (control)|99/s|p50|9 ms|p99|27 ms|▁", "sp|1235/s|p50|987 µs|p99|2.96 ms|▁"} {
		got := strings.NewReplacer(" ms", "_ms", " µs", "_µs", " (", "_(").Replace(lines[i])
		got = strings.NewReplacer("_ms", " ms", "_µs", " µs", "_(", " (").Replace(strings.Join(strings.Fields(got), "|"))
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if n := utf8.RuneCountInString(lines[i]); n > 80 {
			t.Errorf("%d columns: %q", n, lines[i])
		}
	}
}

// What is drawn is drawn over, and a log gets plain lines.
func TestProgressOnATerminalAndInALog(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{true, false} {
		var w bytes.Buffer
		p := &progress{w: &w, terminal: terminal, mode: "all"}
		p.show(ended("sp", false, "hello-world", 10, time.Millisecond))
		next := bench.Progress{Phase: "measure", Strategy: "sp", Workload: "hello-world", Round: 2, Rounds: 9}
		p.show(next)
		p.show(next)
		p.clear()
		text := w.String()
		if strings.Count(text, "round 2 of 9: hello-world, sp") != 2 || strings.Count(text, "10/s") != 2 {
			t.Errorf("terminal %v: %q", terminal, text)
		}
		if got := strings.Count(text, "\x1b[1A\r\x1b[J"); terminal && got != 2 || !terminal && strings.ContainsAny(text, "\x1b\r▁") {
			t.Errorf("terminal %v: %q", terminal, text)
		}
	}
}
