package reports

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// CheckStatus says what became of a check.
type CheckStatus string

// The statuses. Only CheckFailed is a failure.
const (
	CheckPassed    CheckStatus = "passed"
	CheckFailed    CheckStatus = "failed"
	CheckWarned    CheckStatus = "warning" // suspected and not confirmed, or over a budget that is not enforced
	CheckUndecided CheckStatus = "undecided"
)

// Check is one thing that CI systems list as passed, failed or skipped.
type Check struct {
	Name   string // unique among the checks of a report, and the same in every build
	Suite  string // what it is listed below
	Status CheckStatus
	Detail string // why, in a line; may be empty
}

// ChecksOfRun gives the checks that a run made of its own answers.
func ChecksOfRun(f *result.File) []Check {
	var out []Check
	for _, c := range f.Checks {
		x := Check{Name: c.Name, Suite: "checks", Status: CheckPassed, Detail: c.Detail}
		for _, part := range []string{c.Workload, c.Strategy} {
			if part != "" {
				x.Name += "/" + part
			}
		}
		if !c.OK {
			x.Status = CheckFailed
		}
		out = append(out, x)
	}
	return unique(out)
}

// ChecksOf gives a check for each comparison of a p50: slower fails, and what the rounds did not settle is undecided.
func ChecksOf(a *compare.Analysis) []Check {
	var out []Check
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		if c.Metric != compare.P50 {
			continue
		}
		x := Check{Name: comparisonName(c), Suite: c.Workload, Status: CheckPassed, Detail: verdict(c.Verdict)}
		switch c.Verdict {
		case compare.Slower:
			x.Status = CheckFailed
		case compare.Inconclusive, compare.NotEnoughData:
			x.Status = CheckUndecided
		}
		if s := change(c); s != "" {
			x.Detail += ": " + s
		}
		if c.Note != "" {
			x.Detail += "; " + c.Note
		}
		out = append(out, x)
	}
	return unique(out)
}

// checksDocument says how many checks passed and lists those that did not.
func checksDocument(checks []Check) *document {
	n := map[CheckStatus]int{}
	g := grid{head: []string{"check", "status", "why"}, left: map[int]bool{0: true, 1: true, 2: true}}
	for _, c := range checks {
		n[c.Status]++
		if c.Status == CheckFailed || c.Status == CheckWarned {
			g.rows = append(g.rows, []cell{text(c.Name), text(string(c.Status)), text(c.Detail)})
		}
	}
	d := &document{title: "Checks", facts: []string{fmt.Sprintf("%s: %d passed, %d failed, %d warnings, %d undecided",
		plural(len(checks), "check", "checks"), n[CheckPassed], n[CheckFailed], n[CheckWarned], n[CheckUndecided])}}
	if len(g.rows) > 0 {
		d.parts = []part{{title: "Not passed", tables: []grid{g}}}
	}
	return d
}

// unique cleans the texts and numbers names that repeat: GitLab drops the second of two.
func unique(all []Check) []Check {
	seen := map[string]bool{}
	for i := range all {
		c := &all[i]
		c.Name, c.Suite, c.Detail = line(c.Name), cmp.Or(line(c.Suite), "checks"), line(c.Detail)
		name := cmp.Or(c.Name, "unnamed")
		for n := 2; seen[c.Name] || c.Name == ""; n++ {
			c.Name = name
			if seen[name] {
				c.Name = fmt.Sprintf("%s (%d)", name, n)
			}
		}
		seen[c.Name] = true
	}
	return all
}

// line makes text one line that every format can hold.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r == '\uFFFE' || r == '\uFFFF': // not in XML
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))), " ")
}
