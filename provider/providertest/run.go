package providertest

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// A Schema gives a configuration whose search_path names a fresh, empty schema that lives as long as the test.
type Schema func(testing.TB) *pgx.ConnConfig

// Run runs every rule against a strategy as a parallel subtest family/name. Each with changes the configuration of the
// providers.
func Run(t *testing.T, s provider.Strategy, schema Schema, with ...func(*provider.Config)) {
	run(t, newShelf(t, s, schema, false, with))
}

// RunAhead is Run with a [Provider] that does more than it is asked for. Rules that stand apart are left out.
func RunAhead(t *testing.T, s provider.Strategy, schema Schema, with ...func(*provider.Config)) {
	run(t, newShelf(t, s, schema, true, with))
}

func run(t *testing.T, sh *shelf) {
	var family []Rule
	for _, r := range Rules() {
		if sh.ahead && r.Apart != "" {
			continue
		}
		if len(family) > 0 && family[0].Family != r.Family {
			runFamily(t, sh, family)
			family = nil
		}
		family = append(family, r)
	}
	runFamily(t, sh, family)
}

func runFamily(t *testing.T, sh *shelf, rules []Rule) {
	t.Run(rules[0].Family, func(t *testing.T) {
		t.Parallel()
		for _, r := range rules {
			t.Run(r.Name, func(t *testing.T) {
				t.Parallel()
				r.Check(t, sh.take(t))
			})
		}
	})
}

// A shelf lends harnesses to tests. A schema, its routines and its connections cost far more than a rule, so they are
// used again: Reset empties every table and gives a new clock. What a failed test leaves is never used again.
type shelf struct {
	strategy provider.Strategy
	schema   Schema
	with     []func(*provider.Config)
	ahead    bool
	slots    chan *Harness // nil: to be opened by the test that takes it
}

// shelfSize bounds the connections of one Run, on machines with many cores too.
const shelfSize = 2

func newShelf(t *testing.T, s provider.Strategy, schema Schema, ahead bool, with []func(*provider.Config)) *shelf {
	sh := &shelf{s, schema, with, ahead, make(chan *Harness, shelfSize)}
	for range shelfSize {
		h := sh.open(t)
		t.Cleanup(h.Close)
		sh.slots <- h
	}
	return sh
}

func (sh *shelf) open(t *testing.T) *Harness {
	t.Helper()
	h, err := Open(t.Context(), sh.schema(t), sh.strategy, sh.with...)
	if err != nil {
		t.Fatalf("open a harness: %v", err)
	}
	if sh.ahead {
		h.Ahead()
	}
	return h
}

// take lends a harness until the end of the test.
func (sh *shelf) take(t *testing.T) *Harness {
	t.Helper()
	slot := <-sh.slots
	t.Cleanup(func() {
		if slot != nil && t.Failed() {
			slot.Close()
			slot = nil
		}
		sh.slots <- slot
	})
	if slot == nil {
		h := sh.open(t)
		t.Cleanup(h.Close)
		return h
	}
	if err := slot.Reset(t.Context()); err != nil {
		t.Fatalf("reset a harness: %v", err)
	}
	return slot
}
