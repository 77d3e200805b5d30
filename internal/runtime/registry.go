package runtime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pgbench-provider/provider"
)

type (
	// An OrchestrationFunc is the code of an orchestration. Its error fails the orchestration.
	OrchestrationFunc = func(c *Context, input string) (string, error)
	// An ActivityFunc is the code of an activity. It may run more than once. ctx ends when the runtime stops, or when the
	// activity was cancelled or taken over; what it then returns is dropped.
	ActivityFunc = func(ctx context.Context, input string) (string, error)
)

// DefaultVersion is the version of what is registered without one.
const DefaultVersion = "1.0.0"

// A Registry knows the code by its name. It is safe for concurrent use.
type Registry struct {
	mu             sync.RWMutex
	orchestrations map[string]*versions
	activities     map[string]ActivityFunc
	err            error // the first registration that made no sense; [New] returns it
}

type versions struct {
	list   []version // ascending
	pinned string    // empty: the latest
}

type version struct {
	name string
	run  OrchestrationFunc
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry {
	return &Registry{orchestrations: map[string]*versions{}, activities: map[string]ActivityFunc{}}
}

// Orchestration registers code under [DefaultVersion].
func (r *Registry) Orchestration(name string, fn OrchestrationFunc) {
	r.OrchestrationVersion(name, DefaultVersion, fn)
}

// OrchestrationVersion registers one version of an orchestration. Versions are compared number by number: 1.10.0 is
// later than 1.9.0. An empty name, a nil fn or a version that is there already makes [New] fail.
func (r *Registry) OrchestrationVersion(name, v string, fn OrchestrationFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.orchestrations[name]
	if o == nil {
		o = &versions{}
		r.orchestrations[name] = o
	}
	at, found := slices.BinarySearchFunc(o.list, v, func(e version, v string) int { return compareVersions(e.name, v) })
	if found || name == "" || v == "" || fn == nil {
		r.refuse("orchestration %q version %q", name, v)
		return
	}
	o.list = slices.Insert(o.list, at, version{v, fn})
}

// Activity registers an activity. An empty name, a nil fn or a name that is there already makes [New] fail.
func (r *Registry) Activity(name string, fn ActivityFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, found := r.activities[name]; found || name == "" || fn == nil {
		r.refuse("activity %q", name)
		return
	}
	r.activities[name] = fn
}

func (r *Registry) refuse(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: registration of %s: empty, nil or twice", provider.ErrInvalid, fmt.Sprintf(format, args...))
	}
}

// Pin makes executions that begin from now on without a version use exactly v, whether it is registered or not. An empty
// v goes back to the latest. Executions that have begun keep their version.
func (r *Registry) Pin(name, v string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.orchestrations[name]; o != nil {
		o.pinned = v
	}
}

// orchestration finds the code of a version; empty or unknown means what the policy says. It also returns the version
// that was found, or "0.0.0" with the reason why there is none.
func (r *Registry) orchestration(name, want string) (OrchestrationFunc, string, *provider.ErrorDetails) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	o := r.orchestrations[name]
	if o == nil || len(o.list) == 0 {
		return nil, "0.0.0", configuration("UnregisteredOrchestration", name, "")
	}
	if want == "" || want == provider.UnknownVersion {
		want = o.pinned
	}
	if want == "" {
		latest := o.list[len(o.list)-1]
		return latest.run, latest.name, nil
	}
	for _, v := range o.list {
		if v.name == want {
			return v.run, v.name, nil
		}
	}
	return nil, "0.0.0", configuration("MissingVersion", name, want)
}

func (r *Registry) activity(name string) ActivityFunc {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.activities[name]
}

func (r *Registry) check() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.err
}

// compareVersions compares part by part, parts that are numbers as numbers.
func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a, b)
	})
}
