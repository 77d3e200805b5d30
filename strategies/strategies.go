// Package strategies lists the strategies. Adding one is a folder below this one and a line here.
package strategies

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"pgbench-provider/provider"
	"pgbench-provider/strategies/cte"
	"pgbench-provider/strategies/inline"
	"pgbench-provider/strategies/pipeline"
	"pgbench-provider/strategies/sp"
	"pgbench-provider/strategies/speager"
	"pgbench-provider/strategies/spfetch"
)

var all = []entry{
	{inline.Strategy{}, "several statements in a transaction, a round trip each"},
	{cte.Strategy{}, "one data-modifying statement an operation, without routines"},
	{pipeline.Strategy{}, "the inline statements of an operation in one network flush"},
	{sp.Strategy{}, "one stored-procedure call an operation"},
	{speager.Strategy{}, "sp, whose enqueues and acks hand the next step over in the same call"},
	{spfetch.Strategy{}, "fetch_orchestration_item by stored procedure, the rest inline: a migration half done"},
}

type entry struct {
	provider.Strategy
	about string
}

// All gives every strategy, in the order in which reports show them.
func All() (list []provider.Strategy) {
	for _, e := range all {
		list = append(list, e.Strategy)
	}
	return list
}

// About describes a strategy in a line; empty for one that is not listed.
func About(name string) string {
	for _, e := range all {
		if e.Name() == name {
			return e.about
		}
	}
	return ""
}

// Lookup finds a strategy by its name. The error names those there are.
func Lookup(name string) (provider.Strategy, error) {
	var names []string
	for _, e := range all {
		if e.Name() == name {
			return e.Strategy, nil
		}
		names = append(names, e.Name())
	}
	return nil, fmt.Errorf("unknown strategy %.40q: choose from %s", name, strings.Join(names, ", "))
}

// RoutineHash identifies the text of all server-side routines, so that two runs can be told to have measured the same.
func RoutineHash() string {
	sum := sha256.Sum256([]byte(sp.RoutineHash() + speager.RoutineHash()))
	return hex.EncodeToString(sum[:8])
}
