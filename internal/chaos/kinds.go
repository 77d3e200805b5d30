package chaos

import (
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/runtime"
)

const generations = 3 // of an Heir

var fan = []string{"a", "b", "c", "d", "e"}

// kinds are what is started. Their code is deterministic; only the clock and the faults are not.
var kinds = []kind{
	{name: "Hello", code: hello, activities: keys("hello")},
	{name: "FanOut", code: fanOut, activities: keys(fan...)},
	{name: "Timers", code: timers, activities: keys("before", "after")},
	{name: "Family", code: family, activities: keys("parent"), children: children,
		output: func(i string) string {
			return echo(key(children(i)[0], 1, "hello")) + echo(key(children(i)[1], 1, "hello")) + echo(key(i, 1, "parent"))
		}},
	{name: "Heir", code: heir, activities: heirs, output: func(i string) string { return echo(key(i, generations, "heir")) }},
	{name: "Event", code: event, activities: keys("event"), output: func(i string) string { return "raised" + echo(key(i, 1, "event")) }},
}

// ends is how an instance of the kind ends.
func (k kind) ends(instance string) string {
	if k.output != nil {
		return k.output(instance)
	}
	return echoes(k.activities(instance))
}

func hello(c *runtime.Context, _ string) (string, error) { return call(c, "hello").Await() }

func fanOut(c *runtime.Context, _ string) (string, error) {
	var all []runtime.Future
	for _, name := range fan {
		all = append(all, call(c, name))
	}
	results, err := c.Join(all...)
	return strings.Join(results, ""), err
}

func timers(c *runtime.Context, _ string) (string, error) {
	before, err := call(c, "before").Await()
	if err != nil {
		return "", err
	}
	if _, err := c.Join(c.Timer(30*time.Millisecond), c.Timer(200*time.Millisecond)); err != nil {
		return "", err
	}
	after, err := call(c, "after").Await()
	return before + after, err
}

// family asks for its children first, so that their ids are known.
func family(c *runtime.Context, _ string) (string, error) {
	results, err := c.Join(c.SubOrchestration("Hello", ""), c.SubOrchestration("Hello", ""), call(c, "parent"))
	return strings.Join(results, ""), err
}

func children(instance string) []string { return []string{instance + "::2", instance + "::3"} }

func heir(c *runtime.Context, input string) (string, error) {
	result, err := call(c, "heir").Await()
	if n, _ := strconv.Atoi(input); err == nil && n < generations-1 {
		return c.ContinueAsNew(strconv.Itoa(n + 1))
	}
	return result, err
}

func heirs(instance string) (list []string) {
	for n := range generations {
		list = append(list, key(instance, int64(n+1), "heir"))
	}
	return list
}

func event(c *runtime.Context, _ string) (string, error) {
	data, err := c.WaitEvent("E").Await()
	if err != nil {
		return "", err
	}
	result, err := call(c, "event").Await()
	return data + result, err
}
