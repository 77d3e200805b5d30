package gate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Metric is what a case is about.
type Metric string

// The metrics of tier 1, by call; then those of tiers 2, 2b and 3.
const (
	RoundTrips Metric = "round_trips"
	Statements Metric = "statements"
	Rows       Metric = "rows"
	BytesOut   Metric = "bytes_out"
	BytesIn    Metric = "bytes_in"
	Buffers    Metric = "buffers"
	WALRecords Metric = "wal_records"
	WALBytes   Metric = "wal_bytes"
	Errors     Metric = "errors"

	P50Ratio   Metric = "p50_ratio"
	Slope      Metric = "slope"
	P50        Metric = "p50"
	P90        Metric = "p90"
	P99        Metric = "p99"
	Mean       Metric = "mean"
	Max        Metric = "max"
	Throughput Metric = "throughput"
)

var exactMetrics = []Metric{RoundTrips, Statements, Rows, BytesOut, BytesIn, Buffers, WALRecords, WALBytes, Errors}

// defaults are shares, and round trips for slopes.
var defaults = map[Metric]float64{
	RoundTrips: 0, Statements: 0, Rows: 0, Errors: 0,
	BytesOut: 0.01, BytesIn: 0.01, // lengths of numbers and names
	Buffers: 0.02, WALRecords: 0.01, WALBytes: 0.02, // splits of index pages, and where they fall
	P50Ratio: 0.10, Slope: 0.25,
}

// RTTTolerance is by how much, on the log scale, measured round trips may differ for ratios to be compared without lines.
const RTTTolerance = 0.2

// Loopback is below any network's round trip: what is measured there is two processes taking turns on a processor.
const Loopback = 200 * time.Microsecond

// Options steer a check. The zero value is what the tool does by default.
type Options struct {
	// Tolerances replace defaults: 0 for the counts of calls and rows, 0.01 for bytes and WAL records, 0.02 for buffers and
	// WAL bytes, 0.10 for P50Ratio, 0.25 round trips for Slope. The noise floor can widen them; one below twice a calibrated
	// floor is refused.
	Tolerances map[Metric]float64
	Budgets    []Budget
	Strict     bool // budgets fail the build
	ChangedSQL bool // the schema or routines are what this build changed: their hashes may differ
	Partial    bool // the build measured only some cells, as a re-run does; the others are not gated
	Resamples  int  // of the bootstrap; 0 is 2000
}

// check checks o against the floors of b.
func (o Options) check(b *Baseline) error {
	for _, m := range slices.Sorted(maps.Keys(o.Tolerances)) {
		t := o.Tolerances[m]
		if _, ok := defaults[m]; !ok {
			return fmt.Errorf("tolerance of %q: there is no such metric: choose from %v", m, slices.Sorted(maps.Keys(defaults)))
		}
		if !(t >= 0) || math.IsInf(t, 0) {
			return fmt.Errorf("tolerance of %s is %v: it must be 0 or above, as 0.05 for 5 %%", m, t)
		}
		for _, f := range b.Floors {
			if f.Metric == m && t < 2*f.Value {
				return fmt.Errorf("tolerance of %s is %v: %s changes by up to %.3g without any change of the build: give at least that, or calibrate again on a quieter machine",
					m, t, f.Case, 2*f.Value)
			}
		}
	}
	if o.Resamples != 0 && o.Resamples < 100 {
		return fmt.Errorf("%d resamples: at least 100 are needed", o.Resamples)
	}
	return nil
}

// tolerance of a metric where noise was seen to be as large as the greatest of floors; NaN is none seen.
func (o Options) tolerance(m Metric, floors ...float64) float64 {
	t, ok := o.Tolerances[m]
	if !ok {
		t = defaults[m]
	}
	for _, f := range floors {
		if 2*f > t {
			t = 2 * f
		}
	}
	return t
}
