package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// write puts the reproduction before the other parts of d.
func (r *reproduction) write(d *document) {
	if r == nil {
		return
	}
	d.title = "The published experiment repeated: statements against procedures"
	at := "Published against measured, " + sample
	if r.MeasuredRTT > 0 {
		at += " at a round trip of " + rtt(r.MeasuredRTT)
	}
	d.parts = slices.Concat([]part{
		{title: at, text: []string{r.Headline}},
		{title: "Side by side", tables: []grid{r.times(), r.trips()}, text: []string{
			"Means. Published: all calls of one run; its last line is the whole test. Cold: the first orchestration on new " +
				"connections, open before it began. Warm: all rounds. Round trips: published ones are counted in the seed's code, ours on the connection.",
		}},
		{title: "Why they differ", text: r.Differences},
		{title: "Is the shape reproduced?", text: r.Shape},
	}, d.parts)
	d.notes = slices.Concat(r.Missing, d.notes)
}

// addReproduction writes what f repeats, if it repeats anything.
func addReproduction(d *document, f *result.File) {
	r, err := reproduce(f)
	if err != nil {
		d.notes = append(d.notes, err.Error()+".")
	}
	r.write(d)
}

// times has a row for each operation and under it one for each source.
func (r *reproduction) times() grid {
	g := grid{title: "Time of a call, in ms, and change against inline", left: map[int]bool{0: true}}
	g.head = []string{"operation", stages[inlineStage], stages[fetchStage], "change", stages[bothStage], "change"}
	for _, l := range r.Lines {
		if l.Source == published {
			g.rows = append(g.rows, []cell{text(l.Operation), {}, {}, {}, {}, {}})
		}
		ms := l.scale()
		row := []cell{text("  " + l.Source), text(ms.number(l.Latency[inlineStage]))}
		for _, stage := range []int{fetchStage, bothStage} {
			row = append(row, text(ms.number(l.Latency[stage])), text(percentOf(l.change(stage))))
		}
		g.rows = append(g.rows, row)
	}
	return g
}

// scale shows published figures as they were printed, in whole milliseconds.
func (l reproducedLine) scale() scale {
	if l.Source == published {
		return 0
	}
	var all []time.Duration
	for _, n := range l.Latency {
		all = append(all, value(n))
	}
	return min(1, scaleOf(all...))
}

func (s scale) number(n compare.Number) string { return s.ms(value(n)) }

// change is that of a stage against inline, in percent.
func (l reproducedLine) change(stage int) compare.Number {
	base, head := l.Latency[inlineStage], l.Latency[stage]
	if !base.Valid() || !head.Valid() || base <= 0 {
		return compare.None
	}
	return 100 * (head/base - 1)
}

func percentOf(n compare.Number) string {
	if !n.Valid() {
		return ""
	}
	return signed(float64(n), 0) + " %"
}

// trips has a row for each operation and a column for each stage and source.
func (r *reproduction) trips() grid {
	g := grid{title: "Round trips of a call: published, cold, warm", left: map[int]bool{0: true}}
	g.head = []string{"\noperation"}
	for _, s := range stages {
		g.head = append(g.head, s+"\npubl.", "\ncold", "\nwarm")
	}
	for _, o := range r.published.Comparison.Operations {
		row := []cell{text(o.Operation)}
		for stage := range stages {
			for _, source := range []string{published, coldUse, warmUse} {
				row = append(row, text(trips(float64(r.line(o.Operation, source).RoundTrips[stage]))))
			}
		}
		g.rows = append(g.rows, row)
	}
	return g
}

// line gives that of an operation and source; each is there for each.
func (r *reproduction) line(operation, source string) reproducedLine {
	for _, l := range r.Lines {
		if l.Operation == operation && l.Source == source {
			return l
		}
	}
	panic(fmt.Sprintf("no line of %s, %s", operation, source))
}

// reproductionJSON is a comparison and the reproduction beside its keys.
type reproductionJSON struct {
	compare.Analysis
	Reproduction *reproduction `json:"reproduction"`
}

// sentences joins what is not empty.
func sentences(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), " ")
}
