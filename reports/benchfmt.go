package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// benchUnits say how to read the units: a count is exact, and more throughput is better.
const benchUnits = `Unit ns/op better=lower
Unit p90-ns/op better=lower
Unit p99-ns/op better=lower
Unit roundtrips/op assume=exact better=lower
Unit failed/op better=lower
Unit tx/s better=higher
`

// runBenchfmt writes the Go benchmark format (golang.org/design/14313-benchmark-format): a line for each round and
// operation, whose ns/op is the median of the round, so that benchstat tests rounds and not calls. The second run of a
// strategy is a strategy of its own, "inline-control", beside which benchstat shows the noise. As in
//
//	benchstat -col /strategy compare.bench
//	benchstat -ignore commit,seed,tool before.bench after.bench
func runBenchfmt(w io.Writer, f *result.File, _ Options) error {
	var b bytes.Buffer
	b.WriteString(benchUnits)
	benchFile(&b, f, "")
	_, err := w.Write(b.Bytes())
	return err
}

// comparisonBenchfmt writes the rounds of both files, told apart by the key "side".
func comparisonBenchfmt(w io.Writer, a *compare.Analysis, o Options) error {
	sides, err := sidesOf(a)
	if err != nil {
		return err
	}
	if len(sides) == 1 {
		return runBenchfmt(w, sides[0].file, o)
	}
	var b bytes.Buffer
	b.WriteString(benchUnits)
	for _, s := range sides {
		benchFile(&b, s.file, s.name)
	}
	_, err = w.Write(b.Bytes())
	return err
}

func benchFile(b *bytes.Buffer, f *result.File, side string) {
	key := func(k, v string) {
		switch v = strings.TrimSpace(clean(v)); {
		case v != "":
			fmt.Fprintf(b, "%s: %s\n", k, v)
		case side != "":
			fmt.Fprintf(b, "%s:\n", k) // or that of the file before would hold
		}
	}
	b.WriteString("\n")
	key("side", side)
	key("goos", f.Environment.Client.OS)
	key("goarch", f.Environment.Client.Arch)
	key("cpu", f.Environment.Client.CPU)
	key("pg_version", f.Environment.Server.Version)
	key("tool", f.Tool.Name+" "+f.Tool.Version)
	key("commit", f.Tool.Commit)
	seed, ok := f.Config["seed"]
	if !ok {
		seed = ""
	}
	key("seed", fmt.Sprint(seed))
	b.WriteString("\n")
	failures := anyFailed(f)
	for i := range f.Cells {
		c := &f.Cells[i]
		for _, r := range c.Rounds {
			for _, op := range r.Operations {
				l := newBenchLine(f, c, subject{op.Name, op.Outcome}, op.Count)
				l.durations(op.P50, op.P90, op.P99)
				l.value(op.RoundTripsPerOp, "roundtrips/op")
				if failures && op.Outcome != result.Failed {
					l.value(share(op.Errors, op.Count), "failed/op")
				}
				l.end(b)
			}
			if o := r.Orchestrations; o != nil {
				l := newBenchLine(f, c, subject{compare.Orchestration, ""}, o.Completed)
				l.durations(o.P50, o.P90, o.P99)
				l.value(o.PerSecond, "tx/s")
				if failures {
					l.value(share(o.Failed, o.Completed), "failed/op")
				}
				l.end(b)
			}
		}
	}
}

// anyFailed says whether failures are a column: without any they would only be noise.
func anyFailed(f *result.File) bool {
	for _, c := range f.Cells {
		for _, r := range c.Rounds {
			if r.Orchestrations != nil && r.Orchestrations.Failed > 0 {
				return true
			}
			for _, op := range r.Operations {
				if op.Errors > 0 {
					return true
				}
			}
		}
	}
	return false
}

func share(failed, done int64) float64 { return float64(failed) / float64(failed+done) }
