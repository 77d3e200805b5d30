package reports

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"pgbench-provider/internal/result"
)

// benchLine is a result line being written; one without calls or figures is not.
type benchLine struct {
	head   string
	values string
	calls  int64
}

func newBenchLine(f *result.File, c *result.Cell, s subject, calls int64) *benchLine {
	suffix := ""
	if n := f.Environment.Client.GOMAXPROCS; n > 1 {
		suffix = "-" + strconv.Itoa(n)
	}
	return &benchLine{calls: calls, head: fmt.Sprintf("Benchmark%s/op=%s/strategy=%s/rtt=%s%s", benchName(c.Workload),
		token(s.name()), token(arm(c)), c.AddedRTT, suffix)}
}

func (l *benchLine) durations(p50, p90, p99 time.Duration) {
	for _, v := range []struct {
		time.Duration
		unit string
	}{{p50, "ns/op"}, {p90, "p90-ns/op"}, {p99, "p99-ns/op"}} {
		if v.Duration > 0 {
			l.values += " " + ns(v.Duration) + " " + v.unit
		}
	}
}

func (l *benchLine) value(v float64, unit string) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		l.values += " " + number(v) + " " + unit
	}
}

func (l *benchLine) end(b *bytes.Buffer) {
	if l.calls > 0 && l.values != "" {
		fmt.Fprintf(b, "%s %d%s\n", l.head, l.calls, l.values)
	}
}

// benchName gives "HelloWorld" for "hello-world": the format wants no lower-case letter after "Benchmark".
func benchName(s string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		for i, r := range word {
			if i == 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
		}
	}
	name := b.String()
	if first, _ := utf8.DecodeRuneInString(name); name == "" || unicode.IsLower(first) { // not every letter has an upper case
		name = "Workload" + name
	}
	return name
}
