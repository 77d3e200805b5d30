package reports

import (
	"cmp"
	"encoding/json"
	"io"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// summaryFile is a result file without its rounds and histograms: what a program needs to show the run.
type summaryFile struct {
	result.File
	Cells []summaryCell `json:"cells"`
}

type summaryCell struct {
	Strategy    string         `json:"strategy"`
	Workload    string         `json:"workload"`
	AddedRTT    time.Duration  `json:"added_rtt_ns"`
	MeasuredRTT time.Duration  `json:"measured_rtt_ns"`
	Control     bool           `json:"control,omitempty"`
	Parameters  map[string]any `json:"parameters,omitempty"`
	Rounds      int            `json:"rounds"` // how many
	Summary     result.Summary `json:"summary"`
}

func runJSON(w io.Writer, f *result.File, _ Options) error {
	out := summaryFile{File: *f, Cells: []summaryCell{}}
	out.Checks, out.Warnings = append([]result.Check{}, f.Checks...), append([]string{}, f.Warnings...)
	for _, c := range f.Cells {
		s := c.Summary
		s.Operations = append([]result.Operation{}, s.Operations...)
		s.Queries = append([]result.Query{}, s.Queries...)
		for i := range s.Operations {
			s.Operations[i].Histogram = ""
		}
		for i := range s.Queries {
			s.Queries[i].Histogram = ""
		}
		if s.Waiting != nil {
			l := *s.Waiting
			l.Histogram = ""
			s.Waiting = &l
		}
		if s.Orchestrations != nil {
			o := *s.Orchestrations
			o.Histogram = ""
			s.Orchestrations = &o
		}
		out.Cells = append(out.Cells, summaryCell{
			c.Strategy, c.Workload, c.AddedRTT, c.MeasuredRTT, c.Control, c.Parameters, len(c.Rounds), s,
		})
	}
	return writeJSON(w, out)
}

func comparisonJSON(w io.Writer, a *compare.Analysis, o Options) error {
	out := *a
	out.Comparisons = append([]compare.Comparison{}, a.Comparisons...)
	out.Warnings = append([]string{}, a.Warnings...)
	if a.Base != nil && a.Base == a.Head {
		if r, err := reproduce(a.Base); r != nil || err != nil {
			return cmp.Or(err, writeJSON(w, reproductionJSON{out, r}))
		}
	}
	if s := sweepOf(a, o); s != nil {
		return writeJSON(w, s.json(out))
	}
	return writeJSON(w, out)
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
