package distance

import (
	"cmp"
	"math"
	"slices"
)

// line is y = s + r x.
type line struct{ s, r float64 }

func (l line) at(x float64) float64 { return l.s + l.r*x }

type point struct{ x, y float64 }

// through gives the line of least squares of the relative errors. Points with y not above 0 do not count. ok is false
// when fewer than two different x remain.
func through(points []point) (l line, ok bool) {
	var w, xm, ym float64
	for _, p := range points {
		if p.y > 0 {
			u := 1 / (p.y * p.y)
			w, xm, ym = w+u, xm+u*p.x, ym+u*p.y
		}
	}
	xm, ym = xm/w, ym/w
	var xx, xy float64
	for _, p := range points {
		if p.y > 0 {
			u := 1 / (p.y * p.y)
			xx += u * (p.x - xm) * (p.x - xm)
			xy += u * (p.x - xm) * (p.y - ym)
		}
	}
	if !(xx > 0) {
		return line{math.NaN(), math.NaN()}, false
	}
	r := xy / xx
	return line{ym - r*xm, r}, true
}

// column is one figure by round, sorted, so that the median of a resample of rounds needs no sorting.
type column struct {
	v     []float64
	round []int // index of the round
}

func (c *column) add(round int, v float64) { c.v, c.round = append(c.v, v), append(c.round, round) }

func (c *column) sort() {
	order := make([]int, len(c.v))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(c.v[i], c.v[j]), cmp.Compare(c.round[i], c.round[j]))
	})
	v, round := make([]float64, len(order)), make([]int, len(order))
	for k, i := range order {
		v[k], round[k] = c.v[i], c.round[i]
	}
	c.v, c.round = v, round
}

// median is that of the column in which round i stands counts[i] times, NaN when none of its rounds was drawn.
func (c *column) median(counts []int) float64 {
	total := 0
	for _, r := range c.round {
		total += counts[r]
	}
	seen, lower := 0, math.NaN()
	for k, v := range c.v {
		seen += counts[c.round[k]]
		if math.IsNaN(lower) && 2*seen >= total && seen > 0 {
			lower = v
		}
		if 2*seen > total {
			return lower + (v-lower)/2
		}
	}
	return lower
}
