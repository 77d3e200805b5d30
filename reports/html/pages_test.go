package html_test

import (
	"bytes"
	"errors"
	"flag"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports/html"
)

var update = flag.Bool("update", false, "write the golden pages anew")

func recorded(t *testing.T, name string) *result.File {
	t.Helper()
	f, err := result.ReadFile(filepath.Join("..", "..", "testdata", "results", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// pageOf makes a page with the charts of f and words of its own.
func pageOf(t *testing.T, f *result.File) html.Page {
	t.Helper()
	p := html.Page{
		Title: "A page", Facts: []string{"A fact."}, Notes: []string{"A doubt."}, Legend: "A legend.", Base: f, Head: f,
		Parts: []html.Part{{Title: "A part", Text: []string{"A finding.", "And more."}, Tables: []html.Table{{
			Head: []string{"\noperation", "p50\nms"}, Left: map[int]bool{0: true}, Rows: [][]html.Cell{{{Text: "ack_work_item"}, {Text: "1.5", Verdict: compare.Faster}}},
		}}}},
	}
	if f.Kind == result.KindRun {
		return p
	}
	var err error
	if p.Compared, err = compare.Strategies(f, compare.Options{Resamples: 200, Flips: 199}); err != nil {
		t.Fatal(err)
	}
	if p.Distance, err = distance.Analyze(f, distance.Options{Resamples: 200}); errors.Is(err, distance.ErrTooFewDistances) {
		p.Distance, err = nil, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var made struct {
	sync.Mutex
	pages map[string]html.Page
}

// pages are those of every recorded file, of two files, of a sweep, and of traced calls; not to be changed.
func pages(t *testing.T) map[string]html.Page {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	if made.pages == nil {
		made.pages = makePages(t)
	}
	return made.pages
}

func makePages(t *testing.T) map[string]html.Page {
	t.Helper()
	all := map[string]html.Page{}
	for _, name := range []string{"compare", "three", "run"} {
		all[name] = pageOf(t, recorded(t, name))
	}
	before, after := recorded(t, "before"), recorded(t, "after")
	a, err := compare.Files(before, after, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	two := all["run"]
	two.Base, two.Head, two.Compared = before, after, a
	all["before-after"], all["sweep"], all["traced"] = two, pageOf(t, resulttest.Sweep()), pageOf(t, traced(t))
	return all
}

// traced is the recorded comparison with the statements of a fetch, on a new connection and on a warm one.
func traced(t *testing.T) *result.File {
	t.Helper()
	const fetch = "fetch_orchestration_item"
	f := recorded(t, "compare")
	for i := range f.Cells {
		c := &f.Cells[i]
		c.Parameters = map[string]any{"dispatchers": "2:2"}
		if c.Control {
			continue
		}
		names := []string{"begin", "inline." + fetch + ".candidate", "commit"}
		if c.Strategy == "sp" {
			names = []string{"sp." + fetch}
		}
		trace := result.Trace{Operation: fetch, Outcome: result.Loaded, Calls: 9, Duration: time.Duration(len(names)) * time.Millisecond, Wait: time.Microsecond}
		cold := trace
		cold.Cold, cold.Duration = true, 2*trace.Duration
		for j, name := range names {
			s := result.Step{Name: name, Start: time.Duration(j) * time.Millisecond, End: time.Duration(j+1) * time.Millisecond}
			trace.Steps = append(trace.Steps, s)
			s.Cold = true
			cold.Steps = append(cold.Steps, s)
		}
		c.Summary.Traces, c.Cold = []result.Trace{trace}, &result.Cold{Traces: []result.Trace{cold}}
		c.Summary.Queries = []result.Query{{Name: names[len(names)/2], Server: &result.ServerWork{Calls: 10, Exec: 3 * time.Millisecond}}}
	}
	return f
}

func render(t *testing.T, p html.Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
