package providertest

import (
	"context"
	"slices"
)

// T is what a rule reports to; *testing.T is one. Fatalf must not return: it ends the calling goroutine or panics.
type T interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
}

// A Rule is one test of the contract.
type Rule struct {
	Family, Name string // both snake_case; together they are unique
	// Privileged rules need a role that may create databases.
	Privileged bool
	// Apart says why the rule cannot hold when fetches come in between, even such as are undone; empty for most.
	Apart string
	test  func(*trial)
}

// Check runs the rule and then [Harness.CheckInvariants]. h must be fresh or reset. When t has failed afterwards, h is in
// no defined state until its next [Harness.Reset].
func (r Rule) Check(t T, h *Harness) {
	t.Helper()
	// Until proven otherwise: Fatalf does not come back here.
	h.spoiled = true
	r.test(&trial{T: t, Harness: h, ctx: t.Context()})
	if !t.Failed() {
		h.CheckInvariants(t)
	}
	h.spoiled = t.Failed()
}

var families = []struct {
	name  string
	rules []Rule
}{
	{"basic", basic},
	{"atomicity", atomicity},
	{"error_handling", errorHandling},
	{"instance_creation", instanceCreation},
	{"instance_locking", instanceLocking},
	{"lock_expiration", lockExpiration},
	{"multi_execution", multiExecution},
	{"queue_semantics", queueSemantics},
	{"management", management},
	{"cancellation", cancellation},
	{"poison_message", poisonMessage},
	{"long_polling", longPolling},
	{"deletion", deletion},
	{"bulk_deletion", bulkDeletion},
	{"prune", prune},
	{"concurrency", concurrency},
	{"lessons", slices.Concat(lessonsAck, lessonsFetch, lessonsRace, lessonsTime, lessonsData, lessonsCorrupt, lessonsSchema, lessonsPrune, lessonsRemove)},
	{"hand_over", handOver},
	{"work_batch", workBatch},
	{"turn_batch", turnBatch},
	{"real_time", realTime},
}

// Rules gives all rules, family by family.
func Rules() []Rule {
	var all []Rule
	for _, f := range families {
		for _, r := range f.rules {
			r.Family = f.name
			all = append(all, r)
		}
	}
	return all
}
