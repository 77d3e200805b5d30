package compare

import (
	"fmt"
	"slices"

	"pgbench-provider/internal/result"
)

// Windows cuts f into consecutive windows of that many rounds, at least [MinRounds], and compares the strategies of each
// as [Strategies] does; rounds at the end that fill no window are left out. A file of one strategy and its control is
// taken as [ControlAsHead] gives it. It fails when not one window is full.
func Windows(f *result.File, rounds int, o Options) ([]*Analysis, error) {
	if rounds < MinRounds {
		return nil, fmt.Errorf("windows of %d rounds: at least %d are needed", rounds, MinRounds)
	}
	if len(strategies(f)) == 1 {
		var err error
		if f, err = ControlAsHead(f); err != nil {
			return nil, err
		}
	}
	numbers := roundNumbers(f)
	if len(numbers) < rounds {
		return nil, fmt.Errorf("%d rounds do not fill a window of %d: record more rounds, or choose smaller windows", len(numbers), rounds)
	}
	var out []*Analysis
	for ; len(numbers) >= rounds; numbers = numbers[rounds:] {
		w, err := window(f, numbers[:rounds])
		if err != nil {
			return nil, err
		}
		a, err := Strategies(w, o)
		if err != nil {
			return nil, fmt.Errorf("rounds %d to %d: %w", numbers[0], numbers[rounds-1], err)
		}
		out = append(out, a)
	}
	return out, nil
}

// ControlAsHead gives a file in which each control arm is a strategy of its own, named as in "inline (control)", beside
// the arm whose twin it is; all other arms are left out. What is found to differ in it is noise. It returns
// [ErrNothingToCompare] for a file without a control arm.
func ControlAsHead(f *result.File) (*result.File, error) {
	var controlled []string
	for _, c := range f.Cells {
		if c.Control {
			controlled = append(controlled, c.Strategy)
		}
	}
	if len(controlled) == 0 {
		return nil, fmt.Errorf("%w: the file has no control arm: record it with compare, without --no-control", ErrNothingToCompare)
	}
	out := *f
	out.Cells = nil
	for _, c := range f.Cells {
		if !slices.Contains(controlled, c.Strategy) {
			continue
		}
		if c.Control {
			c.Strategy, c.Control = c.Strategy+" (control)", false
		}
		out.Cells = append(out.Cells, c)
	}
	return &out, nil
}

func roundNumbers(f *result.File) []int {
	var numbers []int
	for _, c := range f.Cells {
		for _, r := range c.Rounds {
			numbers = append(numbers, r.Round)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

func window(f *result.File, numbers []int) (*result.File, error) {
	w := *f
	w.Cells = nil
	for _, c := range f.Cells {
		c.Rounds = slices.DeleteFunc(slices.Clone(c.Rounds), func(r result.Round) bool { return !slices.Contains(numbers, r.Round) })
		c.MeasuredRTT = 0
		if err := c.Summarize(); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name(), err)
		}
		w.Cells = append(w.Cells, c)
	}
	return &w, nil
}
