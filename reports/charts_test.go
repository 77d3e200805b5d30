package reports_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports"
)

func charts(t *testing.T, f *result.File) []reports.Chart {
	t.Helper()
	all, err := reports.Charts(f, reports.Options{Compare: compare.Options{Resamples: 300, Flips: 199}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A chart file needs its own style and asks for nothing, as an image may not.
func TestChartsAreFiles(t *testing.T) {
	t.Parallel()
	outside := regexp.MustCompile(`(?i)\b(href|src|style)\s*=|@import|url\(|<(script|image|use|foreignObject)\b`)
	for name, f := range map[string]*result.File{"sweep": resulttest.Sweep(), "compare": recorded(t, "compare"), "run": recorded(t, "run")} {
		names := map[string]bool{}
		for _, c := range charts(t, f) {
			if names[c.Name] || !regexp.MustCompile(`^[\w.-]+\.svg$`).MatchString(c.Name) {
				t.Errorf("%s: the name %q", name, c.Name)
			}
			names[c.Name] = true
			d := xml.NewDecoder(strings.NewReader(string(c.SVG)))
			token, err := d.Token()
			if e, ok := token.(xml.StartElement); !ok || e.Name != (xml.Name{Space: "http://www.w3.org/2000/svg", Local: "svg"}) {
				t.Errorf("%s: %s begins with %v", name, c.Name, token)
			}
			for err == nil {
				_, err = d.Token()
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %s: %v", name, c.Name, err)
			}
			if s := string(c.SVG); outside.MatchString(s) || !strings.Contains(s, "prefers-color-scheme: dark") || !strings.Contains(s, ".chart .line {") {
				t.Errorf("%s: %s: %.300s", name, c.Name, s)
			}
			if c.Title == "" || c.Caption == "" {
				t.Errorf("%s: %s has no words", name, c.Name)
			}
		}
		if len(names) < 5 {
			t.Errorf("%s: %d charts", name, len(names))
		}
	}
}

func TestMarkdownShowsItsCharts(t *testing.T) {
	t.Parallel()
	f := recorded(t, "run")
	all := charts(t, f)
	s := render(t, "markdown", f, reports.Options{Charts: all, ChartsAt: "my charts (1)"})
	for _, c := range all {
		if !strings.Contains(s, "](my%20charts%20%281%29/"+c.Name+")") || !strings.Contains(s, c.Title) {
			t.Errorf("%s is not shown", c.Name)
		}
	}
	if strings.Contains(render(t, "markdown", f, reports.Options{}), "![") {
		t.Error("pictures that nobody asked for")
	}
}

func TestChartsOfNothing(t *testing.T) {
	t.Parallel()
	if all := charts(t, &result.File{Kind: result.KindRun, Cells: []result.Cell{{Strategy: "sp", Workload: "hello-world"}}}); len(all) > 0 {
		t.Errorf("%d charts", len(all))
	}
	f := recorded(t, "compare")
	if _, err := reports.Charts(f, reports.Options{Compare: compare.Options{Base: "none"}}); err == nil {
		t.Error("an unknown base gave charts")
	}
}
