package gate

import (
	"fmt"
	"slices"
)

// Confirm decides what first suspects by a re-run with at least twice the rounds: what fails again fails, what passes
// passes, and the rest is inconclusive. All other cases are those of first. It returns an error when second lacks a
// suspected case, or has too few rounds for it. Neither argument is changed.
func Confirm(first, second *Verdict) (*Verdict, error) {
	out := *first
	out.Cases, out.Notes = slices.Clone(first.Cases), slices.Clone(first.Notes)
	failed, suspected := 0, 0
	for i := range out.Cases {
		c := &out.Cases[i]
		if c.Status != Suspected {
			continue
		}
		suspected++
		again := second.Find(c.Name)
		switch {
		case again == nil || again.Status == NotGated:
			return nil, fmt.Errorf("confirm %s: the re-run did not measure it: measure the same workload, strategies and distances again", c.Name)
		case again.Status != Fail && again.Rounds < 2*c.Rounds: // a missing operation has no rounds
			return nil, fmt.Errorf("confirm %s: the re-run has %d rounds after %d: measure at least twice as many", c.Name, again.Rounds, c.Rounds)
		}
		before := fmt.Sprintf("the first run showed a change of %.4g", float64(c.Change))
		*c = *again
		switch again.Status {
		case Suspected, Fail:
			c.Status, c.Note = Fail, join2("confirmed: "+before, again.Note)
			failed++
		default:
			c.Note = join2("not confirmed: "+before, again.Note)
		}
	}
	if suspected > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("Suspected cases: %d, of which a re-run confirmed %d.", suspected, failed))
	}
	out.count()
	return &out, nil
}

func join2(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}
