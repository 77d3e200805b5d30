package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/bench"
	"pgbench-provider/workloads"
)

func TestSoakIsJudged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rates     []float64
		size      []int64
		deadlocks int64
		broken    string
	}{
		"steady":    {[]float64{100, 99, 101, 98, 100, 95}, []int64{10, 12, 14, 14, 13, 14}, 0, ""},
		"slower":    {[]float64{100, 99, 98, 97, 95, 80}, []int64{10, 12, 14, 14, 13, 14}, 0, "80.0/s in the last"},
		"growing":   {[]float64{100, 100, 100, 100, 100, 100}, []int64{10, 20, 30, 40, 50, 60}, 0, "60 kB of tables"},
		"deadlocks": {[]float64{100, 100, 100, 100, 100, 100}, []int64{10, 12, 14, 14, 13, 14}, 2, "2 deadlocks"},
	} {
		s := &soak{duration: 6 * time.Minute, lines: map[string][]bench.SoakLine{}}
		for i, r := range c.rates {
			s.add(bench.SoakLine{At: time.Duration(i+1) * time.Minute, Workload: "w", PerSecond: r, Tables: c.size[i] << 10, Deadlocks: c.deadlocks})
		}
		var out bytes.Buffer
		err := s.judge(&app{out: &out})
		if (c.broken == "") != (err == nil) || err != nil && !errors.Is(err, workloads.ErrCheck) {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
		failed := 0
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, "FAIL") {
				failed++
				if !strings.Contains(line, c.broken) {
					t.Errorf("%s: %s", name, line)
				}
			}
		}
		if (c.broken != "") != (failed == 1) {
			t.Errorf("%s: %d bars are broken\n%s", name, failed, &out)
		}
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	var lines []bench.SoakLine
	for i := range 30 {
		lines = append(lines, bench.SoakLine{At: time.Duration(i+1)*time.Minute + 20*time.Millisecond, PerSecond: float64(i)})
	}
	if first, last := rate(lines, 0, edge), rate(lines, 25*time.Minute, 30*time.Minute); first != 2 || last != 27 {
		t.Errorf("%v and %v, want 2 and 27: the means of five lines", first, last)
	}
}
