package reports

import (
	"fmt"
	"slices"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/distance"
	"pgbench-provider/internal/result"
)

// sweep is what the distances of one file say. nil is a comparison that has too few of them.
type sweep struct {
	*distance.Analysis
	compared *compare.Analysis
	base     string
	targets  []*target
}

// target is one workload of a sweep.
type target struct {
	workload  string
	main      subject // the whole orchestration, or the operation where the time goes
	subjects  []subject
	distances []distance.Distance
}

type subject struct {
	operation string
	outcome   result.Outcome
}

// sweepOf analyses the distances of a paired comparison.
func sweepOf(a *compare.Analysis, o Options) *sweep {
	if a.Base == nil || a.Base != a.Head {
		return nil
	}
	d, err := distance.Analyze(a.Base, o.distance())
	if err != nil {
		return nil // too few distances; what else could be wrong with the options has stopped the comparison
	}
	s := &sweep{Analysis: d, compared: a, base: o.Compare.Base}
	if s.base == "" {
		s.base = a.Base.Cells[0].Strategy
	}
	for _, f := range d.Fits {
		if n := len(s.targets); n == 0 || s.targets[n-1].workload != f.Workload {
			s.targets = append(s.targets, &target{workload: f.Workload})
		}
		t, k := s.targets[len(s.targets)-1], subject{f.Operation, f.Outcome}
		if !slices.Contains(t.subjects, k) {
			t.subjects = append(t.subjects, k)
		}
	}
	for _, t := range s.targets {
		s.complete(t)
	}
	return s
}

func (o Options) distance() distance.Options {
	return distance.Options{
		Base: o.Compare.Base, Confidence: o.Compare.Confidence, Resamples: o.Compare.Resamples, Seed: o.Compare.Seed,
	}
}

func (t *target) title() string { return t.workload + ": latency = S + R × round-trip time" }

// complete finds the distances of a target and what it is mainly about.
func (s *sweep) complete(t *target) {
	t.main = t.subjects[0]
	longest := compare.Number(0)
	for _, k := range t.subjects {
		f := s.Fit(t.workload, k.operation, k.outcome, s.base)
		if k.operation == compare.Orchestration {
			t.main = k
			break
		}
		if f != nil && f.R > longest {
			t.main, longest = k, f.R
		}
	}
	t.distances = s.Distances(t.workload, t.main.operation, t.main.outcome)
}

// alone is the analysis of a sweep of one strategy: nothing is compared, but its lines are worth a report.
func alone(f *result.File, o Options, nothing error) (*compare.Analysis, error) {
	if _, err := distance.Analyze(f, o.distance()); err != nil || o.Compare.Base != "" {
		return nil, nothing
	}
	confidence := o.Compare.Confidence
	if confidence == 0 {
		confidence = 0.95
	}
	return &compare.Analysis{
		Format: result.Format, Paired: true, Confidence: confidence, Comparisons: []compare.Comparison{},
		Warnings: append([]string{}, f.Warnings...), Base: f, Head: f,
	}, nil
}

// covers reports whether a group need not be shown: in a sweep, side by side tables of every distance hide the line.
func (s *sweep) covers(g *group) bool {
	return s != nil && s.compared.Base.Kind == result.KindSweep &&
		slices.ContainsFunc(s.targets, func(t *target) bool { return t.workload == g.workload })
}

// write adds a part for each workload to d.
func (s *sweep) write(d *document) {
	if s == nil {
		return
	}
	if s.compared.Base.Kind == result.KindSweep {
		d.title = "Distance sweep of " + strings.Join(names(s.compared.Base), ", ")
	}
	d.notes = slices.Concat(d.notes, s.Warnings)
	for _, t := range s.targets {
		p := part{title: t.title()}
		p.text = append(p.text, s.headlines(t)...)
		p.text = append(p.text, s.breakEvens(t)...)
		p.tables = append(p.tables, s.fits(t), s.byDistance(t))
		if g := s.attributed(t); len(g.rows) > 0 {
			p.tables = append(p.tables, g)
		}
		d.parts = append(d.parts, p)
		d.parts = append(d.parts, inside(s.compared.Base, t.workload)...)
	}
	d.legend = fmt.Sprintf("S: ms at which the fitted line meets zero distance; R: its slope, the round trips that are waited for; "+
		"each with its %.4g %% interval. RT: round trips counted on the connection; of an orchestration those of all its "+
		"calls, blank where not all are waited for. Where RT is no whole number, calls differ, and S and R are those of the "+
		"mean. Saved is the difference of the lines; rest: client, bytes, the flush of a commit, noise and, unless it is "+
		"shown, the server. ", 100*s.compared.Confidence)
}

// sweepJSON adds what distance does to a comparison, side by side with its keys.
type sweepJSON struct {
	compare.Analysis
	Fits        []distance.Fit         `json:"fits"`
	BreakEven   []distance.BreakEven   `json:"break_even"`
	Predictions []distance.Prediction  `json:"predictions"`
	Attribution []distance.Attribution `json:"attribution"`
	Warnings    []string               `json:"warnings"` // of both
}

func (s *sweep) json(a compare.Analysis) sweepJSON {
	return sweepJSON{a, s.Fits, s.BreakEven, s.Predictions, s.Attribution, slices.Concat(a.Warnings, s.Warnings)}
}
