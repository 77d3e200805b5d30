package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// GitHub drops a step's annotations above ten of a type, and a step summary of more than 1 MiB as a whole.
const (
	mostAnnotations = 9
	mostSummary     = 1<<20 - 1<<10
)

// Annotations gives workflow commands for a job's log, a line each: errors for what failed and warnings for what is
// suspected, nine of each and then how many more. What is undecided is one warning.
func Annotations(checks []Check) []string {
	var errors, warnings []string
	undecided := 0
	for _, c := range checks {
		switch c.Status {
		case CheckFailed:
			errors = append(errors, command("error", c.Name, c.Detail))
		case CheckWarned:
			warnings = append(warnings, command("warning", c.Name, c.Detail))
		case CheckUndecided:
			undecided++
		}
	}
	if undecided > 0 {
		s := fmt.Sprintf("%d of %s could not be decided", undecided, plural(len(checks), "check", "checks"))
		warnings = append([]string{command("warning", "undecided", s)}, warnings...)
	}
	return append(atMost(errors, "error"), atMost(warnings, "warning")...)
}

func atMost(lines []string, kind string) []string {
	if len(lines) <= mostAnnotations {
		return lines
	}
	return append(lines[:mostAnnotations:mostAnnotations], command(kind, "", fmt.Sprintf("and %d more", len(lines)-mostAnnotations)))
}

var (
	dataEscaper     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscaper = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func command(kind, title, message string) string {
	if title != "" {
		kind += " title=" + propertyEscaper.Replace(line(title))
	}
	return "::" + kind + "::" + dataEscaper.Replace(line(message))
}

// StepSummary writes what belongs into $GITHUB_STEP_SUMMARY: which checks did not pass, if there are any checks, and then a
// report, which is Markdown. What goes beyond GitHub's limit is left out, and that is said. It returns an error of w.
func StepSummary(w io.Writer, checks []Check, report []byte) error {
	var b bytes.Buffer
	if len(checks) > 0 {
		if err := markdown(&b, checksDocument(checks)); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	b.Write(report)
	_, err := w.Write(cut(inert(b.Bytes()), mostSummary))
	return err
}

// inert keeps names at the start of a line from being workflow commands where the summary is printed into the log.
func inert(b []byte) []byte {
	var out bytes.Buffer
	for l := range bytes.Lines(b) {
		if bytes.HasPrefix(bytes.TrimSpace(l), []byte("::")) {
			out.WriteByte('\\')
		}
		out.Write(bytes.ReplaceAll(l, []byte("##["), []byte(`##\[`)))
	}
	return out.Bytes()
}

// cut drops whole lines at the end so that no more than limit bytes remain, and says so.
func cut(b []byte, limit int) []byte {
	if len(b) <= limit {
		return b
	}
	const note = "\nThe rest is too long for a step summary: see the report beside the result.\n"
	b = b[:max(0, limit-len(note))]
	return append(b[:bytes.LastIndexByte(b, '\n')+1:len(b)], note...)
}

// runGitHub writes the annotations and then the step summary, which is readable in the job's log as well.
func runGitHub(w io.Writer, f *result.File, o Options) error {
	return github(w, ChecksOfRun(f), func(b io.Writer) error { return runMarkdown(b, f, o) })
}

func comparisonGitHub(w io.Writer, a *compare.Analysis, o Options) error {
	return github(w, ChecksOf(a), func(b io.Writer) error { return comparisonMarkdown(b, a, o) })
}

func github(w io.Writer, checks []Check, report func(io.Writer) error) error {
	var b bytes.Buffer
	if err := report(&b); err != nil {
		return err
	}
	var out bytes.Buffer
	for _, l := range Annotations(checks) {
		out.WriteString(l + "\n")
	}
	if err := StepSummary(&out, checks, b.Bytes()); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}
