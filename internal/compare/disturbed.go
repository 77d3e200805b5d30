package compare

import (
	"fmt"
	"strings"
	"time"

	"pgbench-provider/internal/result"
)

// Disturbed says, in a sentence for each workload and distance, which rounds an outage kept out of a comparison, and if that
// pairs rounds, which ran beside them. Disturbed rounds are in no cell's Rounds and have numbers of their own, so nothing
// pairs with them.
func Disturbed(f *result.File, paired bool) (all []string) {
	for _, g := range sideBySide(f) {
		var parts []string
		rounds, longest := map[int]bool{}, time.Duration(0)
		for _, c := range g {
			for _, d := range c.Disturbed {
				rounds[d.Round], longest = true, max(longest, d.Outage)
			}
			if n := len(c.Disturbed); n > 0 {
				parts = append(parts, fmt.Sprintf("%s of %s", counted(n), armName(c)))
			}
		}
		if len(parts) == 0 {
			continue
		}
		text := fmt.Sprintf("%s: the server went away (for up to %v) during %s", at(g[0]), longest.Round(100*time.Millisecond), strings.Join(parts, ", "))
		var alone []string
		for _, c := range g {
			n := 0
			for _, r := range c.Rounds {
				if rounds[r.Round] {
					n++
				}
			}
			if n > 0 && paired {
				alone = append(alone, fmt.Sprintf("%s of %s", counted(n), armName(c)))
			}
		}
		text += "; no estimate has them in it"
		if len(alone) > 0 {
			text += ", nor, against these arms, the rounds that ran beside them: " + strings.Join(alone, ", ")
		}
		all = append(all, text+".")
	}
	return all
}

func counted(n int) string {
	if n == 1 {
		return "1 round"
	}
	return fmt.Sprintf("%d rounds", n)
}

func armName(c *result.Cell) string {
	if c.Control {
		return c.Strategy + " (control)"
	}
	return c.Strategy
}

func at(c *result.Cell) string {
	if c.AddedRTT > 0 {
		return c.Workload + " +" + c.AddedRTT.String()
	}
	return c.Workload
}
