package gate

import (
	"fmt"
	"strings"
	"time"
)

// Names are those of the cases. They join what tells cases apart and hold no figure, so they are the same in every build;
// only a ratio at the least round trip of a sweep has that of the baseline in it.

func join(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "/")
}

func at(added time.Duration) string {
	if added == 0 {
		return ""
	}
	return "+" + added.String()
}

func (c Counters) name(m Metric) string {
	return join("exact", c.Workload, c.Strategy, c.Operation, string(c.Outcome), string(m))
}

func (r Ratio) name() string {
	where := at(r.AddedRTT)
	if r.Lines {
		where = "at " + r.RTT.String()
	}
	return join("ratio", r.Workload, r.Head+" to "+r.Base, where, r.Operation, string(r.Outcome), string(P50Ratio))
}

func (l Line) name() string {
	return join("slope", l.Workload, l.Strategy, l.Operation, string(l.Outcome), string(Slope))
}

func (a Absolute) name() string { return absoluteName(a, P50) }

func absoluteName(a Absolute, m Metric) string {
	return join("absolute", a.Workload, a.Strategy, a.Operation, string(a.Outcome), string(m))
}

func budgetName(b Budget, workload, strategy string) string {
	return join("budget", workload, strategy, b.Operation, fmt.Sprintf("%s%s%s", b.Metric, b.sign(), b.limit()))
}
