package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/result"
)

// runFacts is what was run, in a line: "20 rounds of 500 ms, 4 in flight, dispatchers 2:2, control arm, seed 42".
func runFacts(f *result.File) string {
	words := []string{rounds(f)}
	if rate, ok := setting(f.Config["rate_per_second"]); ok {
		words = append(words, fmt.Sprintf("%s/s offered (Poisson)", strconv.FormatFloat(rate, 'g', 4, 64)))
	}
	if n := parameters(f, "in_flight"); n != "" {
		limit := ""
		if _, ok := setting(f.Config["rate_per_second"]); ok {
			limit = "at most "
		}
		words = append(words, limit+n+" in flight")
	}
	if d := parameters(f, "dispatchers"); d != "" {
		words = append(words, "dispatchers "+d)
	}
	if slices.ContainsFunc(f.Cells, func(c result.Cell) bool { return c.Control }) {
		words = append(words, "control arm")
	}
	if seed, ok := f.Config["seed"]; ok {
		words = append(words, fmt.Sprintf("seed %v", seed))
	}
	if w := waiting(f); w != "" {
		words = append(words, w)
	}
	return strings.Join(words, ", ")
}

// waiting says how idle dispatchers came by their work, and what that took beside the operations.
func waiting(f *result.File) string {
	var polls int64
	var took, measured time.Duration
	for _, c := range f.Cells {
		for _, r := range c.Rounds {
			measured += r.Duration
			if r.Waiting != nil {
				polls += r.Waiting.Count
				took += time.Duration(r.Waiting.Count) * r.Waiting.Mean
			}
		}
	}
	if polls == 0 || measured <= 0 {
		return ""
	}
	return fmt.Sprintf("woken in the process, beside %.2g polls a second that took %.2g %% of the time", float64(polls)/measured.Seconds(),
		100*took.Seconds()/measured.Seconds())
}

func rounds(f *result.File) string {
	low, high := -1, 0
	for _, c := range f.Cells {
		if low < 0 || len(c.Rounds) < low {
			low = len(c.Rounds)
		}
		high = max(high, len(c.Rounds))
	}
	out := plural(high, "round", "rounds")
	if low >= 0 && low < high {
		out = fmt.Sprintf("%d to %s", low, out)
	}
	if units, ok := setting(f.Config["orchestrations"]); ok {
		return out + fmt.Sprintf(" of %s", plural(int(units), "unit", "units"))
	}
	if ns, ok := setting(f.Config["round_ns"]); ok {
		out += " of " + time.Duration(ns).String()
	}
	return out
}

// parameters gives the values that a parameter has in the cells.
func parameters(f *result.File, name string) string {
	var all []string
	for _, c := range f.Cells {
		if v, ok := c.Parameters[name]; ok && !slices.Contains(all, fmt.Sprint(v)) {
			all = append(all, fmt.Sprint(v))
		}
	}
	return strings.Join(all, ", ")
}

func setting(v any) (float64, bool) {
	if v == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	return n, err == nil
}

// offered gives, for an open loop, a line a cell and what to make of it.
func offered(f *result.File) (lines, doubts []string) {
	for _, c := range f.Cells {
		o := c.Summary.Orchestrations
		if o == nil || o.Offered == nil {
			continue
		}
		account := o.Offered
		where := c.Strategy + ", " + c.Workload
		if c.AddedRTT > 0 {
			where += ", " + rtt(c.AddedRTT) + " added"
		}
		line := fmt.Sprintf("%s: %d arrived, %.4g/s completed; began late by p50 %s, p99 %s; then took p50 %s, p99 %s", where,
			account.Arrived, o.PerSecond, rtt(account.Lag.P50), rtt(account.Lag.P99), rtt(account.Service.P50), rtt(account.Service.P99))
		if account.LatencyLimit > 0 {
			line += fmt.Sprintf("; %d over %s", account.Late, rtt(account.LatencyLimit))
		}
		if c.Control {
			line = "control: " + line
		}
		lines = append(lines, line)
		var measured time.Duration
		for _, r := range c.Rounds {
			measured += r.Duration
		}
		// Waiting longer than the work takes is a queue; one that ends with the round has grown to its end.
		if arrived := float64(account.Arrived) / measured.Seconds(); o.PerSecond < 0.9*arrived && account.Lag.P99 > account.Service.P50 {
			doubts = append(doubts, fmt.Sprintf("%s: %.4g/s completed while %.4g/s arrived: its latencies are those of a queue that grows; compare at a lower --rate.",
				where, o.PerSecond, arrived))
		}
	}
	return lines, doubts
}
