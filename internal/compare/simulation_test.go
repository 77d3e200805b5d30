package compare

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"
)

// trials of the simulations: few in an ordinary run; docs/method.md has the table that 1000 give.
var trials = flag.Int("trials", 40, "experiments of each simulation")

// machine makes rounds as a shared machine gives them: in each round its arms run in a random order, one block after the
// other. The log of a block's p50 is the machine's state, an AR(1) from block to block, and a disturbance of the block's
// own with the heavy tails of Student's t with three degrees of freedom; in one block of fifty something large runs too.
type machine struct {
	rng    *rand.Rand
	state  float64
	shared float64 // standard deviation of the state
	keep   float64 // its lag-1 correlation
	own    float64 // scale of the block's own disturbance
}

func newMachine(own float64, seed uint64) *machine {
	return &machine{rng: rand.New(rand.NewPCG(seed, 7)), shared: 0.10, keep: 0.8, own: own}
}

func (m *machine) block() float64 {
	m.state = m.keep*m.state + math.Sqrt(1-m.keep*m.keep)*m.shared*m.rng.NormFloat64()
	y := m.state + m.own*m.t3()
	if m.rng.IntN(50) == 0 {
		y += math.Abs(0.3 * m.rng.NormFloat64())
	}
	return y
}

// t3 is Student's t with three degrees of freedom, scaled to a standard deviation of 1.
func (m *machine) t3() float64 {
	chi := 0.0
	for range 3 {
		z := m.rng.NormFloat64()
		chi += z * z
	}
	return m.rng.NormFloat64() / math.Sqrt(chi)
}

// experiment gives the differences of the head and of the control to the base; effects are on the log scale, bias that
// of the control and of the head, as where a schema lies badly on the disk.
func (m *machine) experiment(rounds int, effect, bias float64) (head, control []float64) {
	for range rounds {
		var y [3]float64
		for _, arm := range m.rng.Perm(3) {
			y[arm] = m.block()
		}
		head, control = append(head, y[1]-y[0]+effect), append(control, y[2]-y[0]+bias)
	}
	return head, control
}

// judged gives the comparison of an experiment, alone in its family.
func (o Options) judged(head, control []float64) *Comparison {
	c := &Comparison{Metric: P50, Rounds: len(head), est: o.paired(head)}
	c.PAdjusted = Number(c.est.p)
	if control != nil {
		e := o.paired(control)
		c.floor = floor{math.Abs(e.point), (e.high - e.low) / 2, true}
	}
	o.conclude(c, 1)
	return c
}

func simulated() Options {
	o, _ := Options{Resamples: 500, Flips: 999}.withDefaults()
	return o
}

// tally counts, in per cent of the trials.
type tally struct{ excluded, detected, ofMany, claimed, equivalent, halfWidth, farEnd float64 }

func (o Options) tally(own, effect, bias float64) (t tally) {
	m, one := newMachine(own, 1), 100/float64(*trials)
	for range *trials {
		head, control := m.experiment(30, math.Log1p(effect), math.Log1p(bias))
		c := o.judged(head, control)
		t.excluded += one * share(c.est.low > 0 || c.est.high < 0)
		t.detected += one * share(c.Detected)
		t.ofMany += one * share(c.Detected && 14*c.est.p <= 0.05) // were it one of 14 comparisons, the others without effect
		t.claimed += one * share(c.claimed())
		t.equivalent += one * share(c.Verdict == Equivalent)
		// What other floors would have claimed: the half-width alone, and the far end of the control's interval.
		near := max(c.est.low, -c.est.high)
		t.halfWidth += one * share(c.est.p <= 0.05 && near > max(o.delta(), c.floor.half))
		t.farEnd += one * share(c.est.p <= 0.05 && near > max(o.delta(), c.floor.half+c.floor.bias))
	}
	return t
}

// What 30 rounds claim, on a quiet, an ordinary and a noisy machine.
func TestClaims(t *testing.T) {
	t.Parallel()
	o := simulated()
	t.Log("noise effect  bias | excluded detected of-14 claimed equivalent | half-width far-end")
	for _, own := range []float64{0.03, 0.06, 0.10} {
		for _, x := range []struct{ effect, bias float64 }{{0, 0}, {0.05, 0}, {0.10, 0}, {0.15, 0}, {0.20, 0}, {0.10, 0.10}, {0.20, 0.10}} {
			r := o.tally(own, x.effect, x.bias)
			t.Logf("%4.0f %% %4.0f %% %4.0f %% | %8.1f %8.1f %5.1f %7.1f %10.1f | %10.1f %7.1f", 100*own, 100*x.effect, 100*x.bias,
				r.excluded, r.detected, r.ofMany, r.claimed, r.equivalent, r.halfWidth, r.farEnd)
			switch {
			case x.effect == 0 && (r.excluded > 8 || r.detected > 8 || r.claimed > 1):
				t.Errorf("noise %v: of equal arms %.1f %% are told apart and %.1f %% claimed", own, r.excluded, r.claimed)
			case x.effect == x.bias && r.claimed > 5:
				t.Errorf("noise %v: %.1f %% claim what the control shows too", own, r.claimed)
			case x.effect == 0.10 && r.detected < 70 || x.effect == 0.20 && x.bias == 0 && r.claimed < 95:
				t.Errorf("noise %v: +%.0f %% is detected in %.1f %% and claimed in %.1f %%", own, 100*x.effect, r.detected, r.claimed)
			}
		}
	}
}

// After as many rounds as were said to be needed, most runs must be conclusive.
func TestRoundsNeeded(t *testing.T) {
	t.Parallel()
	o := simulated()
	t.Log("rounds effect | asked  conclusive  median rounds needed")
	for _, first := range []int{12, 30} {
		for _, effect := range []float64{0, 0.02, 0.10, 0.15} {
			m, asked, settled := newMachine(0.06, 3), 0.0, 0.0
			var rounds []float64
			for range *trials {
				head, control := m.experiment(first, math.Log1p(effect), 0)
				c := o.judged(head, control)
				if c.RoundsNeeded == 0 || c.RoundsNeeded > 200 { // more would only take long here
					continue
				}
				asked++
				rounds = append(rounds, float64(c.RoundsNeeded))
				h, k := m.experiment(c.RoundsNeeded-first, math.Log1p(effect), 0)
				settled += share(o.judged(append(head, h...), append(control, k...)).Verdict != Inconclusive)
			}
			if asked == 0 {
				continue
			}
			t.Logf("%6d %4.0f %% | %4.0f %% %8.0f %% %12.0f", first, 100*effect, 100*asked/float64(*trials), 100*settled/asked, median(rounds))
			if asked > 20 && settled/asked < 0.5 {
				t.Errorf("%d rounds, effect %v: %.0f %% conclusive after the rounds needed", first, effect, 100*settled/asked)
			}
		}
	}
}

// Measuring on until the interval is narrow enough must not make it too narrow to be true.
func TestPrecisionKeepsItsCoverage(t *testing.T) {
	t.Parallel()
	o := simulated()
	const want, effect = 0.03, 0.10
	m, held := newMachine(0.06, 5), 0.0
	var looks, rounds []float64
	for range *trials {
		var d []float64
		look, more12 := 0, fewRounds
		for more12 > 0 && len(d) < 1000 {
			head, _ := m.experiment(more12, effect, 0)
			d = append(d, head...)
			e := o.paired(d)
			_, more12 = more(len(d), (e.high-e.low)/2, math.Log1p(want))
			if look++; more12 == 0 {
				held += share(e.low <= effect && effect <= e.high)
			}
		}
		looks, rounds = append(looks, float64(look)), append(rounds, float64(len(d)))
	}
	held /= float64(*trials)
	t.Logf("the interval holds the true change in %.1f %%, after %.0f looks and %.0f rounds (medians)", 100*held, median(looks), median(rounds))
	if held < 0.88 || median(looks) > 4 {
		t.Errorf("coverage %.2f, %v looks", held, median(looks))
	}
}
