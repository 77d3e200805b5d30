package html

import (
	"fmt"
	"slices"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/reports/html/chart"
)

// attributionChart says what each strategy's saving is made of, by distance, in percent of the base's latency so that near
// and far can be seen together.
func (p Page) attributionChart(workload string) Figure {
	views := p.views(workload)
	if p.Distance == nil || len(views) == 0 {
		return Figure{}
	}
	k := views[len(views)-1].main()
	var rows []distance.Attribution
	for _, a := range p.Distance.Attribution {
		if a.Workload == workload && a.Operation == k.operation && a.Outcome == k.outcome && a.BaseValue > 0 {
			rows = append(rows, a)
		}
	}
	if len(rows) == 0 {
		return Figure{}
	}
	base := rows[0].Base
	s := chart.Stacks{XLabel: "round-trip time, ms", YLabel: fmt.Sprintf("saved, %% of the latency of %s", base),
		Parts: []string{"fewer round trips", "server", "rest"}, About: "What the saving of each strategy is made of, by distance. The table below has the numbers."}
	known := slices.ContainsFunc(rows, func(a distance.Attribution) bool { return a.Server.Valid() })
	if !known {
		s.Parts = []string{"fewer round trips", "server and rest"}
	}
	t := Table{Head: []string{"strategy", "round trip ms", "saved ms", "round trips ms", "server ms", "rest ms"}, Left: map[int]bool{0: true}}
	for _, a := range rows {
		i := slices.IndexFunc(s.Panels, func(x chart.Panel) bool { return x.Name == a.Head })
		if i < 0 {
			i = len(s.Panels)
			s.Panels = append(s.Panels, chart.Panel{Name: a.Head, Style: p.style(a.Head)})
		}
		percent := func(v compare.Number) float64 {
			if !v.Valid() {
				return 0
			}
			return 100 * float64(v/a.BaseValue)
		}
		parts := []float64{percent(a.RoundTrips), percent(a.Server), percent(a.Rest)}
		if !known {
			parts = []float64{percent(a.RoundTrips), percent(a.Rest)}
		}
		s.Panels[i].Stacks = append(s.Panels[i].Stacks, chart.Stack{Label: tripMS(a.At), Parts: parts, Sum: percent(a.Saving)})
		server := ""
		if a.Server.Valid() {
			server = chart.Number(float64(a.Server) / 1e6)
		}
		t.Rows = append(t.Rows, cells(a.Head, tripMS(a.At), chart.Number(float64(a.Saving)/1e6),
			chart.Number(float64(a.RoundTrips)/1e6), server, chart.Number(float64(a.Rest)/1e6)))
	}
	s.Title = p.attributionTitle(views[len(views)-1], rows, k)
	return Figure{Name: "saving", Title: s.Title, SVG: s.Draw(), Table: t,
		Caption: workload + ", " + k.String() + ".", How: "According to the fitted lines. Parts above 0 save, parts below 0 cost; the dot is all together. Rest: client, bytes, protocol, the flush of a commit, and noise, which near zero distance may be most of it."}
}

// attributionTitle speaks of the farthest distance.
func (p Page) attributionTitle(far view, rows []distance.Attribution, k subject) string {
	base := rows[0].Base
	names := p.leaders(far, k, p.Distance.Fit(far.workload, k.operation, k.outcome, rows[0].Base).Statistic)
	if len(names) == 0 || slices.Contains(names, base) {
		return fmt.Sprintf("What saves time against %s, by distance", base)
	}
	var all []float64
	for _, a := range rows {
		if a.AddedRTT == far.added && slices.Contains(names, a.Head) {
			all = append(all, 100*float64(a.RoundTrips/a.BaseValue))
		}
	}
	return fmt.Sprintf("At %s fewer round trips save %s %% of %s with %s", trip(far.measured), span(all), k, list(names))
}

// span gives the ends of some numbers, or the one that they all are.
func span(all []float64) string {
	low, high := chart.Number(slices.Min(all)), chart.Number(slices.Max(all))
	if low == high {
		return low
	}
	return low + " to " + high
}
