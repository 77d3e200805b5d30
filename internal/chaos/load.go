package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"pgbench-provider/internal/runtime"
)

// A load is the code that is run, and what it did.
type load struct {
	mu       sync.Mutex
	executed map[string]int // how often each activity began, by its input
	hold     chan time.Duration
	slow     time.Duration // the most that a turn takes, and at least half of it; 0 is no time
	began    chan struct{} // a slow turn has begun
}

func newLoad() *load {
	return &load{executed: map[string]int{}, hold: make(chan time.Duration, 1), began: make(chan struct{}, 1)}
}

func (l *load) note(input string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.executed[input]++
}

// executions is how often each activity began so far.
func (l *load) executions() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.executed)
}

// A kind of instance: its code, how it ends, which activities it runs, and which instances it starts.
type kind struct {
	name       string
	code       func(c *runtime.Context, input string) (string, error)
	output     func(instance string) string
	activities func(instance string) []string
	children   func(instance string) []string
}

// call runs an activity whose input is unique in the run.
func call(c *runtime.Context, what string) runtime.Future {
	return c.Activity("Echo", key(c.Instance(), c.Execution(), what))
}

func key(instance string, execution int64, what string) string {
	return fmt.Sprintf("%s#%d#%s", instance, execution, what)
}

func echo(input string) string { return "<" + input + ">" }

// keys are the activities of an instance's first execution.
func keys(names ...string) func(string) []string {
	return func(instance string) (list []string) {
		for _, n := range names {
			list = append(list, key(instance, 1, n))
		}
		return list
	}
}

// echoes are the answers of these activities, one after the other.
func echoes(list []string) string {
	var b strings.Builder
	for _, k := range list {
		b.WriteString(echo(k))
	}
	return b.String()
}

func (l *load) registry() *runtime.Registry {
	r := runtime.NewRegistry()
	r.Activity("Echo", func(ctx context.Context, input string) (string, error) {
		l.note(input)
		time.Sleep(rand.N(30 * time.Millisecond))
		return echo(input), nil
	})
	for _, k := range kinds {
		r.Orchestration(k.name, func(c *runtime.Context, input string) (string, error) {
			select {
			case d := <-l.hold:
				time.Sleep(d)
			default:
			}
			if l.slow > 0 {
				signal(l.began)
				time.Sleep(l.slow/2 + rand.N(l.slow/2))
			}
			return k.code(c, input)
		})
	}
	return r
}

// signal tells whoever waits on c, or will, that something happened.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
