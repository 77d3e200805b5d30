package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	inBaseline = "in the baseline"
	inBuild    = "now"
)

// differences are those of what both kinds of run share, each a sentence without full stop.
func (id Identity) differences(now Identity, here, there string, changedSQL bool) (out []string) {
	if id.ResultFormat != now.ResultFormat {
		out = append(out, fmt.Sprintf("the format of results is %d %s and %d %s", id.ResultFormat, here, now.ResultFormat, there))
	}
	if id.Postgres != now.Postgres {
		out = append(out, fmt.Sprintf("PostgreSQL is %d %s and %d %s", id.Postgres, here, now.Postgres, there))
	}
	if !changedSQL {
		out = append(out, unequal("", id.Hashes, now.Hashes, here, there)...)
	}
	return out
}

// against adds the differences of the runs themselves. A kind of run that one side lacks is not gated, and no difference.
func (id Identity) against(now Identity, o Options) []string {
	out := id.differences(now, inBaseline, inBuild, o.ChangedSQL)
	for _, r := range []struct {
		name      string
		base, now *Run
	}{{"counter run", id.Counters, now.Counters}, {"timed run", id.Timed, now.Timed}} {
		if r.base != nil && r.now != nil {
			out = append(out, r.base.differences(r.now, r.name, o.Partial)...)
		}
	}
	return out
}

func (r *Run) differences(now *Run, name string, partial bool) (out []string) {
	out = unequal("the "+name+"'s ", r.Settings, now.Settings, inBaseline, inBuild)
	was, is := r.strategies(), now.strategies()
	fewer := partial && !slices.ContainsFunc(is, func(s string) bool { return !slices.Contains(was, s) })
	if !slices.Equal(was, is) && !fewer {
		return append(out, fmt.Sprintf("the strategies of the %s are %s %s and %s %s",
			name, strings.Join(was, ", "), inBaseline, strings.Join(is, ", "), inBuild))
	}
	for _, c := range r.Cells {
		found := now.cell(c.Workload, c.Strategy, c.AddedRTT)
		var d []string
		switch {
		case found != nil:
			d = unequal(fmt.Sprintf("%s, %s: ", name, c.Workload), c.Parameters, found.Parameters, inBaseline, inBuild)
		case !partial:
			d = []string{fmt.Sprintf("the %s has no %s under %s with %v added", name, c.Workload, c.Strategy, c.AddedRTT)}
		}
		for _, s := range d {
			if !slices.Contains(out, s) { // all strategies of a workload have the same parameters
				out = append(out, s)
			}
		}
	}
	return out
}

func unequal(what string, a, b map[string]string, here, there string) (out []string) {
	keys := maps.Clone(a)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, b)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		x, inA := a[k]
		y, inB := b[k]
		if inA != inB || x != y {
			out = append(out, fmt.Sprintf("%s%s is %s %s and %s %s", what, k, orNone(x, inA), here, orNone(y, inB), there))
		}
	}
	return out
}

func orNone(v string, ok bool) string {
	if !ok {
		return "not set"
	}
	return v
}
