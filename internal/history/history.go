// Package history keeps the figures of many runs, a JSON line each, and looks for the runs at which something changed.
package history

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Format is the version of the lines that this program writes and reads.
const Format = 1

// Entry is one run.
type Entry struct {
	Format    int       `json:"format"`
	StartedAt time.Time `json:"started_at"`
	Version   string    `json:"version"` // of the tool
	Commit    string    `json:"commit"`
	Postgres  string    `json:"postgres"` // version of the server
	// Identity is equal for runs whose figures may stand in one series: the same PostgreSQL major version, workloads,
	// parameters, strategies and distances.
	Identity string  `json:"identity"`
	Points   []Point `json:"points"`
}

// Point is one operation under one strategy, or the whole orchestration. Times are nanoseconds.
type Point struct {
	Workload  string         `json:"workload"`
	Strategy  string         `json:"strategy"`
	AddedRTT  time.Duration  `json:"added_rtt_ns"`
	Operation string         `json:"operation"`
	Outcome   result.Outcome `json:"outcome"` // "" for the whole
	Count     int64          `json:"count"`
	P50       time.Duration  `json:"p50_ns"`
	P99       time.Duration  `json:"p99_ns"`
	Trips     float64        `json:"round_trips_per_op,omitempty"`
	PerSecond float64        `json:"per_second,omitempty"` // of the whole only
	// Ratio is P50 over that of the run's first strategy; 0 for that strategy itself. Machines differ in both alike.
	Ratio float64 `json:"ratio,omitempty"`
}

// Key names the series that a point belongs to, within one identity.
func (p Point) Key() string {
	key := p.Workload
	if p.AddedRTT > 0 {
		key += " +" + p.AddedRTT.String()
	}
	return key + " " + p.Strategy + " " + strings.TrimSuffix(p.Operation+" "+string(p.Outcome), " ")
}

// Of gives the entry of a run. Control arms and failed or empty calls are left out.
func Of(f *result.File) Entry {
	e := Entry{Format: Format, StartedAt: f.StartedAt.UTC(), Version: f.Tool.Version, Commit: f.Tool.Commit,
		Postgres: f.Environment.Server.Version, Identity: identity(f)}
	for i := range f.Cells {
		c := &f.Cells[i]
		if c.Control {
			continue
		}
		add := func(p Point) {
			p.Workload, p.Strategy, p.AddedRTT = c.Workload, c.Strategy, c.AddedRTT
			if base := base(e.Points, p, f.Cells[0].Strategy); base != nil && base.P50 > 0 {
				p.Ratio = float64(p.P50) / float64(base.P50)
			}
			e.Points = append(e.Points, p)
		}
		for _, o := range c.Summary.Operations {
			if (o.Outcome == result.Loaded || o.Outcome == result.OK) && o.P50 > 0 {
				add(Point{Operation: o.Name, Outcome: o.Outcome, Count: o.Count, P50: o.P50, P99: o.P99, Trips: o.RoundTripsPerOp})
			}
		}
		if o := c.Summary.Orchestrations; o != nil && o.Completed > 0 {
			add(Point{Operation: compare.Orchestration, Count: o.Completed, P50: o.P50, P99: o.P99, PerSecond: o.PerSecond})
		}
	}
	return e
}

// base is the same operation under the first strategy of the run, nil when p is of that.
func base(points []Point, p Point, first string) *Point {
	i := slices.IndexFunc(points, func(b Point) bool {
		return b.Workload == p.Workload && b.AddedRTT == p.AddedRTT && b.Operation == p.Operation && b.Outcome == p.Outcome && b.Strategy == first && p.Strategy != first
	})
	if i < 0 {
		return nil
	}
	return &points[i]
}

func identity(f *result.File) string {
	lines := []string{fmt.Sprint("postgres ", f.Environment.Server.Major())}
	for _, c := range f.Cells {
		if c.Control {
			continue
		}
		line := fmt.Sprintf("%s %s %d", c.Workload, c.Strategy, c.AddedRTT)
		for _, k := range slices.Sorted(maps.Keys(c.Parameters)) {
			line += fmt.Sprintf(" %s=%v", k, c.Parameters[k])
		}
		lines = append(lines, line)
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:6])
}
