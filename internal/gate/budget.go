package gate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Budget is a limit in absolute figures. Empty Strategy and Workload are any.
type Budget struct {
	Strategy  string
	Workload  string
	Operation string // [compare.Orchestration] for the whole
	Metric    Metric // P50, P90, P99, Mean or Max, in nanoseconds; Throughput, in orchestrations a second
	Limit     float64
}

const budgetExample = "write it as ack_orchestration_item:p99<20ms, sp/hello-world/orchestration:throughput>50 or */fan-out/orchestration:p50<1s"

var units = map[string]float64{
	"ns": 1, "us": float64(time.Microsecond), "µs": float64(time.Microsecond), "ms": float64(time.Millisecond), "s": float64(time.Second),
}

// ParseBudget reads "[strategy/workload/]operation:metric<limit". * is any strategy or workload. Latencies have a unit,
// ns, us, ms or s, and are to stay below; throughput is a plain number and is to stay above.
func ParseBudget(s string) (Budget, error) {
	fail := func(format string, args ...any) (Budget, error) {
		return Budget{}, fmt.Errorf("budget %q: %s; %s", s, fmt.Sprintf(format, args...), budgetExample)
	}
	subject, rule, ok := strings.Cut(strings.TrimSpace(s), ":")
	i := strings.IndexAny(rule, "<>")
	if !ok || i < 0 {
		return fail("there is no colon followed by < or >")
	}
	b := Budget{Operation: strings.TrimSpace(subject), Metric: Metric(strings.TrimSpace(rule[:i]))}
	if p := strings.Split(b.Operation, "/"); len(p) == 3 {
		b.Strategy, b.Workload, b.Operation = unlessAny(p[0]), unlessAny(p[1]), p[2]
	} else if len(p) != 1 {
		return fail("before the colon is neither an operation nor strategy/workload/operation")
	}
	if b.Operation == "" || strings.ContainsAny(b.Operation, " *") || strings.Contains(subject, "//") || strings.HasPrefix(subject, "/") {
		return fail("a name before the colon is empty or not one")
	}
	value := strings.TrimSpace(rule[i+1:])
	switch {
	case b.Metric == Throughput && b.Operation != compare.Orchestration:
		return fail("only %s has a throughput", compare.Orchestration)
	case b.Metric != Throughput && !slices.Contains([]Metric{P50, P90, P99, Mean, Max}, b.Metric):
		return fail("the metric is %q, not p50, p90, p99, mean, max or throughput", b.Metric)
	case (b.Metric == Throughput) != (rule[i] == '>'):
		return fail("%s needs %s", b.Metric, b.sign())
	}
	scale := 1.0
	if b.Metric != Throughput {
		number := strings.TrimRight(value, "nuµms")
		if scale, ok = units[value[len(number):]]; !ok {
			return fail("the unit is %q, not ns, us, ms or s", value[len(number):])
		}
		value = number
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if b.Limit = n * scale; err != nil || !(b.Limit > 0) || math.IsInf(b.Limit, 0) {
		return fail("the limit is not a number above 0")
	}
	return b, nil
}

func unlessAny(s string) string {
	if s == "*" {
		return ""
	}
	return s
}

func (b Budget) sign() string {
	if b.Metric == Throughput {
		return ">"
	}
	return "<"
}

func (b Budget) limit() string {
	if b.Metric == Throughput {
		return strconv.FormatFloat(b.Limit, 'g', -1, 64)
	}
	return time.Duration(b.Limit).String()
}

// String gives the budget as ParseBudget reads it.
func (b Budget) String() string {
	s := b.Operation
	if b.Strategy != "" || b.Workload != "" {
		s = orAny(b.Strategy) + "/" + orAny(b.Workload) + "/" + s
	}
	if b.Metric == Throughput {
		return fmt.Sprintf("%s:throughput>%s", s, b.limit())
	}
	return fmt.Sprintf("%s:%s<%sns", s, b.Metric, strconv.FormatFloat(b.Limit, 'g', -1, 64))
}

func orAny(s string) string {
	if s == "" {
		return "*"
	}
	return s
}

// figure gives what b limits in the summary of a cell, and how many calls it rests on.
func (b Budget) figure(s result.Summary) (v float64, calls int64, o result.Outcome) {
	var l result.Latency
	if w := s.Orchestrations; b.Operation == compare.Orchestration && w != nil {
		if b.Metric == Throughput {
			return w.PerSecond, w.Completed, ""
		}
		l = result.Latency{Count: w.Completed, Mean: w.Mean, P50: w.P50, P90: w.P90, P99: w.P99, Max: w.Max}
	}
	for _, x := range s.Operations {
		if x.Name == b.Operation && (x.Outcome == result.OK || x.Outcome == result.Loaded) {
			l, o = x.Latency, x.Outcome
		}
	}
	v = float64(map[Metric]time.Duration{P50: l.P50, P90: l.P90, P99: l.P99, Mean: l.Mean, Max: l.Max}[b.Metric])
	return v, l.Count, o
}
