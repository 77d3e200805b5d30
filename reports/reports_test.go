package reports_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/reports"
)

var update = flag.Bool("update", false, "write the golden reports anew")

func recorded(t *testing.T, name string) *result.File {
	t.Helper()
	f, err := result.ReadFile(filepath.Join("..", "testdata", "results", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("..", "testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test ./reports -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test ./reports -update, then review the diff):\n%s", path, got)
	}
}

func TestGoldenReportsOfOneFile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"compare", "three", "run"} {
		for _, f := range reports.All() {
			if f.Name == "html" || machine(f.Name) { // they have goldens of their own
				continue
			}
			if f.Name == "csv" && name != "run" {
				continue // the same rows, hundreds of kilobytes of them
			}
			t.Run(name+"/"+f.Name, func(t *testing.T) {
				t.Parallel()
				var b bytes.Buffer
				o := reports.Options{ResultPath: "results/" + name + ".json", ReportPath: "results/" + name + "." + f.Extension}
				if err := reports.Render(&b, f.Name, recorded(t, name), o); err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+f.Extension, b.Bytes())
			})
		}
	}
}

func TestGoldenReportsOfTwoFiles(t *testing.T) {
	t.Parallel()
	for _, f := range reports.All() {
		if f.Name == "html" || machine(f.Name) {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			o := reports.Options{Compare: compare.Options{BaseSource: "before.json", HeadSource: "after.json"}}
			if err := reports.RenderFiles(&b, f.Name, recorded(t, "before"), recorded(t, "after"), o); err != nil {
				t.Fatal(err)
			}
			golden(t, "before-after."+f.Extension, b.Bytes())
		})
	}
}

func render(t *testing.T, format string, f *result.File, o reports.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := reports.Render(&b, format, f, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var ansi = regexp.MustCompile(`\x1b\[[0-9]*m`)

func TestColourAddsNothingButColour(t *testing.T) {
	t.Parallel()
	f := recorded(t, "three")
	plain, coloured := render(t, "table", f, reports.Options{}), render(t, "table", f, reports.Options{Color: true})
	if plain == coloured || strings.Contains(plain, "\x1b") {
		t.Fatal("colour does not follow the option")
	}
	if got := ansi.ReplaceAllString(coloured, ""); got != plain {
		t.Errorf("without its colours the report differs:\n%s", got)
	}
}

func TestTableFitsEightyColumns(t *testing.T) {
	t.Parallel()
	all := map[string]string{"before-after": beforeAfter(t, "table")}
	for _, name := range []string{"compare", "three", "run"} {
		all[name] = render(t, "table", recorded(t, name), reports.Options{})
	}
	for name, s := range all {
		for line := range strings.Lines(s) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > 80 {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: spaces at the end of %q", name, line)
			}
		}
	}
}

func TestMarkdownTablesAreNarrowAndWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"compare", "three", "run"} {
		columns := 0
		for line := range strings.Lines(render(t, "markdown", recorded(t, name), reports.Options{})) {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := strings.Count(line, "|") - 1
			if n > 8 || columns > 0 && n != columns {
				t.Errorf("%s: %d columns after %d: %s", name, n, columns, line)
			}
			columns = n
		}
	}
}

// Names come from files: they must not be able to steer the terminal or to break a table.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	f := recorded(t, "run")
	f.Cells[0].Workload = "a\x1b[2Jb"
	f.Cells[0].Summary.Operations[0].Name = "x|y\x07<script>"
	f.Warnings = []string{"w\x1b]0;title\x07"}
	if s := render(t, "table", f, reports.Options{}); strings.ContainsAny(s, "\x1b\x07") {
		t.Error("control characters reach the terminal")
	}
	if s := render(t, "markdown", f, reports.Options{}); strings.Contains(s, "x|y") || strings.Contains(s, "<script>") {
		t.Error("markup reaches the Markdown")
	}
}

func TestNothingMeasured(t *testing.T) {
	t.Parallel()
	f := &result.File{Kind: result.KindRun, Cells: []result.Cell{{Strategy: "sp", Workload: "hello-world"}}}
	for _, format := range []string{"table", "markdown"} {
		if s := render(t, format, f, reports.Options{}); !strings.Contains(s, "No operation was measured.") {
			t.Errorf("%s: %s", format, s)
		}
		var b bytes.Buffer
		if err := reports.RenderComparison(&b, format, &compare.Analysis{}, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "Nothing was compared") {
			t.Errorf("%s: %s", format, b.String())
		}
	}
}

func TestACompareOfOneStrategyIsShownAsARun(t *testing.T) {
	t.Parallel()
	f := recorded(t, "run")
	f.Kind = result.KindCompare
	if s := render(t, "table", f, reports.Options{}); !strings.Contains(s, "Run of inline") {
		t.Error(s)
	}
}

func TestTooFewRoundsSaysSo(t *testing.T) {
	t.Parallel()
	f := recorded(t, "compare")
	for i := range f.Cells {
		f.Cells[i].Rounds = f.Cells[i].Rounds[:3]
	}
	s := strings.Join(strings.Fields(render(t, "table", f, reports.Options{})), " ")
	for _, want := range []string{"not enough data", "3 paired rounds, p50 needs 5", "run more rounds"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in %s", want, s)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	t.Parallel()
	err := reports.Render(io.Discard, "pdf", recorded(t, "run"), reports.Options{})
	if !errors.Is(err, reports.ErrUnknownFormat) || !strings.Contains(err.Error(), "table, markdown, html, json, csv") {
		t.Errorf("error %v", err)
	}
}

func TestWriteErrorsAreReturned(t *testing.T) {
	t.Parallel()
	for _, f := range reports.All() {
		if err := reports.Render(brokenPipe{}, f.Name, recorded(t, "run"), reports.Options{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
