package reports

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"pgbench-provider/internal/ceiling"
	"pgbench-provider/internal/result"
)

// hotRow is the workload that has a ceiling; with several configurations of dispatchers its name is followed by one.
const hotRow = "hot-row"

func isHotRow(workload string) bool {
	name, _, _ := strings.Cut(workload, " ")
	return name == hotRow
}

// contention sets what many dispatchers got out of one instance beside what the time predicts for which one dispatcher
// alone held its lock. A strategy that was not measured both ways has no row; why not is a doubt.
func contention(f *result.File) (p part, doubts []string) {
	p = part{title: "hot-row: turns per second of one instance, at most 1 / (S held + R held × round-trip time)"}
	g := grid{left: map[int]bool{0: true}, head: []string{"strategy", "dispatchers", "RTT ms", "held ms", "ceiling /s", "measured /s", "share"}}
	for _, strategy := range names(f) {
		line, err := heldLine(f, strategy)
		if err != nil {
			doubts = append(doubts, fmt.Sprintf("hot-row, %s: no ceiling: %v.", strategy, err))
			continue
		}
		p.text = append(p.text, fmt.Sprintf("%s: a turn holds the lock for %s ms + %.2f × RTT, as one dispatcher alone shows at %s.",
			strategy, scaleOf(line.S).of(float64(line.S)), line.R, plural(line.Points, "distance", "distances")))
		for i := range f.Cells {
			c := &f.Cells[i]
			if c.Strategy != strategy || !isHotRow(c.Workload) || c.Control || uncontended(c) {
				continue
			}
			contest, err := line.Compare(c.MeasuredRTT, turns(c), 0)
			if err != nil {
				doubts = append(doubts, fmt.Sprintf("hot-row, %s: %v.", strategy, err))
				continue
			}
			g.rows = append(g.rows, []cell{text(strategy), text(fmt.Sprint(c.Parameters["in_flight"])), text(scaleOf(c.MeasuredRTT).ms(c.MeasuredRTT)),
				text(scaleOf(contest.Held).ms(contest.Held)), text(fmt.Sprintf("%.3g", contest.Turns)), text(fmt.Sprintf("%.3g", contest.Measured)),
				text(fmt.Sprintf("%.0f %%", 100*contest.Share))})
		}
	}
	p.tables = []grid{g}
	if len(g.rows) > 0 {
		p.text = append(p.text, "What is missing to the ceiling is the time in which the lock lay free until somebody looked again.")
	}
	return p, doubts
}

// heldLine fits the time held to the distances at which one dispatcher had the instance to itself.
func heldLine(f *result.File, strategy string) (ceiling.Line, error) {
	var points []ceiling.Point
	for i := range f.Cells {
		c := &f.Cells[i]
		if c.Strategy != strategy || !isHotRow(c.Workload) || c.Control || !uncontended(c) {
			continue
		}
		held, err := ceiling.Held(find(c, "fetch_orchestration_item"), find(c, "ack_orchestration_item"), c.MeasuredRTT)
		if err != nil {
			return ceiling.Line{}, err
		}
		points = append(points, ceiling.Point{RTT: c.MeasuredRTT, Held: held})
	}
	if len(points) == 0 {
		return ceiling.Line{}, errors.New("measure it with one dispatcher too, as with --dispatchers 1:1,24:1")
	}
	return ceiling.Fit(points)
}

// uncontended says that one unit ran at a time.
func uncontended(c *result.Cell) bool { return fmt.Sprint(c.Parameters["in_flight"]) == "1" }

func find(c *result.Cell, operation string) result.Trace {
	for _, t := range c.Summary.Traces {
		if t.Operation == operation && worked(t) && !t.Cold {
			return t
		}
	}
	return result.Trace{Operation: operation}
}

// turns is the acks a second.
func turns(c *result.Cell) float64 {
	var total time.Duration
	for _, r := range c.Rounds {
		total += r.Duration
	}
	for _, o := range c.Summary.Operations {
		if o.Name == "ack_orchestration_item" && o.Outcome == result.OK && total > 0 {
			return float64(o.Count) / total.Seconds()
		}
	}
	return 0
}
