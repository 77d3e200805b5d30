package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports/html"
)

// answers are what a reader of a sweep asks first, each in a line or two.
func (s *sweep) answers(t *target, doubts int) []html.Fact {
	at, _ := t.headlineAt()
	q, order := s.quantity(t, at.Added), s.order()
	place := s.compared.Standing(q, order)
	var gains, breaks []string
	for i, base := range order {
		for _, head := range order[i+1:] {
			if c := s.compared.Change(q, base, head); c.Ratio.Valid() {
				gains = append(gains, fmt.Sprintf("%s against %s: %s ms against %s ms, %s%s", head, base, pointMS(s.measured(t, at, head)),
					pointMS(s.measured(t, at, base)), changeOf(c), given(!c.Differs(), ", not told apart")))
			}
			if b := s.pair(t, t.main, base, head); b != nil {
				text := fmt.Sprintf(" against %s: %s", base, wins(*b))
				if n := len(breaks) - 1; n >= 0 && strings.HasSuffix(breaks[n], text) { // one line for those of which the same is said
					breaks[n] = strings.TrimSuffix(breaks[n], text) + ", " + head + text
				} else {
					breaks = append(breaks, head+text)
				}
			}
		}
	}
	if len(gains) == 0 {
		return nil
	}
	return []html.Fact{
		{Name: "Fastest at " + rtt(at.Measured), Text: standing(place).String() + advice(place)},
		{Name: "By how much", Text: strings.Join(gains, "\n") + fmt.Sprintf("\nMeasured at this distance: medians of the rounds' %s of %s; "+
			"a change is the middle of each round's own ratio.", q.Metric, whole(t.main.operation))},
		{Name: "How sure", Text: s.certainty(t, at, doubts)},
		{Name: "Break-even", Text: strings.Join(breaks, "\n") + "\nThis is from the fitted lines, between the distances measured."},
		{Name: "What would change it", Text: s.limits(t)},
	}
}

// advice is what follows where several lead.
func advice(s compare.Standing) string {
	if len(s.Tied) == 0 || len(s.Behind) == 0 || !s.Known {
		return ""
	}
	return fmt.Sprintf("\nAny of %s will do at this distance: choose among them by other things, such as whether you may create routines.",
		and(slices.Sorted(slices.Values(append([]string{s.Best}, s.Tied...)))))
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

// standing is who leads at a distance, in words.
type standing compare.Standing

func (s standing) String() string {
	out := s.Best
	if len(s.Tied) > 0 {
		out += ", not told apart from " + and(s.Tied)
	}
	if len(s.Behind) > 0 {
		out += ". Slower: " + strings.Join(s.Behind, ", ")
	}
	return out + "."
}

func and(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// order is the base and then the others.
func (s *sweep) order() []string { return append([]string{s.base}, s.heads()...) }

// quantity is what a target is mainly about, at one of its distances.
func (s *sweep) quantity(t *target, added time.Duration) compare.Quantity {
	return compare.Quantity{Workload: t.workload, AddedRTT: added, Operation: t.main.operation, Outcome: t.main.outcome, Metric: s.statistic(t)}
}

func (s *sweep) certainty(t *target, at distance.Distance, doubts int) string {
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
		out += noControl
	}
	return out + doubtsOf(s.compared) + seeWarnings(doubts)
}

const noControl = " No strategy ran twice as a control, so how much equal ones differ is not known."

// doubtsOf are the warnings that bear on every verdict, in short.
func doubtsOf(a *compare.Analysis) (out string) {
	if s := a.FewCalls(); s != "" {
		out = " As few as " + s + "."
	}
	if s := compare.Busy(a.Base); s != "" {
		out += " The machine was busy: " + s + "."
	}
	return out
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
			return restsOn(s.compared.Base, c, slices.ContainsFunc(t.distances, func(d distance.Distance) bool { return d.Added > 0 }))
		}
	}
	return ""
}

func restsOn(f *result.File, c *result.Cell, added bool) string {
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
	if s := f.Environment.Server; s.Location == "private cluster" || strings.HasPrefix(s.Address, "127.") || strings.HasPrefix(s.Address, "localhost") {
		out += " Server and client shared one machine and its cores: on machines of their own both are faster, and differ otherwise."
	}
	return out + " Other work, more in flight, more data or a busier server may change it: measure yours with --dsn."
}
