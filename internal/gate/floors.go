package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"
)

// Calibration.
const (
	// FalseFailures is the chance, over all cases of a build together, that a build without any change fails.
	FalseFailures = 1. / 200
	// MinCalibration is how many runs a floor needs.
	MinCalibration = 10
)

// ApplyFloors sets the floors of b from runs of the very build that b was made of, each checked against b: all that they
// show is noise. It gives the names of cases with too few figures to be calibrated, and changes nothing on an error: too
// few runs, or one in which something was missing.
//
// The rule. Of n runs a case has the logs x of its changes, for slopes the changes themselves. The chance of a false
// failure is shared out evenly over the m cases that ever varied, a = FalseFailures/m, so that however the cases depend on
// each other their sum is not above it (Bonferroni). A further run of the same kind is above
//
//	mean(x) + t(n-1, 1-a) sd(x) sqrt(1 + 1/n)
//
// with chance a if x is normal (the one-sided prediction interval, Hahn and Meeker, Statistical Intervals, 1991, 4.8).
// The greatest x seen is the least that is taken, for tails heavier than that. Slopes fail both ways and have a/2 on each
// side. The gate allows twice the floor, so the floor is half of this. That a ratio fails only by the end of its
// interval, and after a re-run, makes false failures rarer still.
func ApplyFloors(b *Baseline, runs ...*Verdict) (uncalibrated []string, err error) {
	if len(runs) < MinCalibration {
		return nil, fmt.Errorf("%d runs: a floor needs at least %d of the same build", len(runs), MinCalibration)
	}
	list, uncalibrated, err := samples(runs)
	if err != nil {
		return nil, err
	}
	varied := slices.DeleteFunc(list, func(s *sample) bool { return s.constant() })
	floors := make([]Floor, 0, len(varied))
	for _, s := range varied {
		if v := s.bound(FalseFailures / float64(len(varied))); v > 0 {
			floors = append(floors, Floor{Case: s.name, Metric: s.metric, Value: v / 2, Runs: len(s.x)})
		}
	}
	b.Floors = floors
	return uncalibrated, nil
}

// sample is one case over all runs.
type sample struct {
	name   string
	metric Metric
	x      []float64
}

func samples(runs []*Verdict) (list []*sample, few []string, err error) {
	by := map[string]*sample{}
	for i, v := range runs {
		for _, c := range v.Cases {
			if c.Tier == Budgets || c.Status == NotGated {
				continue
			}
			if c.Status == Fail && !c.Now.Valid() {
				return nil, nil, fmt.Errorf("run %d of the calibration: %s: %s: is it the build of the baseline?", i+1, c.Name, c.Note)
			}
			s := by[c.Name]
			if s == nil {
				s = &sample{name: c.Name, metric: c.Metric}
				by[c.Name], list = s, append(list, s)
			}
			if x := float64(c.Change); c.Metric == Slope && c.Change.Valid() {
				s.x = append(s.x, x)
			} else if c.Change.Valid() && x > 0 {
				s.x = append(s.x, math.Log(x))
			}
		}
	}
	list = slices.DeleteFunc(list, func(s *sample) bool {
		if len(s.x) < MinCalibration {
			few = append(few, s.name)
		}
		return len(s.x) < MinCalibration
	})
	return list, few, nil
}

// constant says that the case never differed from the baseline.
func (s *sample) constant() bool {
	return !slices.ContainsFunc(s.x, func(x float64) bool { return math.Abs(x) > noise })
}

// bound is what a further run is above with chance a: a share, or round trips; 0 when that is no increase.
func (s *sample) bound(a float64) float64 {
	if s.metric == Slope {
		mirrored := make([]float64, len(s.x))
		for i, x := range s.x {
			mirrored[i] = -x
		}
		return max(0, upper(s.x, a/2), upper(mirrored, a/2))
	}
	return max(0, math.Expm1(upper(s.x, a)))
}

func upper(x []float64, a float64) float64 {
	n := float64(len(x))
	mean, sd := stats.Mean(x), stats.StdDev(x)
	t := -stats.InvCDF(stats.TDist{V: n - 1})(a)
	return max(slices.Max(x), mean+t*sd*math.Sqrt(1+1/n))
}
