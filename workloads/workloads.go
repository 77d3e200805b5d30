// Package workloads lists the synthetic loads. Adding one is a file here and a line in all.
package workloads

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pgbench-provider/provider"
)

// A Workload is a load on a provider. It is a stateless value.
type Workload interface {
	Name() string  // as in --workload: with hyphens
	About() string // one line
	// Defaults are the parameters the workload runs with where nothing else is said. A zero field is one the workload
	// does not know.
	Defaults() Params
	// Orchestrates says whether a unit is an orchestration, so that its latency is one.
	Orchestrates() bool
	// Open prepares the load on an empty schema. The session it returns must be closed.
	Open(ctx context.Context, env Env) (Session, error)
}

// Contended is a [Workload] whose callers are the orchestration dispatchers: as many units are in flight.
type Contended interface{ Contended() }

// A Session is a load under way.
type Session interface {
	// Do runs unit n from its start to its end and returns when it began and ended. It may be called from many goroutines
	// at once; n is never repeated in a session.
	Do(ctx context.Context, n int) (began, ended time.Time, err error)
	// Check proves, after the last Do has returned, that the provider gave right answers: every unit ended once, with the
	// right output, and the queues are empty. A failed check fails the run.
	Check(ctx context.Context) error
	// CheckEnded is what is left of Check when the server went away before the last Do returned: every unit that ended did so
	// rightly and is still there. It leaves the schema to be emptied.
	CheckEnded(ctx context.Context) error
	// Close stops what Open started and waits for it.
	Close(ctx context.Context) error
}

// Params are what a workload may be asked for.
type Params struct {
	Activities    int           `json:"activities,omitempty"`        // calls an orchestration makes
	PayloadBytes  int           `json:"payload_bytes,omitempty"`     // of each input and result
	ActivityDelay time.Duration `json:"activity_delay_ns,omitempty"` // that an activity takes
	Depth         int           `json:"depth,omitempty"`             // instances that wait in the queue
	HistoryEvents int           `json:"history_events,omitempty"`    // of each instance at the beginning
}

// An Env is what a session runs in.
type Env struct {
	Provider      *provider.Provider
	Observer      func() provider.Observer // a new one for each goroutine that calls the provider; nil for nobody
	Params        Params
	Orchestration int // dispatchers
	Worker        int // dispatchers
	WorkBatch     int // how many activities one fetch may lock; 0 is 1
	TurnBatch     int // how many turns; 0 is 1
	// Prefix begins every instance id of the session, so that rounds on one schema do not meet.
	Prefix string
	Seed   uint64
	// AwaitPoll is how often the database is asked for the end of an orchestration that another process may run; 0 is for
	// sessions that have the schema to themselves.
	AwaitPoll time.Duration
	// Fill makes instances prefix-0000000 and on like the last of n, which is there already: see package fill. Nil is slower,
	// not different: each is then prepared by itself.
	Fill func(ctx context.Context, prefix string, n int) error
}

func (e Env) observed() *provider.Provider {
	if e.Observer == nil {
		return e.Provider.WithObserver(nil)
	}
	return e.Provider.WithObserver(e.Observer())
}

var all = []Workload{helloWorld{}, fanOut{}, operations{}, hotRow{}}

// All gives every workload, in the order in which reports show them.
func All() []Workload { return all }

// Lookup finds a workload by its name. The error names those there are.
func Lookup(name string) (Workload, error) {
	var names []string
	for _, w := range all {
		if w.Name() == name {
			return w, nil
		}
		names = append(names, w.Name())
	}
	return nil, fmt.Errorf("unknown workload %.40q: choose from %s", name, strings.Join(names, ", "))
}

// Or gives o's parameters where they are set and those of p elsewhere. It fails on a parameter that p does not know and
// on one that is negative.
func (p Params) Or(o Params) (Params, error) {
	for _, f := range []struct {
		flag string
		set  int64
		to   func()
		ok   bool
	}{
		{"--activities", int64(o.Activities), func() { p.Activities = o.Activities }, p.Activities > 0},
		{"--payload", int64(o.PayloadBytes), func() { p.PayloadBytes = o.PayloadBytes }, p.PayloadBytes > 0},
		{"--activity-delay", int64(o.ActivityDelay), func() { p.ActivityDelay = o.ActivityDelay }, p.Activities > 0},
		{"--depth", int64(o.Depth), func() { p.Depth = o.Depth }, p.Depth > 0},
		{"--history", int64(o.HistoryEvents), func() { p.HistoryEvents = o.HistoryEvents }, p.HistoryEvents > 0},
	} {
		switch {
		case f.set == 0:
		case f.set < 0:
			return p, fmt.Errorf("%s is negative: give a value above 0", f.flag)
		case !f.ok:
			return p, fmt.Errorf("%s does not apply to this workload: leave it out", f.flag)
		default:
			f.to()
		}
	}
	return p, nil
}

// ErrCheck is what every failed check is: the provider gave a wrong answer, so no figure of the run counts.
var ErrCheck = errors.New("check failed")
