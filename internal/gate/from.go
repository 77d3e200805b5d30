package gate

import (
	"fmt"
	"math"
	"slices"

	"pgbench-provider/internal/result"
)

// FromResult makes a baseline. counters is a small exact run: one client, a fixed seed, a fixed number of units. timed is
// a run of interleaved rounds, best a sweep. One of them may be nil; NotGated then says what is lost. It returns an
// [*IncomparableError] when the two are not of the same server version and schema, and an error when counters were not
// counted.
func FromResult(counters, timed *result.File) (*Baseline, error) {
	return fromResult(counters, timed, 0)
}

func fromResult(counters, timed *result.File, resamples int) (*Baseline, error) {
	id, err := identify(counters, timed)
	if err != nil {
		return nil, err
	}
	b := &Baseline{
		Format: Format, Identity: id, Counters: []Counters{}, Ratios: []Ratio{}, Lines: []Line{}, Absolute: []Absolute{},
		Floors: []Floor{}, NotGated: []string{},
	}
	if err := b.count(counters); err != nil {
		return nil, err
	}
	if err := b.time(timed, resamples); err != nil {
		return nil, err
	}
	if p := b.problem(); p != "" {
		return nil, fmt.Errorf("make the baseline: %s", p)
	}
	return b, nil
}

func (b *Baseline) lacks(format string, args ...any) {
	b.NotGated = append(b.NotGated, fmt.Sprintf(format, args...))
}

func (b *Baseline) count(f *result.File) error {
	if f == nil {
		b.lacks("There was no counter run: round trips, statements, rows, bytes, buffers and WAL are not gated.")
		return nil
	}
	b.Counters = countersOf(f)
	for i := range b.Counters {
		c := &b.Counters[i]
		if !(min(c.RoundTrips, c.BytesOut, c.BytesIn) > 0) || math.IsInf(c.RoundTrips+c.BytesOut+c.BytesIn, 0) {
			return fmt.Errorf("counter run: %s under %s, %s: round trips and bytes are %v, %v and %v, which must be above 0: measure again with this version",
				c.Operation, c.Strategy, c.Workload, c.RoundTrips, c.BytesOut, c.BytesIn)
		}
	}
	if len(b.Counters) == 0 {
		return fmt.Errorf("counter run: no operation was called: measure again")
	}
	if !slices.ContainsFunc(b.Counters, func(c Counters) bool { return c.Server != nil }) {
		b.lacks("The server did not tell its work: statements, rows, buffers and WAL are not gated. See pg_stat_statements.")
	}
	return nil
}

func (b *Baseline) time(f *result.File, resamples int) error {
	if f == nil {
		b.lacks("There was no timed run: ratios and slopes are not gated.")
		return nil
	}
	t, err := timingsOf(f, "", resamples)
	if err != nil {
		return fmt.Errorf("timed run: %w", err)
	}
	b.Ratios = append(t.ratios, t.stated()...)
	b.Lines = t.lines()
	b.Absolute = absolute(f)
	if len(t.ratios) == 0 {
		b.lacks("The timed run has one strategy: ratios are not gated.")
	}
	if t.sweep == nil {
		b.lacks("The timed run is no sweep: slopes are not gated, and ratios only where the distance is the same.")
	}
	return nil
}
