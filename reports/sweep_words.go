package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
)

// farEnough is the round trip from which one's own distance is worth the headline; nearer servers are tests of farther.
const (
	farEnough = time.Millisecond
	usual     = 25 * time.Millisecond // between two cities
)

// headlineAt is the distance of the headline: the nearest one measured if it is a real one, else the one nearest to usual.
func (t *target) headlineAt() (at time.Duration, own bool) {
	if d := t.distances[0].Measured; d >= farEnough {
		return d, true
	}
	for _, l := range t.distances {
		if at == 0 || max(l.Measured-usual, usual-l.Measured) < max(at-usual, usual-at) {
			at = l.Measured
		}
	}
	return at, false
}

// headlines say in a sentence or three what one came for: the strategy that saves most, what the others get of that, and
// from where on it holds.
func (s *sweep) headlines(t *target) []string {
	at, own := t.headlineAt()
	var best distance.Prediction
	all := map[string]distance.Prediction{}
	for _, h := range s.heads() {
		if p, ok := s.Change(t.workload, t.main.operation, t.main.outcome, s.base, h, at); ok && p.Ratio.Valid() {
			all[h] = p
			if best.Head == "" || p.Ratio < best.Ratio {
				best = p
			}
		}
	}
	if best.Head == "" {
		return nil
	}
	where := "At " + rtt(at)
	if own {
		where = "At your measured round trip of " + rtt(at)
	}
	out := fmt.Sprintf("%s, %s takes %s than %s for %s (%s)", where, best.Head, lessTime(best), best.Base, whole(t.main.operation), s.statistic(t))
	var others []string
	saving, tied := float64(best.BaseValue-best.HeadValue), s.standing(t, at).tied
	for _, h := range s.heads() {
		if p, ok := all[h]; ok && h != best.Head && !slices.Contains(tied, h) && saving > 0 && p.Ratio < 1 {
			others = append(others, fmt.Sprintf("%s gets %.0f %%", h, 100*float64(p.BaseValue-p.HeadValue)/saving))
		}
	}
	if len(others) > 0 {
		out += "; " + strings.Join(others, " and ") + " of that saving"
	}
	if len(tied) > 0 {
		out += "; these rounds do not tell it from " + and(tied)
	}
	out += "."
	if b := s.pair(t, t.main, s.base, best.Head); b != nil {
		out += fmt.Sprintf(" Break-even with %s: %s.", s.base, b.Text)
	}
	base, head := s.Fit(t.workload, t.main.operation, t.main.outcome, s.base), s.Fit(t.workload, t.main.operation, t.main.outcome, best.Head)
	if base != nil && head != nil {
		out += fmt.Sprintf(" Round trips that it waits for: %s → %s.", trips(float64(base.R)), trips(float64(head.R)))
	}
	return []string{out + s.floor(t, best.Head, at)}
}

// floor is what a control arm shows at the distance of the headline, "" when there was none.
func (s *sweep) floor(t *target, head string, at time.Duration) string {
	for _, l := range t.distances {
		c := s.compared.Find(t.workload, l.Added, head, t.main.operation, t.main.outcome, compare.P50)
		if l.Measured == at && c != nil && c.NoiseFloor.Valid() {
			return fmt.Sprintf(" Noise floor (A/A): %s.", floorOf(c))
		}
	}
	return ""
}

func changeOf(p distance.Prediction) string {
	point, low, high := 100*(float64(p.Ratio)-1), 100*(float64(p.CILow)-1), 100*(float64(p.CIHigh)-1)
	if !p.CILow.Valid() {
		return signed(point, 0) + " %"
	}
	d := decimals(high - low)
	return fmt.Sprintf("%s %% [%s, %s]", signed(point, d), signed(low, d), signed(high, d))
}

// lessTime is a change in words, "83 % less time [82, 86]" or "12 % more".
func lessTime(p distance.Prediction) string {
	point, ends, word := 1-float64(p.Ratio), [2]float64{1 - float64(p.CIHigh), 1 - float64(p.CILow)}, "less"
	if point < 0 {
		point, ends, word = -point, [2]float64{-ends[1], -ends[0]}, "more"
	}
	if !p.CILow.Valid() {
		return fmt.Sprintf("%.0f %% %s time", 100*point, word)
	}
	d := decimals(100 * (ends[1] - ends[0]))
	plain := func(v float64) string { return strings.TrimPrefix(signed(100*v, d), "+") }
	return fmt.Sprintf("%s %% [%s, %s] %s time", plain(point), plain(ends[0]), plain(ends[1]), word)
}

// statistic names what the lines of a target are of.
func (s *sweep) statistic(t *target) string {
	if f := s.Fit(t.workload, t.main.operation, t.main.outcome, s.base); f != nil {
		return string(f.Statistic)
	}
	return string(compare.P50)
}

func whole(operation string) string {
	if operation == compare.Orchestration {
		return "the whole orchestration"
	}
	return operation
}

// pair finds the break-even in the order asked for; the file's order of strategies may be the other.
func (s *sweep) pair(t *target, k subject, base, head string) *distance.BreakEven {
	if b := s.Pair(t.workload, k.operation, k.outcome, base, head); b != nil {
		return b
	}
	b := s.Pair(t.workload, k.operation, k.outcome, head, base)
	if b == nil {
		return nil
	}
	turned := b.Turn()
	return &turned
}

// breakEvens say who wins where: all pairs for the main subject, and for the operations each strategy against the base.
func (s *sweep) breakEvens(t *target) []string {
	var out []string
	order := append([]string{s.base}, s.heads()...)
	for i, base := range order {
		var clauses []string
		for _, head := range order[i+1:] {
			if b := s.pair(t, t.main, base, head); b != nil {
				clauses = append(clauses, clause(*b))
			}
		}
		if len(clauses) > 0 {
			out = append(out, fmt.Sprintf("Against %s, %s: %s.", base, whole(t.main.operation), strings.Join(clauses, "; ")))
		}
	}
	return append(out, s.byOperation(t)...)
}

// byOperation says for each strategy where its operations win against those of the base.
func (s *sweep) byOperation(t *target) (out []string) {
	for _, head := range s.heads() {
		if line := s.operations(t, head); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// operations groups the operations of head by what is said of them.
func (s *sweep) operations(t *target, head string) string {
	var texts []string
	of := map[string][]string{}
	for _, k := range t.subjects {
		if k == t.main {
			continue
		}
		if b := s.pair(t, k, s.base, head); b != nil {
			text := wins(*b)
			if of[text] == nil {
				texts = append(texts, text)
			}
			of[text] = append(of[text], k.operation)
		}
	}
	for i, text := range texts {
		texts[i] = strings.Join(of[text], ", ") + ": " + text
	}
	if len(texts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s against %s by operation. %s.", head, s.base, strings.Join(texts, "; "))
}

func clause(b distance.BreakEven) string {
	if b.Verdict == distance.Same || b.Verdict == distance.Unclear {
		return b.Head + ": " + b.Text
	}
	return b.Head + " " + wins(b)
}

// wins puts a verb before what is a place.
func wins(b distance.BreakEven) string {
	switch b.Verdict {
	case distance.Never:
		return "never wins"
	case distance.Same, distance.Unclear:
		return b.Text
	}
	return "wins " + b.Text
}
