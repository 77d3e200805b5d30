package reports

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/history"
)

// HistoryMetrics are those of [HistoryOptions], the default first.
var HistoryMetrics = []string{"ratio", "p50", "p99", "throughput"}

// HistoryOptions say what of a history to show. The zero value is invalid: Metric is one of [HistoryMetrics].
type HistoryOptions struct {
	Options
	Metric    string
	Strategy  string // "" for all
	Operation string // "" for all
	Last      int    // runs of each series; 0 for all
	JSON      bool
}

// series is one figure over runs of one identity.
type series struct {
	Name     string           `json:"name"`
	Identity string           `json:"identity"`
	Metric   string           `json:"metric"` // ratio; p50 and p99 in ns; throughput in 1/s
	Runs     []run            `json:"runs"`
	Changes  []history.Change `json:"changes"`
}

type run struct {
	StartedAt time.Time `json:"started_at"`
	Commit    string    `json:"commit"`
	Value     float64   `json:"value"`
}

// RenderHistory writes each series with its changes. It returns an error of w.
func RenderHistory(w io.Writer, entries []history.Entry, o HistoryOptions) error {
	all := seriesOf(entries, o)
	if o.JSON {
		return writeJSON(w, all)
	}
	d := &document{title: "History of " + o.Metric, legend: "Change: medians before and after, up to the changes next to it, " +
		"by the E-divisive method with p at most 0.001 and at least 5 %."}
	g := grid{left: map[int]bool{0: true, 2: true, 4: true}, head: []string{"series", "runs", "course", "last", "changes"}}
	identities := map[string]bool{}
	short := 0
	for _, s := range all {
		identities[s.Identity] = true
		if len(s.Runs) < history.MinRuns {
			short++
		}
		g.rows = append(g.rows, []cell{text(s.Name), text(strconv.Itoa(len(s.Runs))), text(Sparkline(s.values())),
			text(metric(o.Metric, s.Runs[len(s.Runs)-1].Value)), text(s.changes(o.Metric))})
	}
	if len(all) == 0 {
		d.facts = []string{"No run has this figure."}
	}
	if len(identities) > 1 {
		d.notes = append(d.notes, fmt.Sprintf("%d experiments that do not compare are in this history: each has its own series.", len(identities)))
	}
	if short > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%s: changes are looked for from %d runs on.", plural(short, "series has too few runs", "series have too few runs"), history.MinRuns))
	}
	d.parts = []part{{title: plural(len(entries), "run", "runs"), tables: []grid{g}}}
	return terminal(w, d, o.Options)
}

// seriesOf gathers points by identity and key, oldest first.
func seriesOf(entries []history.Entry, o HistoryOptions) []*series {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b history.Entry) int { return a.StartedAt.Compare(b.StartedAt) })
	all := []*series{}
	by := map[string]*series{}
	for _, e := range entries {
		for _, p := range e.Points {
			v := figureOf(p, o.Metric)
			if v <= 0 || o.Strategy != "" && p.Strategy != o.Strategy || o.Operation != "" && p.Operation != o.Operation {
				continue
			}
			key := e.Identity + " " + p.Key()
			if by[key] == nil {
				by[key] = &series{Name: p.Key(), Identity: e.Identity, Metric: o.Metric}
				all = append(all, by[key])
			}
			by[key].Runs = append(by[key].Runs, run{e.StartedAt, e.Commit, v})
		}
	}
	for _, s := range all {
		if o.Last > 0 && len(s.Runs) > o.Last {
			s.Runs = s.Runs[len(s.Runs)-o.Last:]
		}
		s.Changes = append([]history.Change{}, history.Changes(s.values())...)
	}
	return all
}

func figureOf(p history.Point, metric string) float64 {
	switch metric {
	case "p50":
		return float64(p.P50)
	case "p99":
		return float64(p.P99)
	case "throughput":
		return p.PerSecond
	}
	return p.Ratio
}

func (s *series) values() (v []float64) {
	for _, r := range s.Runs {
		v = append(v, r.Value)
	}
	return v
}

func (s *series) changes(m string) string {
	var all []string
	for _, c := range s.Changes {
		r := s.Runs[c.At]
		all = append(all, fmt.Sprintf("%s %.7s: %s → %s, %s %%", r.StartedAt.Format("2006-01-02"), r.Commit, metric(m, c.Before), metric(m, c.After), signed(100*c.Share, 0)))
	}
	return strings.Join(all, "; ")
}

func metric(name string, v float64) string {
	if name == "p50" || name == "p99" {
		return scaleOf(time.Duration(v)).ms(time.Duration(v)) + " ms"
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Sparkline draws the last values of a series, at least one, from the least to the greatest.
func Sparkline(v []float64) string {
	const most = 20
	if len(v) > most {
		v = v[len(v)-most:]
	}
	bars := []rune("▁▂▃▄▅▆▇█")
	low, high := slices.Min(v), slices.Max(v)
	var b strings.Builder
	for _, x := range v {
		i := 0
		if high > low {
			i = int((x - low) / (high - low) * float64(len(bars)-1))
		}
		b.WriteRune(bars[i])
	}
	return b.String()
}
