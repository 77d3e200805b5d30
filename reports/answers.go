package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html"
)

// answers are what a reader of a sweep asks first, each in a line or two.
func (s *sweep) answers(t *target, doubts int) []html.Fact {
	at, _ := t.headlineAt()
	order := append([]string{s.base}, s.heads()...)
	var gains, breaks []string
	for i, base := range order {
		for _, head := range order[i+1:] {
			if p, ok := s.Change(t.workload, t.main.operation, t.main.outcome, base, head, at); ok && p.Ratio.Valid() {
				gains = append(gains, fmt.Sprintf("%s against %s: %s ms against %s ms, %s%s", head, base, pointMS(p.HeadValue), pointMS(p.BaseValue),
					changeOf(p), given(!(p.CIHigh < 1 || p.CILow > 1), ", not told apart")))
			}
			if b := s.pair(t, t.main, base, head); b != nil {
				breaks = append(breaks, fmt.Sprintf("%s against %s: %s", head, base, wins(*b)))
			}
		}
	}
	if len(gains) == 0 {
		return nil
	}
	return []html.Fact{
		{Name: "Fastest at " + rtt(at), Text: s.standing(t, at).String()},
		{Name: "By how much", Text: strings.Join(gains, "\n") + "\nThese are " + s.statistic(t) + "s of " + whole(t.main.operation) + " on the fitted lines; the table below has the p50s measured."},
		{Name: "How sure", Text: s.certainty(t, at, doubts)},
		{Name: "Break-even", Text: strings.Join(breaks, "\n")},
		{Name: "What would change it", Text: s.limits(t)},
	}
}

func given(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

func pointMS[N ~float64](ns N) string {
	d := time.Duration(float64(ns))
	return scaleOf(d).ms(d)
}

// standing is who leads at a distance, whom the rounds do not tell from the leader, and who is behind.
type standing struct {
	best         string
	tied, behind []string
}

func (s standing) String() string {
	out := s.best
	if len(s.tied) > 0 {
		out += ", but these rounds do not tell it from " + and(s.tied)
	}
	if len(s.behind) > 0 {
		out += ". Slower, and told apart: " + strings.Join(s.behind, ", ")
	}
	return out + "."
}

func and(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func (s *sweep) standing(t *target, at time.Duration) standing {
	order := append([]string{s.base}, s.heads()...)
	out, lowest := standing{best: s.base}, 1.
	for _, name := range s.heads() {
		p, ok := s.Change(t.workload, t.main.operation, t.main.outcome, s.base, name, at)
		if ok && p.Ratio.Valid() && float64(p.Ratio) < lowest {
			out.best, lowest = name, float64(p.Ratio)
		}
	}
	for _, name := range order {
		if name == out.best {
			continue
		}
		p, ok := s.Change(t.workload, t.main.operation, t.main.outcome, out.best, name, at)
		if ok && p.CILow.Valid() && p.CILow > 1 {
			out.behind = append(out.behind, name)
		} else {
			out.tied = append(out.tied, name)
		}
	}
	return out
}

func (s *sweep) certainty(t *target, at time.Duration, doubts int) string {
	rounds := 0
	for _, c := range s.compared.Base.Cells {
		if c.Workload == t.workload {
			rounds = max(rounds, len(c.Rounds))
		}
	}
	out := sureness(rounds, s.compared.Confidence, fmt.Sprintf("%d interleaved rounds at each distance", rounds))
	if floor := s.floor(t, s.heads()[0], at); floor != "" {
		out += floor
	} else {
		out += " No strategy ran twice as a control, so how much equal ones differ is not known."
	}
	return out + seeWarnings(doubts)
}

// few is how many rounds an interval should rest on.
const few = 12

func sureness(rounds int, confidence float64, of string) string {
	out := fmt.Sprintf("%s; what stands in brackets are %.4g %% intervals over them.", of, 100*confidence)
	if rounds < few {
		out += fmt.Sprintf(" That is few: take small differences as unproven, and repeat with --rounds %d.", few)
	}
	return out
}

func seeWarnings(doubts int) string {
	switch doubts {
	case 0:
		return ""
	case 1:
		return " Read the warning below before you rely on it."
	}
	return fmt.Sprintf(" Read the %d warnings below before you rely on it.", doubts)
}

// limits say what the answer rests on.
func (s *sweep) limits(t *target) string {
	for i := range s.compared.Base.Cells {
		if c := &s.compared.Base.Cells[i]; c.Workload == t.workload {
			return restsOn(c, slices.ContainsFunc(t.distances, func(d distance.Distance) bool { return d.Added > 0 }))
		}
	}
	return ""
}

func restsOn(c *result.Cell, added bool) string {
	var with []string
	for _, p := range []struct{ key, words string }{{"activities", "%v activities"}, {"payload_bytes", "%v bytes a payload"},
		{"dispatchers", "%v dispatchers"}, {"in_flight", "%v in flight"}} {
		if v, ok := c.Parameters[p.key]; ok {
			with = append(with, fmt.Sprintf(p.words, v))
		}
	}
	out := fmt.Sprintf("It is about %s%s on this server.", c.Workload, given(len(with) > 0, " with "+strings.Join(with, ", ")))
	if added {
		out += " Distance was added on the client's side: a real network also loses packets, varies, and has a bandwidth."
	}
	return out + " Other work, more in flight, more data or a busier server may change it: measure yours with --dsn."
}
