package compare

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// warnEnvironment tells what differed between the runs of two files without forbidding the comparison.
func (a *Analysis) warnEnvironment(add adder) {
	x, y := a.Base.Environment, a.Head.Environment
	if s, t := x.Server, y.Server; s.SystemID != t.SystemID || s.Address != t.Address || s.Location != t.Location {
		add("The servers differ: %s and %s.", serverName(s.Location, s.Address), serverName(t.Location, t.Address))
	}
	if x.Server.Version != y.Server.Version {
		add("PostgreSQL is %s and %s.", x.Server.Version, y.Server.Version)
	}
	if x.Client.CPU != y.Client.CPU || x.Client.Cores != y.Client.Cores {
		add("The client machines differ: %s (%d cores) and %s (%d cores).",
			x.Client.CPU, x.Client.Cores, y.Client.CPU, y.Client.Cores)
	}
	if names := differing(x.Server.Settings, y.Server.Settings); len(names) > 0 {
		add("Server settings differ: %s.", strings.Join(names, ", "))
	}
	if a.Base.Tool.Version != a.Head.Tool.Version {
		add("The versions of the tool differ: %s and %s.", a.Base.Tool.Version, a.Head.Tool.Version)
	}
	for _, p := range cellPairs(a.Base, a.Head) {
		b, h := p.base.MeasuredRTT, p.head.MeasuredRTT
		if b > 0 && h > 0 && math.Abs(math.Log(float64(h)/float64(b))) > 0.2 {
			add("The measured round trip of %s was %v and %v: the distance differs, not only the code.", p.base.Name(), b, h)
		}
	}
}

func serverName(location, address string) string {
	return strings.TrimSpace(location + " " + address)
}

// differing names the settings that both sides know and do not agree on, "and n more" after five.
func differing(a, b map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if v, ok := b[k]; ok && v != a[k] {
			out = append(out, k+" = "+a[k]+" and "+v)
		}
	}
	if len(out) > 5 {
		out = append(out[:5], "and others")
	}
	return out
}
