package reports

import (
	"cmp"
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
func (t *target) headlineAt() (at distance.Distance, own bool) {
	if t.distances[0].Measured >= farEnough {
		return t.distances[0], true
	}
	off := func(d distance.Distance) time.Duration { return max(d.Measured-usual, usual-d.Measured) }
	return slices.MinFunc(t.distances, func(a, b distance.Distance) int { return cmp.Compare(off(a), off(b)) }), false
}

// headlines say in a sentence or three what one came for: the strategy that saves most, what the others get of that, and
// from where on it holds.
func (s *sweep) headlines(t *target) []string {
	at, own := t.headlineAt()
	q := s.quantity(t, at.Added)
	place := s.compared.Standing(q, s.order())
	best := place.Best
	if best == s.base && len(s.heads()) > 0 { // nothing is faster: say by how much the next one is slower
		best = slices.MinFunc(s.heads(), func(a, b string) int {
			return cmp.Compare(s.compared.Change(q, s.base, a).Ratio, s.compared.Change(q, s.base, b).Ratio)
		})
	}
	change := s.compared.Change(q, s.base, best)
	if !change.Ratio.Valid() {
		return nil
	}
	where := "At " + rtt(at.Measured)
	if own {
		where = "At your measured round trip of " + rtt(at.Measured)
	}
	out := fmt.Sprintf("%s, %s takes %s than %s for %s (%s)", where, best, lessTime(change), s.base, whole(t.main.operation), q.Metric)
	var others []string
	base := s.measured(t, at, s.base)
	for _, h := range s.heads() {
		if part := float64((base - s.measured(t, at, h)) / (base - s.measured(t, at, best))); slices.Contains(place.Behind, h) && h != best && part > 0 && part < 1 {
			others = append(others, fmt.Sprintf("%s gets %.0f %%", h, 100*part))
		}
	}
	if len(others) > 0 {
		out += "; " + strings.Join(others, " and ") + " of that saving"
	}
	if len(place.Tied) > 0 && best == place.Best {
		out += "; not told apart from " + and(place.Tied)
	}
	out += "."
	if b := s.pair(t, t.main, s.base, best); b != nil {
		first, last := t.distances[0].Measured, t.distances[len(t.distances)-1].Measured
		span := fmt.Sprintf("distance measured (%s to %s)", strings.TrimSuffix(rtt(first), " ms"), rtt(last))
		out += fmt.Sprintf(" Against %s: %s.", s.base, strings.Replace(wins(*b), "distance measured", span, 1))
	}
	return []string{out + s.waits(t, at, best) + s.floor(t, best, at)}
}

// waits tells the round trips of an orchestration or operation under the base and under head: counted where that is what
// is waited for.
func (s *sweep) waits(t *target, at distance.Distance, head string) string {
	base, other := s.Fit(t.workload, t.main.operation, t.main.outcome, s.base), s.Fit(t.workload, t.main.operation, t.main.outcome, head)
	if base == nil || other == nil {
		return ""
	}
	if base.RoundTrips.Valid() && other.RoundTrips.Valid() {
		return fmt.Sprintf(" Round trips of %s: %s → %s, counted.", whole(t.main.operation), short(base.RoundTrips), short(other.RoundTrips))
	}
	out := fmt.Sprintf(" Round trips that it waits for: %s → %s, fitted", trips(float64(base.R)), trips(float64(other.R)))
	if c := s.compared.Find(t.workload, at.Added, head, t.main.operation, t.main.outcome, compare.RoundTrips); c != nil && c.BaseValue.Valid() {
		out += fmt.Sprintf("; in total, not all waited for, %s → %s were counted", short(c.BaseValue), short(c.HeadValue))
	}
	return out + "."
}

// measured is the median of the rounds of a strategy at a distance, in nanoseconds.
func (s *sweep) measured(t *target, at distance.Distance, strategy string) compare.Number {
	for _, p := range s.Points(t.workload, t.main.operation, t.main.outcome, strategy) {
		if p.Added == at.Added {
			return p.Value
		}
	}
	return compare.None
}

// floor is what a control arm shows at the distance of the headline, "" when there was none.
func (s *sweep) floor(t *target, head string, at distance.Distance) string {
	c := s.compared.Find(t.workload, at.Added, head, t.main.operation, t.main.outcome, compare.P50)
	if c == nil || !c.NoiseFloor.Valid() {
		return ""
	}
	return fmt.Sprintf(" Noise floor (A/A): %s.", floorOf(c))
}

func changeOf(c compare.Change) string {
	return change(&compare.Comparison{Ratio: c.Ratio, CILow: c.Low, CIHigh: c.High})
}

// lessTime is a change in words, "83 % less time [82, 86]" or "12 % more".
func lessTime(p compare.Change) string {
	point, ends, word := 1-float64(p.Ratio), [2]float64{1 - float64(p.High), 1 - float64(p.Low)}, "less"
	if point < 0 {
		point, ends, word = -point, [2]float64{-ends[1], -ends[0]}, "more"
	}
	if !p.Low.Valid() {
		return fmt.Sprintf("%.0f %% %s time", 100*point, word)
	}
	d := decimals(100 * (ends[1] - ends[0]))
	plain := func(v float64) string { return strings.TrimPrefix(signed(100*v, d), "+") }
	return fmt.Sprintf("%s %% [%s, %s] %s time", plain(point), plain(ends[0]), plain(ends[1]), word)
}

// statistic names what the lines of a target are of.
func (s *sweep) statistic(t *target) compare.Metric {
	if f := s.Fit(t.workload, t.main.operation, t.main.outcome, s.base); f != nil {
		return f.Statistic
	}
	return compare.P50
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
	order := s.order()
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

// operationsTable says the same in a row for each.
func (s *sweep) operationsTable(t *target) grid {
	g := grid{title: "Where each operation is faster than under " + s.base, head: []string{"operation", "strategy", "from the fitted lines"}, left: map[int]bool{0: true, 1: true, 2: true}, fold: true}
	for _, k := range t.subjects {
		for _, head := range s.heads() {
			if b := s.pair(t, k, s.base, head); b != nil && k != t.main {
				g.rows = append(g.rows, []cell{text(k.operation), text(head), text(wins(*b))})
			}
		}
	}
	return g
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
	case distance.Same, distance.Unclear:
		return b.Text
	}
	return "wins " + b.Text
}
