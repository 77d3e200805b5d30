package equivalence

import "slices"

// Shrink looks for a shorter and simpler script on which check still finds a difference, and gives the best it found: it
// leaves out ever smaller parts (Zeller's delta debugging), makes what is left plainer, and begins again while that
// helps. budget bounds how often check runs.
func Shrink(found *Difference, budget int, check func(Script) (*Difference, error)) (*Difference, error) {
	s := &shrinker{best: found, budget: budget, check: check}
	for changed := true; changed && s.budget > 0 && s.err == nil; {
		shorter := s.shorten()
		changed = s.simplify() || shorter
	}
	return s.best, s.err
}

type shrinker struct {
	best   *Difference
	budget int
	check  func(Script) (*Difference, error)
	err    error
}

// try keeps a candidate on which the parties still differ. What comes after the differing step is cut by check itself.
func (s *shrinker) try(candidate Script) bool {
	if s.budget <= 0 || s.err != nil {
		return false
	}
	s.budget--
	d, err := s.check(candidate)
	if err != nil {
		s.err = err
		return false
	}
	if d != nil {
		s.best = d
	}
	return d != nil
}

func (s *shrinker) shorten() (changed bool) {
	for size := max(1, len(s.best.Script)/2); size >= 1; size /= 2 {
		for from := 0; from < len(s.best.Script); {
			script := s.best.Script
			if s.try(slices.Concat(script[:from], script[min(from+size, len(script)):])) {
				changed = true
				continue
			}
			from += size
		}
	}
	return changed
}

// plainer lists ways to make an operation simpler. A lock's number counts from the newest, so that a smaller one lets
// fetches in between be left out.
var plainer = []func(*Op){
	func(o *Op) { o.Works, o.Messages, o.Cancels, o.Count = 0, 0, 0, 0 },
	func(o *Op) { o.Works = 0 }, func(o *Op) { o.Messages = 0 }, func(o *Op) { o.Cancels = 0 }, func(o *Op) { o.Count = 0 },
	func(o *Op) { o.Slot = min(o.Slot, 0) }, func(o *Op) { o.Slot = min(o.Slot, 1) }, func(o *Op) { o.Slot = min(o.Slot, 2) },
	func(o *Op) { o.Instance, o.Other = 0, 0 }, func(o *Op) { o.Payload = 0 }, func(o *Op) { o.Status = 0 },
	func(o *Op) { o.Room = 0 }, func(o *Op) { o.Delay = 0 }, func(o *Op) { o.Flag = false }, func(o *Op) { o.Named = false }, func(o *Op) { o.Execution = 1 },
}

func (s *shrinker) simplify() (changed bool) {
	for i := 0; i < len(s.best.Script); i++ {
		for _, simplify := range plainer {
			if i >= len(s.best.Script) {
				break
			}
			candidate := slices.Clone(s.best.Script)
			simplify(&candidate[i])
			if candidate[i] != s.best.Script[i] && s.try(candidate) {
				changed = true
			}
		}
	}
	return changed
}
