package reports

import (
	"testing"

	"pgbench-provider/internal/result"
)

func TestFailuresAreAddedUpByState(t *testing.T) {
	t.Parallel()
	got := failures([]result.Operation{
		{Failures: map[string]int64{"40P01": 2, "57P01": 1}}, {}, {Failures: map[string]int64{"40P01": 3}},
	})
	if want := "Failed attempts by SQLSTATE, those repeated with success included: 40P01 5, 57P01 1."; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if got := failures([]result.Operation{{}}); got != "" {
		t.Errorf("%q of none", got)
	}
}
