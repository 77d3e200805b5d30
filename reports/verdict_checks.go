package reports

import (
	"strings"

	"pgbench-provider/internal/gate"
)

// ChecksOfVerdict gives a check for each case of a gate but those for information only. A budget that is exceeded stays
// among them: it warns.
func ChecksOfVerdict(v *gate.Verdict) []Check {
	var out []Check
	for _, c := range v.Cases {
		x := Check{Name: c.Name, Suite: "tier " + string(c.Tier), Status: CheckPassed}
		switch c.Status {
		case gate.Fail:
			x.Status = CheckFailed
		case gate.Suspected:
			x.Status = CheckWarned
		case gate.Inconclusive:
			x.Status = CheckUndecided
		case gate.NotGated:
			if !c.Over {
				continue
			}
			x.Status = CheckWarned
		}
		x.Detail = caseDetail(c)
		out = append(out, x)
	}
	return unique(out)
}

// caseDetail gives "baseline 7, now 8, +14.3 %, limit 7; why".
func caseDetail(c gate.Case) string {
	var parts []string
	for _, p := range []struct{ label, text string }{
		{"baseline ", figure(c, c.Baseline).text}, {"now ", figure(c, c.Now).text}, {"", changed(c).text}, {"limit ", figure(c, c.Limit).text},
	} {
		if p.text != "" {
			parts = append(parts, p.label+p.text)
		}
	}
	s := strings.Join(parts, ", ")
	switch c.Status {
	case gate.Suspected:
		s = "suspected: " + s
	case gate.Better:
		s = "better than the baseline, which should be updated: " + s
	}
	if c.Note != "" && s != "" {
		s += "; "
	}
	return s + c.Note
}
