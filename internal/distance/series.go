package distance

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// subject is what has a line under each strategy: an operation with its outcome, or the whole orchestration.
type subject struct {
	workload, operation string
	outcome             result.Outcome
	arms                []*arm // in the order of the file
	near, far           float64
	// mixed says that calls differ in their round trips. Their p50 is that of the usual call, whatever the others cost, and
	// agrees with no count: the lines are then of the mean.
	mixed bool
}

// arm is a subject under one strategy.
type arm struct {
	strategy string
	legs     []*leg // by added distance
	trips    float64
	line     line
	mean     line
	boot     []line // by resample; NaN where a resample has no line
}

// leg is an arm at one distance. The columns hold the same rounds.
type leg struct {
	added      time.Duration
	x, y, mean column
	trips      float64
	server     float64 // NaN where it is not known
}

// reading is one figure of a round or a summary.
type reading struct {
	p50, mean, trips, server float64
}

// subjects collects the lines' points of one workload. rounds are the numbers of all its rounds.
func subjects(f *result.File, workload string) (out []*subject, rounds []int) {
	for _, c := range f.Cells {
		if c.Workload != workload || c.Control {
			continue
		}
		for _, r := range c.Rounds {
			if !slices.Contains(rounds, r.Round) {
				rounds = append(rounds, r.Round)
			}
		}
	}
	slices.Sort(rounds)
	for i := range f.Cells {
		c := &f.Cells[i]
		if c.Workload != workload || c.Control {
			continue
		}
		for _, op := range c.Summary.Operations {
			if op.Outcome == result.Loaded || op.Outcome == result.OK {
				out = collect(out, c, rounds, op.Name, op.Outcome)
			}
		}
	}
	for i := range f.Cells { // the whole comes last, as in comparisons
		if c := &f.Cells[i]; c.Workload == workload && !c.Control && c.Summary.Orchestrations != nil {
			out = collect(out, c, rounds, compare.Orchestration, "")
		}
	}
	return usable(out), rounds
}

// collect adds what cell c says of one subject.
func collect(out []*subject, c *result.Cell, rounds []int, operation string, outcome result.Outcome) []*subject {
	l := &leg{added: c.AddedRTT}
	for _, r := range c.Rounds {
		x := cmp.Or(r.MeasuredRTT, c.MeasuredRTT)
		v, ok := read(r.Operations, r.Orchestrations, operation, outcome)
		if !ok || x <= 0 || v.p50 <= 0 {
			continue
		}
		i, _ := slices.BinarySearch(rounds, r.Round)
		l.x.add(i, float64(x))
		l.y.add(i, v.p50)
		if v.mean > 0 { // recorded files may have none for the whole
			l.mean.add(i, v.mean)
		}
	}
	if len(l.x.v) == 0 {
		return out
	}
	l.x.sort()
	l.y.sort()
	l.mean.sort()
	total, _ := read(c.Summary.Operations, c.Summary.Orchestrations, operation, outcome)
	l.trips, l.server = total.trips, total.server
	if operation == compare.Orchestration && fmt.Sprint(c.Parameters["in_flight"]) == "1" {
		l.trips = allTrips(c.Summary.Operations, c.Summary.Orchestrations.Completed)
	}

	i := slices.IndexFunc(out, func(s *subject) bool { return s.operation == operation && s.outcome == outcome })
	if i < 0 {
		i = len(out)
		out = append(out, &subject{workload: c.Workload, operation: operation, outcome: outcome})
	}
	s := out[i]
	j := slices.IndexFunc(s.arms, func(a *arm) bool { return a.strategy == c.Strategy })
	if j < 0 {
		j = len(s.arms)
		s.arms = append(s.arms, &arm{strategy: c.Strategy})
	}
	s.arms[j].legs = append(s.arms[j].legs, l)
	return out
}

func read(ops []result.Operation, orch *result.Orchestrations, name string, outcome result.Outcome) (reading, bool) {
	if name == compare.Orchestration {
		if orch == nil || orch.Completed == 0 {
			return reading{server: math.NaN()}, false
		}
		return reading{float64(orch.P50), float64(orch.Mean), math.NaN(), serverTime(ops, orch.Completed)}, true
	}
	i := slices.IndexFunc(ops, func(x result.Operation) bool { return x.Name == name && x.Outcome == outcome })
	if i < 0 || ops[i].Count == 0 {
		return reading{server: math.NaN()}, false
	}
	return reading{float64(ops[i].P50), float64(ops[i].Mean), ops[i].RoundTripsPerOp, serverTime(ops[i:i+1], ops[i].Count)}, true
}

// allTrips are the round trips of all calls that found work, for each of n.
func allTrips(ops []result.Operation, n int64) (sum float64) {
	for _, o := range ops {
		if o.Outcome == result.OK || o.Outcome == result.Loaded {
			sum += float64(o.Count) * o.RoundTripsPerOp / float64(n)
		}
	}
	return math.Round(sum*1e6) / 1e6 // sums in another order are the same count
}

// serverTime is what the server spent on each of n, in nanoseconds; NaN where it did not tell.
func serverTime(ops []result.Operation, n int64) float64 {
	sum, known := 0.0, false
	for _, o := range ops {
		if o.Server != nil {
			sum, known = sum+float64(o.Server.Exec), true
		}
	}
	if !known {
		return math.NaN()
	}
	return sum / float64(n)
}

// usable leaves out arms with too few distances and subjects without arms.
func usable(in []*subject) (out []*subject) {
	for _, s := range in {
		s.arms = slices.DeleteFunc(s.arms, func(a *arm) bool { return len(a.legs) < MinDistances })
		for _, a := range s.arms {
			slices.SortStableFunc(a.legs, func(x, y *leg) int { return cmp.Compare(x.added, y.added) })
			var trips column
			for i, l := range a.legs {
				if l.trips > 0 {
					trips.add(i, l.trips)
				}
			}
			trips.sort()
			a.trips = trips.median(ones(len(a.legs)))
			s.mixed = s.mixed || s.operation != compare.Orchestration && math.Abs(a.trips-math.Round(a.trips)) > wholeTrips
		}
		for _, a := range s.arms {
			for _, l := range a.legs {
				if s.mixed && len(l.mean.v) == len(l.y.v) {
					l.y = l.mean
				}
			}
		}
		if len(s.arms) > 0 {
			out = append(out, s)
		}
	}
	return out
}

func (s *subject) arm(strategy string) *arm {
	if i := slices.IndexFunc(s.arms, func(a *arm) bool { return a.strategy == strategy }); i >= 0 {
		return s.arms[i]
	}
	return nil
}

// rtt is the median of the measured round trips.
func (l *leg) rtt() time.Duration {
	return time.Duration(math.Round(l.x.median(ones(slices.Max(l.x.round) + 1))))
}

// Distance is one distance of a sweep.
type Distance struct{ Added, Measured time.Duration }

// distances gives those of all arms, near to far, each with the median of what the arms measured.
func (s *subject) distances() (out []Distance) {
	by := map[time.Duration]*column{}
	for i, a := range s.arms {
		for _, l := range a.legs {
			if by[l.added] == nil {
				by[l.added] = &column{}
			}
			by[l.added].add(i, float64(l.rtt()))
		}
	}
	for _, added := range slices.Sorted(maps.Keys(by)) {
		by[added].sort()
		out = append(out, Distance{added, time.Duration(by[added].median(ones(len(s.arms))))})
	}
	return out
}

// span is the nearest and the farthest distance measured.
func (s *subject) span() (near, far float64) {
	d := s.distances()
	if len(d) == 0 {
		return 0, 0
	}
	return float64(d[0].Measured), float64(d[len(d)-1].Measured)
}

func ones(n int) []int { return slices.Repeat([]int{1}, n) }
