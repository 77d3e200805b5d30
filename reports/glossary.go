package reports

import (
	"slices"

	"pgbench-provider/reports/html"
)

// kinds are the strategies that come with the tool, a line each.
var kinds = []html.Fact{
	{Name: "inline", Text: "several statements in a transaction, a round trip each"},
	{Name: "cte", Text: "one data-modifying statement an operation, no routines"},
	{Name: "pipeline", Text: "the inline statements in one network flush, no routines"},
	{Name: "sp", Text: "one stored-procedure call an operation"},
	{Name: "sp-eager", Text: "sp, whose enqueues and acks hand the next step over in the same call"},
	{Name: "sp-fetch", Text: "a migration half done: only fetch_orchestration_item by procedure"},
}

// glossary says what the words of a sweep mean, those of its strategies first.
func glossary(strategies []string) []html.Fact {
	words := slices.DeleteFunc(slices.Clone(kinds), func(f html.Fact) bool { return !slices.Contains(strategies, f.Name) })
	return append(words, []html.Fact{
		{Name: "orchestration", Text: "a unit of work from its start to its completion: turns, and the activities that they ask for"},
		{Name: "turn", Text: "one fetch_orchestration_item and one ack_orchestration_item: what happened is read, and what comes next is written"},
		{Name: "round trip", Text: "a message to the server and its answer; its time (RTT) is the p50 of a null query, measured in each round"},
		{Name: "round", Text: "each strategy once, for a short time, in random order: what ran side by side shares the state of the machine"},
		{Name: "S and R", Text: "latency = S + R × RTT is fitted through the distances: S is where the line meets zero distance, R how many round trips are waited for"},
		{Name: "p50", Text: "half of the calls took at most so long"},
		{Name: "in flight", Text: "how many orchestrations are under way at once"},
		{Name: "dispatchers 1:1", Text: "one that takes turns and one that runs activities, each with a connection"},
		{Name: "tie", Text: "the interval over the rounds leaves both orders open; with few rounds one that disagrees is enough"},
	}...)
}
