package html_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports/html"
)

// The goldens have no style sheet: it is a file of its own.
func TestGoldenPages(t *testing.T) {
	t.Parallel()
	style := regexp.MustCompile(`(?s)<style>.*</style>`)
	for name, p := range pages(t) {
		got := style.ReplaceAllString(render(t, p), "<style></style>")
		path := filepath.Join("..", "..", "testdata", "golden", "html", name+".html")
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; run go test ./reports/html -update", err)
		}
		if got != string(want) {
			t.Errorf("%s differs: go test ./reports/html -update, then review the diff", path)
		}
	}
}

var outside = regexp.MustCompile(`(?i)\b(src|srcset|href|xlink:href|action|poster|data|style)\s*=|@import|url\(|<(script|link|iframe|object|embed|base|img)\b|\bon[a-z]+\s*=|https?://`)

func TestPagesNeedNothingElse(t *testing.T) {
	t.Parallel()
	for name, p := range pages(t) {
		s := render(t, p)
		for _, found := range outside.FindAllStringIndex(s, -1) {
			if at := s[found[0]:min(found[1]+20, len(s))]; !strings.HasPrefix(at, `href="#`) {
				t.Errorf("%s: %s", name, at)
			}
		}
		if len(s) > 1<<20 {
			t.Errorf("%s has %d bytes", name, len(s))
		}
	}
}

// walk reads a page as strict XML, which is more than a browser asks, and calls visit for each element.
func walk(t *testing.T, name, page string, visit func(xml.StartElement, []string)) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	var open []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			visit(e, open)
			open = append(open, e.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestPagesAreWellFormed(t *testing.T) {
	t.Parallel()
	for name, p := range pages(t) {
		ids := map[string]bool{}
		var wanted []string
		count := map[string]int{}
		walk(t, name, render(t, p), func(e xml.StartElement, open []string) {
			key := e.Name.Local
			if slices.Contains(open, "figure") {
				key = "figure " + key
			}
			count[key]++
			if id := attribute(e, "id"); id != "" {
				if ids[id] {
					t.Errorf("%s: the id %s is there twice", name, id)
				}
				ids[id] = true
			}
			if to := strings.TrimPrefix(attribute(e, "href"), "#"); to != "" {
				wanted = append(wanted, to)
			}
			if to := attribute(e, "aria-labelledby"); to != "" {
				wanted = append(wanted, to)
			}
			if e.Name.Local == "svg" && attribute(e, "role") != "img" {
				t.Errorf("%s: a chart has no role", name)
			}
		})
		for _, id := range wanted {
			if !ids[id] {
				t.Errorf("%s: nothing has the id %s", name, id)
			}
		}
		if n := count["figure"]; n == 0 || n != count["figure svg"] || n != count["figure table"] || n != count["figure figcaption"] {
			t.Errorf("%s: every chart has a caption and a table: %v", name, count)
		}
	}
}

func TestNoNumberIsMissing(t *testing.T) {
	t.Parallel()
	for name, p := range pages(t) {
		if s := render(t, p); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "%!") {
			t.Errorf("%s shows what is no number", name)
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><b onx='1' ]]> & ` + "\x1b[31m\x00\u202e"
	for name, p := range map[string]html.Page{"sweep": pageOf(t, resulttest.Sweep()), "traced": pageOf(t, traced(t))} {
		for i := range p.Base.Cells {
			c := &p.Base.Cells[i]
			c.Workload, c.Strategy = c.Workload+evil, c.Strategy+evil
			c.Parameters = map[string]any{"dispatchers": evil}
			for j := range c.Summary.Traces {
				c.Summary.Traces[j].Operation += evil
				c.Summary.Traces[j].Steps[0].Name += evil
			}
		}
		p = pageOf(t, p.Base)
		p.Title, p.Facts, p.Notes, p.Legend, p.Paths = evil, []string{evil}, []string{evil}, evil, [][2]string{{evil, evil}}
		p.Parts[0].Title, p.Parts[0].Text[0], p.Parts[0].Tables[0].Title, p.Parts[0].Tables[0].Head[0] = evil, evil, evil, evil
		p.Parts[0].Tables[0].Rows[0][0] = html.Cell{Text: evil, Verdict: compare.Verdict(evil)}
		p.Base.Config["command"], p.Base.Config[evil] = evil, evil
		p.Base.Environment.Server.Settings[evil] = evil
		s := render(t, p)
		if strings.ContainsAny(s, "\x1b\x00") {
			t.Errorf("%s: control characters", name)
		}
		walk(t, name, s, func(e xml.StartElement, _ []string) {
			if e.Name.Local == "script" || e.Name.Local == "b" {
				t.Errorf("%s: a name became the element %s", name, e.Name.Local)
			}
		})
	}
}

// A chart without data is left out: a run has no distances, no pairs and no traces, and a page without charts no heading.
func TestChartsWithoutDataAreLeftOut(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for name, none := range map[string][]string{
		"run":          {"are fastest", "is fastest", "Round by round", "saves", "Inner bar: the mean"},
		"compare":      {"are fastest", "is fastest", "Inner bar: the mean"},
		"before-after": {"Round by round"},
		"sweep":        {"take at most", "Inner bar: the mean"}, // its rounds have no histograms
	} {
		s := render(t, all[name])
		for _, w := range none {
			if strings.Contains(s, w) {
				t.Errorf("%s has %q", name, w)
			}
		}
	}
	bare := all["run"]
	f := *bare.Base
	f.Cells = []result.Cell{{Strategy: "inline", Workload: "hello-world"}}
	bare.Base, bare.Head = &f, &f
	if s := render(t, bare); strings.Contains(s, "Charts") || strings.Contains(s, "<svg") {
		t.Error("a run that measured nothing has charts")
	}
}

func TestAPageNeedsItsFiles(t *testing.T) {
	t.Parallel()
	if err := html.Write(io.Discard, html.Page{}); !errors.Is(err, html.ErrNoFile) {
		t.Error(err)
	}
}

// The findings are those of the files: the model of resulttest makes sp save round trips and work more on the server.
func TestFindings(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for name, want := range map[string][]string{
		"compare": {"Round by round at 0.1 ms, sp takes 0.3", "; the control 0.9", "Orchestrations per second at 0.1 ms: inline 93.5, sp 258"},
		"sweep":   {"at 150 ms sp is", "fewer round trips save", "beats pipeline"},
		"traced":  {"fetch_orchestration_item at 0.1 ms: 3 ms and 3 statements with inline, 1 ms and 1 statement with sp", "first use", "prepared first"},
		"run":     {"99 of 100 take at most", "To repeat", "pgbench-provider run"},
	} {
		s := render(t, all[name])
		for _, w := range want {
			if !strings.Contains(s, w) {
				t.Errorf("%s: no %q", name, w)
			}
		}
	}
}

// Three workloads, five strategies and seven distances with all their histograms are as much as a long night gives.
func TestALargePageIsUnderAMegabyte(t *testing.T) {
	t.Parallel()
	spec := resulttest.Spec{Kind: result.KindSweep, Seed: 1, Rounds: 5, PerRound: 60, RTT: 100 * time.Microsecond, RoundNoise: 0.05, ArmNoise: 0.02}
	for _, w := range []func(string) resulttest.Arm{resulttest.HelloWorld, resulttest.FanOut, resulttest.Operations} {
		for _, strategy := range []string{"inline", "pipeline", "cte", "sp", "sp-fetch"} {
			for _, d := range resulttest.Distances() {
				a := w(strategy)
				a.Added = d
				spec.Arms = append(spec.Arms, a)
			}
		}
	}
	if n := len(render(t, pageOf(t, resulttest.Make(spec)))); n > 1<<20 {
		t.Errorf("%d bytes", n)
	}
}
