package compare

import (
	"fmt"
	"maps"
	"slices"

	"pgbench-provider/internal/result"
)

// loadSettings are the keys of a file's config that change what is measured when they differ. Parameters of a workload
// are in the cells.
var loadSettings = []string{"clients", "workers", "rate", "think_time_ns", "payload_bytes", "pool_size"}

// Incomparable says why two files must not be compared, or nil: another format, another PostgreSQL major version,
// another load, another parameter of a workload, nothing in common. Doubts that do not forbid a comparison are warnings
// of [Files].
func Incomparable(a, b *result.File) []string {
	var out []string
	if a.Format != b.Format {
		out = append(out, fmt.Sprintf("the formats are %d and %d", a.Format, b.Format))
	}
	if x, y := a.Environment.Server.Major(), b.Environment.Server.Major(); x != y {
		out = append(out, fmt.Sprintf("PostgreSQL %d and %d", x, y))
	}
	for _, k := range loadSettings {
		x, inA := a.Config[k]
		y, inB := b.Config[k]
		if inA && inB && fmt.Sprint(x) != fmt.Sprint(y) {
			out = append(out, fmt.Sprintf("%s is %v and %v", k, x, y))
		}
	}
	pairs := cellPairs(a, b)
	for _, p := range pairs {
		for _, d := range parameterDifferences(p.base, p.head) {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	if len(pairs) == 0 {
		out = append(out, "they have no strategy with the same workload and added round trip in common")
	}
	return out
}

// parameterDifferences compares by printed value, because a file just measured holds ints and one just read json.Numbers.
func parameterDifferences(a, b *result.Cell) []string {
	var out []string
	keys := map[string]bool{}
	for k := range a.Parameters {
		keys[k] = true
	}
	for k := range b.Parameters {
		keys[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		x, inA := a.Parameters[k]
		y, inB := b.Parameters[k]
		if inA != inB || fmt.Sprint(x) != fmt.Sprint(y) {
			out = append(out, fmt.Sprintf("%s: %s is %s and %s", a.Workload, k, orNone(x, inA), orNone(y, inB)))
		}
	}
	return out
}

func orNone(v any, ok bool) string {
	if !ok {
		return "not set"
	}
	return fmt.Sprint(v)
}
