package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
)

// fits has a row for each operation and under it one for each strategy: names of both side by side would not fit.
func (s *sweep) fits(t *target) grid {
	g := grid{left: map[int]bool{0: true, 1: true, 2: true}, head: []string{"operation", "S ms", "R", "RT"}}
	for _, k := range t.subjects {
		g.rows = append(g.rows, []cell{text(k.operation), {}, {}, {}})
		var all []time.Duration
		for _, f := range s.Fits {
			if f.Workload == t.workload && f.Operation == k.operation && f.Outcome == k.outcome {
				all = append(all, value(f.S))
			}
		}
		ms := scaleOf(all...)
		for _, f := range s.Fits {
			if f.Workload == t.workload && f.Operation == k.operation && f.Outcome == k.outcome {
				g.rows = append(g.rows, []cell{
					text("  " + f.Strategy), text(interval(ms, f)), text(slope(f)), text(trips(float64(f.RoundTrips))),
				})
			}
		}
	}
	return g
}

func interval(s scale, f distance.Fit) string {
	out := s.of(float64(f.S))
	if f.SLow.Valid() {
		out += fmt.Sprintf(" [%s, %s]", s.of(float64(f.SLow)), s.of(float64(f.SHigh)))
	}
	return out
}

// of is ms of a value that may be 0 or below, as noise can make it.
func (s scale) of(ns float64) string {
	return strings.TrimPrefix(signed(ns/1e6, int(s)), "+")
}

func slope(f distance.Fit) string {
	decimals := 2
	if f.R >= 10 {
		decimals = 1
	}
	show := func(n compare.Number) string { return strconv.FormatFloat(float64(n), 'f', decimals, 64) }
	if !f.RLow.Valid() {
		return show(f.R)
	}
	return fmt.Sprintf("%s [%s, %s]", show(f.R), show(f.RLow), show(f.RHigh))
}

// byDistance has the medians of the main subject: a row for each distance, a column for each strategy.
func (s *sweep) byDistance(t *target) grid {
	g := grid{
		title: fmt.Sprintf("%s of %s by distance, ms: medians of rounds, changes too", s.statistic(t), t.main.operation),
		head:  []string{"RTT ms", s.base},
	}
	for _, h := range s.heads() {
		g.head = append(g.head, h, "change")
	}
	for _, l := range t.distances {
		var values []time.Duration
		for _, name := range s.order() {
			values = append(values, value(s.measured(t, l, name)))
		}
		ms := scaleOf(values...)
		row := []cell{text(scaleOf(l.Measured).ms(l.Measured)), text(ms.ms(values[0]))}
		for i, h := range s.heads() {
			row = append(row, text(ms.ms(values[i+1])), s.changeAt(t, l, h))
		}
		g.rows = append(g.rows, row)
	}
	return g
}

// heads are the strategies other than the base.
func (s *sweep) heads() []string {
	return slices.DeleteFunc(names(s.compared.Base), func(n string) bool { return n == s.base })
}

// changeAt is the change of the paired rounds, and the verdict where they allow one.
func (s *sweep) changeAt(t *target, l distance.Distance, head string) cell {
	change := s.compared.Change(s.quantity(t, l.Added), s.base, head)
	if !change.Ratio.Valid() {
		return cell{}
	}
	out := text(signed(100*(float64(change.Ratio)-1), 0) + " %")
	if c := s.compared.Find(t.workload, l.Added, head, t.main.operation, t.main.outcome, compare.P50); c != nil && c.Ratio.Valid() {
		out.verdict = c.Verdict
	}
	return out
}

// attributed splits the savings of the main subject: a row for each strategy and distance.
func (s *sweep) attributed(t *target) grid {
	g := grid{title: "What saves it, " + t.main.operation + " against " + s.base + ", in ms", left: map[int]bool{0: true}}
	g.head = []string{"strategy", "RTT ms", "saved", "round trips", "share", "server", "rest"}
	rows := s.attributions(t.main, t.workload)
	known := slices.ContainsFunc(rows, func(a distance.Attribution) bool { return a.Server.Valid() })
	last := ""
	for _, a := range rows {
		name := a.Head
		if name == last {
			name = ""
		}
		last = a.Head
		ms := scaleOf(max(value(a.Saving), -value(a.Saving)))
		server := ""
		if a.Server.Valid() {
			server = ms.of(float64(a.Server))
		}
		g.rows = append(g.rows, []cell{
			text(name), text(scaleOf(a.At).ms(a.At)), text(ms.of(float64(a.Saving))),
			text(ms.of(float64(a.RoundTrips))), text(shareOf(a.RoundTrips, a.Saving)), text(server),
			text(scaleOf(max(value(a.Rest), -value(a.Rest))).of(float64(a.Rest))),
		})
	}
	if !known {
		g.head = slices.Delete(g.head, 5, 6)
		for i := range g.rows {
			g.rows[i] = slices.Delete(g.rows[i], 5, 6)
		}
	}
	return g
}

func (s *sweep) attributions(k subject, workload string) (out []distance.Attribution) {
	for _, a := range s.Attribution {
		if a.Workload == workload && a.Operation == k.operation && a.Outcome == k.outcome {
			out = append(out, a)
		}
	}
	return out
}

// shareOf is blank when there is no saving to have a share of.
func shareOf(part, whole compare.Number) string {
	if !(whole > 0) {
		return ""
	}
	return strings.TrimPrefix(signed(100*float64(part/whole), 0), "+") + " %"
}
