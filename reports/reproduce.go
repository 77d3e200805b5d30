package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
	"pgbench-provider/internal/seed"
)

// stages are the strategies that repeat the three stages of the published migration, in its order.
var stages = [3]string{"inline", "sp-fetch", "sp"}

const (
	inlineStage = iota
	fetchStage
	bothStage
)

const (
	fetchTurn = "fetch_orchestration_item"
	ackTurn   = "ack_orchestration_item"
	sample    = "hello-world"
)

// reproduction sets the published figures beside those of a run that repeats them.
type reproduction struct {
	Strategies   [3]string        `json:"strategies"`
	PublishedRTT compare.Number   `json:"published_rtt_ns"` // inferred from a log
	MeasuredRTT  time.Duration    `json:"measured_rtt_ns"`
	Lines        []reproducedLine `json:"lines"`
	Headline     string           `json:"headline"`
	Differences  []string         `json:"differences"` // why published and measured differ, a paragraph each
	Shape        []string         `json:"shape"`       // whether the pattern of the changes is the same
	Missing      []string         `json:"missing"`     // what was not measured, a sentence each

	published *seed.Published
}

// reproducedLine is one operation as one source has it, by strategy in the order of reproduction.Strategies.
type reproducedLine struct {
	Operation  string            `json:"operation"`
	Source     string            `json:"source"`  // published, cold or warm
	Latency    [3]compare.Number `json:"mean_ns"` // the published whole is of the whole test
	RoundTrips [3]compare.Number `json:"round_trips_per_op"`
	Calls      [3]int64          `json:"calls"`
}

const (
	published = "published"
	coldUse   = "cold"
	warmUse   = "warm"
)

// reproduce gives nil for a file that repeats no published experiment.
func reproduce(f *result.File) (*reproduction, error) {
	if f == nil || f.Config["reproduce"] != "seed" {
		return nil, nil
	}
	p, err := seed.Load()
	if err != nil {
		return nil, err
	}
	r := &reproduction{Strategies: stages, PublishedRTT: compare.Number(1e6 * p.Statements.RoundTrip), Missing: []string{}, published: p}
	cells := r.measured(f)
	for _, o := range p.Comparison.Operations {
		r.Lines = append(r.Lines, r.publishedLine(o), measuredLine(o.Operation, coldUse, cells), measuredLine(o.Operation, warmUse, cells))
	}
	w := p.Comparison.Whole
	whole := reproducedLine{Operation: compare.Orchestration, Source: published, RoundTrips: nothing, Calls: [3]int64{1, 1, 1}}
	whole.Latency = [3]compare.Number{compare.Number(1e9 * w.Inline), compare.Number(1e9 * w.FetchOnly), compare.Number(1e9 * w.FetchAndAck)}
	r.Lines = append(r.Lines, whole, wholeLine(coldUse, cells), wholeLine(warmUse, cells))
	r.Headline, r.Differences, r.Shape = r.headline(), r.differences(), r.shape()
	return r, nil
}

var nothing = [3]compare.Number{compare.None, compare.None, compare.None}

// measured finds the cells of the stages at one distance and says what is not there. A missing cell is nil.
func (r *reproduction) measured(f *result.File) (cells [3]*result.Cell) {
	first := slices.IndexFunc(f.Cells, func(c result.Cell) bool { return c.Workload == sample && slices.Contains(stages[:], c.Strategy) })
	for i, strategy := range stages {
		at := slices.IndexFunc(f.Cells, func(c result.Cell) bool {
			return c.Workload == sample && c.Strategy == strategy && !c.Control && c.AddedRTT == f.Cells[first].AddedRTT
		})
		if at < 0 {
			r.Missing = append(r.Missing, fmt.Sprintf("%s was not measured under %s: run sweep --reproduce seed.", strategy, sample))
			continue
		}
		cells[i] = &f.Cells[at]
		r.MeasuredRTT = cmp.Or(r.MeasuredRTT, cells[i].MeasuredRTT)
		if cells[i].Cold == nil {
			r.Missing = append(r.Missing, fmt.Sprintf("%s was not measured on new connections: its cold figures are blank.", strategy))
		}
	}
	return cells
}
