package workloads

import (
	"context"

	"pgbench-provider/internal/runtime"
)

// helloWorld is the sample by which the seed was measured: activities one after the other, a turn each and one to end.
type helloWorld struct{}

func (helloWorld) Name() string { return "hello-world" }

func (helloWorld) About() string {
	return "activities called one after the other: n activities, n+1 turns"
}

func (helloWorld) Defaults() Params { return Params{Activities: 2, PayloadBytes: 16} }

func (helloWorld) Orchestrates() bool { return true }

func (helloWorld) Open(ctx context.Context, env Env) (Session, error) {
	registry := runtime.NewRegistry()
	registry.Activity("Hello", func(ctx context.Context, input string) (string, error) {
		return hello(input), pause(ctx, env.Params.ActivityDelay)
	})
	registry.Orchestration("HelloWorld", func(c *runtime.Context, input string) (string, error) {
		for range env.Params.Activities {
			var err error
			if input, err = c.Activity("Hello", input).Await(); err != nil {
				return "", err
			}
		}
		return input, nil
	})
	want := func(input string) string {
		for range env.Params.Activities {
			input = hello(input)
		}
		return input
	}
	return openOrchestrated(ctx, env, registry, "HelloWorld", want)
}

// hello turns the text by one letter, so that a result shows how many activities it went through and stays as long.
func hello(s string) string {
	if s == "" {
		return "Hello"
	}
	return s[1:] + s[:1]
}
