package gate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// IncomparableError says why a build must not be compared with a baseline.
type IncomparableError = compare.IncomparableError

// Identity is what must be equal for figures to differ because of the code alone. Tool is for information.
type Identity struct {
	Tool         string `json:"tool"`
	ResultFormat int    `json:"result_format"`
	Postgres     int    `json:"postgres"` // major version
	// Hashes are the server's facts whose names end in _hash, as in schema_hash and routines_hash.
	Hashes   map[string]string `json:"hashes"`
	Counters *Run              `json:"counters,omitempty"` // nil without a counter run
	Timed    *Run              `json:"timed,omitempty"`    // nil without a timed run
}

// Run is what one of the two runs measured.
type Run struct {
	Settings map[string]string `json:"settings"` // of the file's config, those that bear on this kind of run
	Cells    []Cell            `json:"cells"`
}

// Cell is one strategy under one workload at one distance.
type Cell struct {
	Workload   string            `json:"workload"`
	Strategy   string            `json:"strategy"`
	AddedRTT   time.Duration     `json:"added_rtt_ns"`
	Parameters map[string]string `json:"parameters"`
}

// Counts depend on how much was done before; latencies do not, and a re-run has more rounds.
var (
	counterSettings = []string{"seed", "rounds", "orchestrations"}
	timedSettings   = []string{"jitter_ns", "history_cache_mib"}
)

// identify gives the identity of the two runs, one of which may be nil. They must be of the same server and schema.
func identify(counters, timed *result.File) (Identity, error) {
	id := Identity{Counters: runOf(counters, counterSettings), Timed: runOf(timed, timedSettings)}
	f := cmp.Or(counters, timed)
	if f == nil {
		return id, errors.New("there is neither a counter run nor a timed run: give at least one")
	}
	if counters != nil && timed != nil {
		a, b := common(counters), common(timed)
		if d := a.differences(b, "in the counter run", "in the timed run", false); len(d) > 0 {
			return id, &IncomparableError{Differences: d}
		}
	}
	c := common(f)
	c.Counters, c.Timed = id.Counters, id.Timed
	return c, nil
}

func common(f *result.File) Identity {
	id := Identity{
		Tool: f.Tool.Version, ResultFormat: cmp.Or(f.Format, result.Format), Postgres: f.Environment.Server.Major(),
		Hashes: map[string]string{},
	}
	for k, v := range f.Environment.Server.Facts {
		if strings.HasSuffix(k, "_hash") {
			id.Hashes[k] = v
		}
	}
	return id
}

func runOf(f *result.File, settings []string) *Run {
	if f == nil {
		return nil
	}
	r := &Run{Settings: map[string]string{}, Cells: []Cell{}}
	for _, k := range settings {
		if v, ok := f.Config[k]; ok {
			r.Settings[k] = fmt.Sprint(v)
		}
	}
	for i := range f.Cells {
		c := &f.Cells[i]
		if c.Control {
			continue
		}
		p := map[string]string{}
		for k, v := range c.Parameters {
			p[k] = fmt.Sprint(v) // a file just measured holds ints, one just read json.Numbers
		}
		r.Cells = append(r.Cells, Cell{c.Workload, c.Strategy, c.AddedRTT, p})
	}
	return r
}

func (r *Run) strategies() []string {
	set := map[string]bool{}
	for _, c := range r.Cells {
		set[c.Strategy] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func (r *Run) cell(workload, strategy string, added time.Duration) *Cell {
	i := slices.IndexFunc(r.Cells, func(c Cell) bool {
		return c.Workload == workload && c.Strategy == strategy && c.AddedRTT == added
	})
	if i < 0 {
		return nil
	}
	return &r.Cells[i]
}
