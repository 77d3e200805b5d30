package workloads

import (
	"context"
	"strconv"
	"strings"

	"pgbench-provider/internal/runtime"
)

// fanOut is the shape of the seed's stress test: activities at once, and a join.
type fanOut struct{}

func (fanOut) Name() string     { return "fan-out" }
func (fanOut) About() string    { return "activities called at once and joined" }
func (fanOut) Defaults() Params { return Params{Activities: 5, PayloadBytes: 16} }

func (fanOut) Orchestrates() bool { return true }

func (fanOut) Open(ctx context.Context, env Env) (Session, error) {
	registry := runtime.NewRegistry()
	registry.Activity("Echo", func(ctx context.Context, input string) (string, error) {
		return input, pause(ctx, env.Params.ActivityDelay)
	})
	registry.Orchestration("FanOut", func(c *runtime.Context, input string) (string, error) {
		calls := make([]runtime.Future, env.Params.Activities)
		for i := range calls {
			calls[i] = c.Activity("Echo", branch(input, i))
		}
		results, err := c.Join(calls...)
		if err != nil {
			return "", err
		}
		return strings.Join(results, ","), nil
	})
	want := func(input string) string {
		parts := make([]string, env.Params.Activities)
		for i := range parts {
			parts[i] = branch(input, i)
		}
		return strings.Join(parts, ",")
	}
	return openOrchestrated(ctx, env, registry, "FanOut", want)
}

func branch(input string, i int) string { return input + "/" + strconv.Itoa(i) }
