package chaos

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Table writes what runs came to: a line a strategy, the faults by kind, the failures by state, and every violation with
// its seed.
func Table(out io.Writer, results []*Result) {
	fmt.Fprintf(out, "%-10s %5s %7s %10s %8s %9s %10s %11s %13s %13s\n", "strategy", "runs", "faults", "instances", "deleted", "repeated",
		"lost acks", "violations", "recovery p50", "recovery max")
	faults, states := map[string]int{}, map[string]int{}
	for _, strategy := range names(results) {
		var sum Result
		var recoveries []time.Duration
		runs, injected, violations := 0, 0, 0
		for _, r := range results {
			if r.Strategy != strategy {
				continue
			}
			runs, violations = runs+1, violations+len(r.Violations)
			sum.Instances, sum.Deleted = sum.Instances+r.Instances, sum.Deleted+r.Deleted
			sum.Repeated, sum.LostAcks = sum.Repeated+r.Repeated, sum.LostAcks+r.LostAcks
			for name, n := range r.Faults {
				faults[name], injected = faults[name]+n, injected+n
			}
			for state, n := range r.States {
				states[state] += n
			}
			recoveries = append(recoveries, r.restarts()...)
		}
		median, most := spread(recoveries)
		fmt.Fprintf(out, "%-10s %5d %7d %10d %8d %9d %10d %11d %13v %13v\n", strategy, runs, injected, sum.Instances, sum.Deleted, sum.Repeated,
			sum.LostAcks, violations, median.Round(time.Millisecond), most.Round(time.Millisecond))
	}
	fmt.Fprintf(out, "\nfaults: %s\nfailed attempts by SQLSTATE: %s\nfirst ack after, median and most: %s\n", list(faults), list(states), waits(results))
	for _, r := range results {
		for _, v := range r.Violations {
			fmt.Fprintf(out, "VIOLATION %s, seed %d: %s\n", r.Strategy, r.Seed, v)
		}
	}
}

// waits tells how long it took after each kind of outage.
func waits(results []*Result) string {
	all := map[string][]time.Duration{}
	for _, r := range results {
		for name, some := range r.Recoveries {
			all[name] = append(all[name], some...)
		}
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		median, most := spread(all[name])
		words = append(words, fmt.Sprintf("%s %v %v", name, median.Round(time.Millisecond), most.Round(time.Millisecond)))
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// restarts are the recoveries after the server itself was away.
func (r *Result) restarts() (all []time.Duration) {
	for _, name := range []string{"stop-fast", "stop-immediate", "kill"} {
		all = append(all, r.Recoveries[name]...)
	}
	return all
}

// Slowest is the longest recovery after the server was back; 0 when it was never away.
func (r *Result) Slowest() time.Duration {
	_, most := spread(r.restarts())
	return most
}

// spread gives the median, the lower one of an even number, and the maximum; 0 of none.
func spread(all []time.Duration) (median, most time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[(len(all)-1)/2], all[len(all)-1]
}

// names gives the strategies in the order of the results.
func names(results []*Result) (all []string) {
	for _, r := range results {
		if !slices.Contains(all, r.Strategy) {
			all = append(all, r.Strategy)
		}
	}
	return all
}

func list(counts map[string]int) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s %d", name, counts[name]))
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
