package reports_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/result/resulttest"
	"pgbench-provider/reports"
)

// beforeAfter renders the recorded comparison of two files.
func beforeAfter(t *testing.T, format string) string {
	t.Helper()
	var b bytes.Buffer
	o := reports.Options{Compare: compare.Options{BaseSource: "before.json", HeadSource: "after.json"}}
	if err := reports.RenderFiles(&b, format, recorded(t, "before"), recorded(t, "after"), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The words of a page, from its headline to its charts; the charts have goldens in reports/html.
func TestGoldenWordsOfPages(t *testing.T) {
	t.Parallel()
	style := regexp.MustCompile(`(?s)<style>.*</style>`)
	pages := map[string]string{"before-after": beforeAfter(t, "html"), "sweep": render(t, "html", resulttest.Sweep(), reports.Options{})}
	for _, name := range []string{"compare", "three", "run"} {
		pages[name] = render(t, "html", recorded(t, name), reports.Options{ResultPath: "results/" + name + ".json"})
	}
	for name, page := range pages {
		words, _, found := strings.Cut(style.ReplaceAllString(page, ""), `<h2 id="charts">`)
		if !found {
			t.Errorf("%s has no charts", name)
		}
		golden(t, "html/words-"+name+".html", []byte(words))
	}
}

// answersOf gives the first box of answers by name, without markup.
func answersOf(t *testing.T, page string) map[string]string {
	t.Helper()
	_, box, found := strings.Cut(page, `<dl class="answers">`)
	if !found {
		t.Fatal("no answers")
	}
	box, _, _ = strings.Cut(box, "</dl>")
	out := map[string]string{}
	for _, part := range strings.Split(box, "<dt>")[1:] {
		name, text, _ := strings.Cut(part, "</dt>")
		text = strings.ReplaceAll(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, " "), "\u00a0", " ")
		out[strings.Fields(name)[0]] = strings.Join(strings.Fields(text), " ")
	}
	return out
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	quick := reports.Options{Compare: compare.Options{Resamples: 300, Flips: 199}}
	level := resulttest.Sweep() // two that are the same
	for i := range level.Cells {
		if c := &level.Cells[i]; c.Strategy == "cte" {
			j := slices.IndexFunc(level.Cells, func(x result.Cell) bool {
				return x.Strategy == "sp" && x.Workload == c.Workload && x.AddedRTT == c.AddedRTT
			})
			c.Rounds, c.Summary, c.MeasuredRTT = level.Cells[j].Rounds, level.Cells[j].Summary, level.Cells[j].MeasuredRTT
		}
	}
	few := resulttest.Sweep()
	for i := range few.Cells {
		few.Cells[i].Rounds = few.Cells[i].Rounds[:5]
	}
	slow := recorded(t, "compare") // a head that loses
	for i := range slow.Cells {
		c := &slow.Cells[i]
		c.Strategy = map[string]string{"inline": "sp", "sp": "inline"}[c.Strategy]
		if c.Control {
			c.Strategy = "inline"
		}
	}
	slices.Reverse(slow.Cells)
	slow.Cells = slices.DeleteFunc(slow.Cells, func(c result.Cell) bool { return c.Control })
	for name, c := range map[string]struct {
		page string
		want map[string][]string
	}{
		"sweep": {render(t, "html", resulttest.Sweep(), quick), map[string][]string{
			"Fastest": {"sp. Slower: inline, pipeline, cte."}, "By": {"sp against inline: ", "−82.34 % [−82.36, −82.32]"},
			"How": {"12 interleaved rounds", "95 % intervals", "No strategy ran twice", "Read the 2 warnings"}, "Break-even": {"sp against pipeline: wins above 0.12 ms [0.11, 0.14]"},
			"What": {"hello-world", "Distance was added", "--dsn"}}},
		"level": {render(t, "html", level, quick), map[string][]string{
			"Fastest": {"not told apart from", "Any of cte and sp will do at this distance"}, "By": {"sp against cte: 289 ms against 289 ms, 0", "not told apart", "Measured at this distance: medians of the rounds"}, "Break-even": {"distance does not matter", "from the fitted lines"}}},
		"few": {render(t, "html", few, quick), map[string][]string{"How": {"That is few", "--rounds 12"}}},
		"compare": {render(t, "html", recorded(t, "compare"), reports.Options{}), map[string][]string{
			"Fastest": {"sp. Slower: inline."}, "By": {"sp against inline: 3.12 ms against 8.46 ms, −63 % [−64, −63]: faster", "each round"},
			"How": {"20 interleaved rounds", "±5 %", "inline ran twice as a control: equal ones differed by −1 % to +1 %", "Read the warning below"}, "Break-even": {"One distance tells neither", "sweep"}}},
		"three": {render(t, "html", recorded(t, "three"), reports.Options{}), map[string][]string{
			"Fastest": {"sp, not told apart from pipeline. Slower: inline."}, "By": {"pipeline against inline", "sp against inline"}, "How": {"No strategy ran twice"}}},
		"files": {beforeAfter(t, "html"), map[string][]string{
			"Fastest": {"base. Slower: head."}, "How": {"not interleaved"}, "What": {"at different times"}}},
		"slow": {render(t, "html", slow, quick), map[string][]string{"Fastest": {"Slower: "}}},
	} {
		got := answersOf(t, c.page)
		for of, all := range c.want {
			for _, want := range all {
				if !strings.Contains(got[of], want) {
					t.Errorf("%s: %s: no %q in %q", name, of, want, got[of])
				}
			}
		}
	}
	if s := render(t, "html", recorded(t, "run"), reports.Options{}); strings.Contains(s, `class="answers"`) {
		t.Error("a run compares nothing and has answers")
	}
}

// Where the lines lie side by side the headline must not name a winner alone.
func TestHeadlineNamesTies(t *testing.T) {
	t.Parallel()
	f := resulttest.Sweep()
	f.Cells = slices.DeleteFunc(f.Cells, func(c result.Cell) bool { return c.Strategy == "pipeline" || c.Strategy == "cte" })
	for i := range f.Cells {
		if c := f.Cells[i]; c.Strategy == "sp" {
			c.Strategy, c.Rounds = "twin", slices.Clone(c.Rounds)
			for j := range c.Rounds {
				if c.Rounds[j].Orchestrations == nil {
					continue
				}
				o := *c.Rounds[j].Orchestrations
				o.P50 += o.P50 * time.Duration(j%3-1) / 50
				c.Rounds[j].Orchestrations = &o
			}
			f.Cells = append(f.Cells, c)
		}
	}
	s := strings.Join(strings.Fields(render(t, "table", f, reports.Options{Width: 1000, Compare: compare.Options{Resamples: 300, Flips: 199}})), " ")
	if !regexp.MustCompile(`not told apart from (sp|twin)\. Against inline: wins at`).MatchString(s) || strings.Contains(s, "of that saving") {
		t.Error(s)
	}
}
