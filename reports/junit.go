package reports

import (
	"encoding/xml"
	"io"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// The elements that CI systems agree on, as github.com/testmoapp/junitxml lists them.
type junitReport struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string    `xml:"name,attr"`
	Class   string    `xml:"classname,attr"`
	Failure *junitWhy `xml:"failure"`
	Skipped *junitWhy `xml:"skipped"`
	Out     string    `xml:"system-out,omitempty"`
}

type junitWhy struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes checks as a JUnit report of that name, suites in the order they first come in. What is undecided or only
// suspected is skipped, with the reason. It returns an error of w.
func JUnit(w io.Writer, name string, checks []Check) error {
	r := &junitReport{Name: line(name)}
	suites := map[string]*junitSuite{}
	for _, c := range checks {
		s := suites[c.Suite]
		if s == nil {
			s = &junitSuite{Name: c.Suite}
			suites[c.Suite] = s
			r.Suites = append(r.Suites, s)
		}
		s.add(c)
	}
	for _, s := range r.Suites {
		r.Tests += s.Tests
		r.Failures += s.Failures
	}
	b, err := xml.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write([]byte(xml.Header + string(b) + "\n"))
	return err
}

func (s *junitSuite) add(c Check) {
	x := junitCase{Name: c.Name, Class: c.Suite}
	switch c.Status {
	case CheckFailed:
		s.Failures++
		x.Failure = &junitWhy{Message: c.Detail, Type: string(c.Status), Text: c.Detail}
	case CheckWarned, CheckUndecided:
		s.Skipped++
		x.Skipped = &junitWhy{Message: string(c.Status) + ": " + c.Detail}
	default:
		x.Out = c.Detail
	}
	s.Tests++
	s.Cases = append(s.Cases, x)
}

func runJUnit(w io.Writer, f *result.File, o Options) error {
	return JUnit(w, runDocument(f, o).title, ChecksOfRun(f))
}

func comparisonJUnit(w io.Writer, a *compare.Analysis, _ Options) error {
	return JUnit(w, comparisonTitle(a), ChecksOf(a))
}
