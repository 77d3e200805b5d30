package chart

import (
	"encoding/xml"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAxesHoldTheirValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := rapid.Bool().Draw(t, "log")
		low := math.Pow(10, rapid.Float64Range(-4, 6).Draw(t, "low"))
		values := []float64{low, low * math.Pow(10, rapid.Float64Range(0, 6).Draw(t, "decades"))}
		a := Linear("x", rapid.Bool().Draw(t, "zero"), values...)
		if log {
			a = Log("x", values...)
		}
		for _, v := range values {
			if p := a.place(v); !(p >= -1e-9 && p <= 1+1e-9) {
				t.Fatalf("%v lies at %v of %+v", v, p, a)
			}
		}
		if len(a.Ticks) < 2 || len(a.Ticks) > 12 {
			t.Fatalf("%d ticks: %+v", len(a.Ticks), a)
		}
		for i, tick := range a.Ticks {
			if p := a.place(tick.At); p < -1e-6 || p > 1+1e-6 || i > 0 && (tick.At <= a.Ticks[i-1].At || tick.Label == a.Ticks[i-1].Label) {
				t.Fatalf("tick %d of %+v", i, a)
			}
		}
	})
}

func TestApartKeepsOrderAndGap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted := rapid.SliceOfN(rapid.Float64Range(0, 200), 1, 12).Draw(t, "wanted")
		slices.Sort(wanted)
		got := apart(wanted, 14, 0, 200)
		for i := range got {
			if got[i] < -1e-9 || got[i] > 200+1e-9 || i > 0 && got[i]-got[i-1] < 14-1e-9 {
				t.Fatalf("%v from %v", got, wanted)
			}
		}
	})
	if got := apart([]float64{10, 50}, 14, 0, 200); !slices.Equal(got, []float64{10, 50}) {
		t.Errorf("labels far apart were moved to %v", got)
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.25: "0.25", 12.34: "12.3", 123.4: "123", -1.5: "−1.5", 0.00123: "0.00123", 12345: "12\u202f345", 1000: "1000", 0.1: "0.1",
	} {
		if got := Number(v); got != want {
			t.Errorf("Number(%v) = %q, want %q", v, got, want)
		}
	}
}

// drawings are charts with hostile names and awkward values.
func drawings() map[string]string {
	const evil = "<script>alert('\"&\x00\x1b')</script>"
	nan := math.NaN()
	return map[string]string{
		"lines": string(Lines{
			Title: evil, About: evil, X: Log(evil, 1, 100), Y: Linear(evil, true, 3), Levels: []float64{1},
			Series: []Series{
				{Name: evil, Line: []Point{At(1, 1), {X: 2, Y: 2, Low: 1, High: 3}, {X: 5, Y: 2, Low: nan, High: nan}}},
				{Name: "faint", Faint: true, Points: []Point{At(3, 3), At(1000, 3), At(5, nan)}},
				{Name: "none"},
			},
			Marks: []Mark{{X: 5, Y: 1, Low: 4, High: 6, Label: evil}, {X: 0.1, Y: 1, Low: nan, Label: "outside"}},
		}.Draw()),
		"waterfall": string(Waterfall{Title: evil, Unit: "ms", Lanes: []Lane{
			{Name: evil, Total: 4, Spans: []Span{{Name: evil, Start: 1, End: 2, Inner: 5}, {Name: "none", Start: 2, End: 2}}},
			{Name: "first use", Minor: true, Total: 5, About: evil},
		}}.Draw()),
		"stacks": string(Stacks{Title: evil, Parts: []string{evil, "b"}, Panels: []Panel{
			{Name: evil, Stacks: []Stack{{Label: evil, Parts: []float64{40, -10}, Sum: 30}, {Label: "0", Parts: []float64{0, 0}}}},
		}}.Draw()),
		"bars":  string(Bars{Title: evil, Label: evil, Bars: []Bar{{Name: evil, Value: 3, Low: 2, High: 4}, {Name: "b", Low: nan, High: nan, Faint: true}}}.Draw()),
		"empty": string(Lines{X: Log("x"), Y: Log("y")}.Draw()),
	}
}

// A first use that takes nine times as long must not flatten what the chart is about.
func TestALongFirstUseGoesBeyondTheAxis(t *testing.T) {
	t.Parallel()
	lanes := []Lane{{Name: "a", Total: 100}, {Name: "first use", Minor: true, Total: 900}}
	if s := string(Waterfall{Unit: "ms", Lanes: lanes}.Draw()); !strings.Contains(s, "»") || !strings.Contains(s, ">900 ms<") || strings.Contains(s, ">400<") {
		t.Error(s)
	}
	lanes[1].Total = 140
	if s := string(Waterfall{Unit: "ms", Lanes: lanes}.Draw()); strings.Contains(s, "»") {
		t.Error(s)
	}
}

func TestDrawingsAreWellFormed(t *testing.T) {
	t.Parallel()
	for name, svg := range drawings() {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Errorf("%s: a name became a script", name)
			}
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s draws what is no number: %s", name, svg)
		}
		if !strings.HasPrefix(svg, `<svg class="chart" viewBox="0 0 400 `) || !strings.Contains(svg, "<title>") {
			t.Errorf("%s: %.120s", name, svg)
		}
	}
}
