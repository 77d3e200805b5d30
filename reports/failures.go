package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgbench-provider/internal/result"
)

// failures counts the attempts that failed, by SQLSTATE, in one line; empty for none.
func failures(operations []result.Operation) string {
	all := map[string]int64{}
	for _, o := range operations {
		for state, n := range o.Failures {
			all[state] += n
		}
	}
	if len(all) == 0 {
		return ""
	}
	var words []string
	for _, state := range slices.Sorted(maps.Keys(all)) {
		words = append(words, fmt.Sprintf("%s %d", state, all[state]))
	}
	return "Failed attempts by SQLSTATE, those repeated with success included: " + strings.Join(words, ", ") + "."
}
