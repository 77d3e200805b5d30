// Package reports renders a result file or a comparison for a terminal, for Markdown, and for other programs. It takes
// values and an io.Writer; it opens no files and reads no environment, so whether to use colour is the caller's to say.
//
// A format is one file here, one line in [All] and one golden.
package reports

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Options steer what people see. The zero value is a plain report 80 columns wide.
type Options struct {
	Color      bool            // table only; nothing is told by colour alone
	Width      int             // columns to wrap text at, at least 40; 0 is 80. Tables are not cut.
	ResultPath string          // told at the end of table and markdown, if set
	ReportPath string          // likewise
	Charts     []Chart         // shown by markdown, if set: see [Charts]
	ChartsAt   string          // the folder that they are in, as a link from the report
	Compare    compare.Options // how Render and RenderFiles compare
}

func (o Options) width() int {
	if o.Width == 0 {
		return 80
	}
	return max(o.Width, 40)
}

// Format is a way to render.
type Format struct {
	Name      string // as in --format
	Extension string // of a file that holds it, without dot
	About     string // one line for a list of formats

	run        func(io.Writer, *result.File, Options) error
	comparison func(io.Writer, *compare.Analysis, Options) error
}

// All lists the formats, the default first.
func All() []Format {
	return []Format{
		{"table", "txt", "for the terminal", runTable, comparisonTable},
		{"markdown", "md", "for pull requests and step summaries", runMarkdown, comparisonMarkdown},
		{"html", "html", "one page with charts, for people without this tool", runHTML, comparisonHTML},
		{"json", "json", "the summary or the comparison, for other programs", runJSON, comparisonJSON},
		{"csv", "csv", "a row for each round and metric, for spreadsheets and statistics", runCSV, comparisonCSV},
		{"benchfmt", "bench", "Go benchmark text for benchstat, a line for each round and operation", runBenchfmt, comparisonBenchfmt},
		{"hgrm", "hgrm", "percentiles of each operation in ms, for HdrHistogram's plotter", runHGRM, comparisonHGRM},
		{"hlog", "hlog", "HdrHistogram log in ns, an interval for each round and operation", runHLog, comparisonHLog},
		{"github", "github.md", "annotations and a step summary, for GitHub Actions", runGitHub, comparisonGitHub},
		{"junit", "xml", "JUnit XML, a test case for each check or compared p50", runJUnit, comparisonJUnit},
		{"smaller-is-better", "smaller.json", "customSmallerIsBetter for github-action-benchmark", runSmaller, comparisonSmaller},
	}
}

// Formats lists the names of [All].
func Formats() []string {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return names
}

// ErrUnknownFormat is returned for a format that [All] does not list.
var ErrUnknownFormat = errors.New("unknown report format")

func lookup(name string) (Format, error) {
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("%w %q: use one of %s", ErrUnknownFormat, name, strings.Join(Formats(), ", "))
}

// Render writes the report of one file: of a comparison of its strategies when its kind is compare or sweep, else of the
// run. Where a workload was measured at enough distances the comparison begins with what distance does; a sweep shows
// nothing else of such a workload. The formats csv, benchfmt, hgrm and hlog hold what was measured, whatever the
// kind. It returns [ErrUnknownFormat], what [compare.Strategies] returns, or an error of w.
func Render(w io.Writer, format string, f *result.File, o Options) error {
	ft, err := lookup(format)
	if err != nil {
		return err
	}
	if f.Kind == result.KindRun || ofRounds(format) {
		return ft.run(w, f, o)
	}
	a, err := compare.Strategies(f, o.Compare)
	if errors.Is(err, compare.ErrNothingToCompare) && f.Kind == result.KindSweep {
		a, err = alone(f, o, err)
	}
	if errors.Is(err, compare.ErrNothingToCompare) && o.Compare.Base == "" {
		return ft.run(w, f, o)
	}
	if err != nil {
		return err
	}
	return ft.comparison(w, a, o)
}

// RenderFiles writes the comparison of two files; Options.Compare holds what to call them. Errors are those of Render and
// of [compare.Files].
func RenderFiles(w io.Writer, format string, base, head *result.File, o Options) error {
	if _, err := lookup(format); err != nil { // before the work
		return err
	}
	a, err := compare.Files(base, head, o.Compare)
	if err != nil {
		return err
	}
	return RenderComparison(w, format, a, o)
}

// RenderComparison writes the report of an analysis that the caller made, of one file or of two. A csv of it has a row
// for each comparison.
func RenderComparison(w io.Writer, format string, a *compare.Analysis, o Options) error {
	ft, err := lookup(format)
	if err != nil {
		return err
	}
	return ft.comparison(w, a, o)
}
