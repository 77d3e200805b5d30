// Package providertest is the durable-task contract as tests: a list of rules that every strategy must keep.
//
// A [Rule] needs a [Harness], which is a provider on a schema of its own with a clock that only the rule moves, and a
// [T] to complain to. [Run] is the loop for go test. A program without a *testing.T opens a Harness itself:
//
//	h, err := providertest.Open(ctx, config, strategy) // config's search_path names an empty schema
//	for _, rule := range providertest.Rules() {
//		err := h.Reset(ctx)
//		rule.Check(t, h)
//	}
//	h.Close()
//
// Families and names are those of the catalogue that other implementations of the contract use; the family "lessons"
// holds what went wrong in practice and had no test there.
package providertest
