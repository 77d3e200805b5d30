package reports_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pgbench-provider/internal/gate"
	"pgbench-provider/reports"
)

var hostile = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
	"", " ", "]]>", `"'<&>`, "\x00\x1b[2J", "a\nb", "%0A::error::x", "a,b:c", "\uFFFE", "\xff", "::stop-commands::x",
}))

func drawChecks(t *rapid.T) []reports.Check {
	v := &gate.Verdict{}
	for range rapid.IntRange(0, 30).Draw(t, "cases") {
		v.Cases = append(v.Cases, gate.Case{Name: hostile.Draw(t, "name"), Tier: gate.Tier(hostile.Draw(t, "tier")), Note: hostile.Draw(t, "note"),
			Status: rapid.SampledFrom([]gate.Status{gate.Pass, gate.Fail, gate.Suspected, gate.Better, gate.Inconclusive}).Draw(t, "status")})
	}
	return reports.ChecksOfVerdict(v)
}

func TestJUnitHostileNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checks := drawChecks(t)
		var b bytes.Buffer
		if err := reports.JUnit(&b, hostile.Draw(t, "title"), checks); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Suites   []struct {
				Tests   int `xml:"tests,attr"`
				Skipped int `xml:"skipped,attr"`
				Cases   []struct {
					Name    string `xml:"name,attr"`
					Failure *struct {
						Message string `xml:"message,attr"`
					} `xml:"failure"`
					Skipped *struct{} `xml:"skipped"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		want := map[string]reports.Check{}
		for _, c := range checks {
			want[c.Name] = c
		}
		if len(want) != len(checks) || got.Tests != len(checks) {
			t.Fatalf("%d checks have %d names; %d cases", len(checks), len(want), got.Tests)
		}
		failures := 0
		for _, s := range got.Suites {
			skipped := 0
			for _, c := range s.Cases {
				w, ok := want[c.Name]
				if !ok || (c.Failure != nil) != (w.Status == reports.CheckFailed) ||
					(c.Skipped != nil) != (w.Status == reports.CheckWarned || w.Status == reports.CheckUndecided) {
					t.Fatalf("case %q is not what was checked: %+v", c.Name, w)
				}
				if c.Failure != nil {
					failures++
					if c.Failure.Message != w.Detail {
						t.Fatalf("message %q, want %q", c.Failure.Message, w.Detail)
					}
				}
				if c.Skipped != nil {
					skipped++
				}
			}
			if s.Tests != len(s.Cases) || s.Skipped != skipped {
				t.Fatalf("a suite of %d cases says %d, %d skipped", len(s.Cases), s.Tests, s.Skipped)
			}
		}
		if failures != got.Failures {
			t.Fatalf("%d failures, the report says %d", failures, got.Failures)
		}
	})
}

var commandLine = regexp.MustCompile(`^::(error|warning)(?: title=([^:,]*))?::(.*)$`)

func TestAnnotationsHostileNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checks := drawChecks(t)
		failed := map[string]string{}
		for _, c := range checks {
			if c.Status == reports.CheckFailed {
				failed[c.Name] = c.Detail
			}
		}
		kinds := map[string]int{}
		for _, l := range reports.Annotations(checks) {
			m := commandLine.FindStringSubmatch(l)
			if m == nil || strings.ContainsAny(l, "\r\n") {
				t.Fatalf("not a workflow command: %q", l)
			}
			if kinds[m[1]]++; m[1] != "error" || m[2] == "" {
				continue
			}
			name, _ := url.PathUnescape(m[2])
			why, _ := url.PathUnescape(m[3])
			if d, ok := failed[name]; !ok || d != why {
				t.Fatalf("%q: %q, want %q", name, why, d)
			}
		}
		if kinds["error"] != min(len(failed), 10) || kinds["warning"] > 10 {
			t.Fatalf("%v annotations for %d failures", kinds, len(failed))
		}
	})
}

func TestMoreAnnotationsThanGitHubShows(t *testing.T) {
	t.Parallel()
	var checks []reports.Check
	for i := range 23 {
		checks = append(checks, reports.Check{Name: fmt.Sprint("case ", i), Status: reports.CheckFailed})
	}
	lines := reports.Annotations(checks)
	if len(lines) != 10 || lines[9] != "::error::and 14 more" {
		t.Errorf("%q", lines)
	}
}

func TestStepSummaryStaysBelowTheLimit(t *testing.T) {
	t.Parallel()
	row := "| a row of a table | 1 |\n"
	report := "## Title\n::error::not a command\n  ::warning::nor this\na ##[error]b\n" + strings.Repeat(row, 1<<16)
	var b bytes.Buffer
	if err := reports.StepSummary(&b, []reports.Check{{Name: "x", Status: reports.CheckFailed}}, []byte(report)); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	if len(s) >= 1<<20 || len(s) < 1<<20-1<<12 || !strings.HasSuffix(s, row+"\nThe rest is too long for a step summary: see the report beside the result.\n") {
		t.Errorf("%d bytes, ending %q", len(s), s[len(s)-200:])
	}
	if regexp.MustCompile(`(?m)^\s*::|##\[`).MatchString(s) {
		t.Error("a line of the report is a workflow command")
	}
}

func TestSmallerIsBetterIsWhatTheActionReads(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"run", "compare", "three"} {
		var all []struct {
			Name, Unit, Range string
			Value             *float64
		}
		if err := json.Unmarshal([]byte(render(t, "smaller-is-better", recorded(t, name), reports.Options{})), &all); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, e := range all {
			if e.Name == "" || e.Unit == "" || e.Value == nil || seen[e.Name] || e.Range != "" && !strings.HasPrefix(e.Range, "± ") {
				t.Errorf("%s: %+v", name, e)
			}
			seen[e.Name] = true
		}
		if len(all) < 10 {
			t.Errorf("%s: %d entries", name, len(all))
		}
	}
}
