package compare

import (
	"math"
	"slices"

	"pgbench-provider/internal/result"
)

// tail holds, for the rounds of one arm, how many calls were in each of the slowest buckets. A p99 of a round rests on a
// handful of calls, so the p99 is taken of merged rounds and the bootstrap draws whole rounds.
type tail struct {
	totals []int64
	values []float64 // descending
	counts [][]int64 // by value, then round
}

// newTail reads the histograms of the rounds. ok is false when one of them is missing or cannot be decoded.
func newTail(hists []result.Histogram) (t *tail, ok bool) {
	type bucket struct{ value, count int64 }
	rounds := make([][]bucket, len(hists))
	t = &tail{totals: make([]int64, len(hists))}
	cut := int64(math.MaxInt64)
	for r, h := range hists {
		p, err := h.Decode()
		if err != nil || p == nil {
			return nil, false
		}
		for value, count := range p.ForEachBucket {
			rounds[r] = append(rounds[r], bucket{value, count})
			t.totals[r] += count
		}
		// The p99 of merged rounds is never below the smallest p99 of a round: faster buckets are not needed.
		var above int64
		for _, b := range slices.Backward(rounds[r]) {
			if above += b.count; above > t.totals[r]/100 {
				cut = min(cut, b.value)
				break
			}
		}
	}
	at := map[int64][]int64{}
	for r, bs := range rounds {
		for _, b := range bs {
			if b.value < cut {
				continue
			}
			if at[b.value] == nil {
				at[b.value] = make([]int64, len(hists))
			}
			at[b.value][r] += b.count
		}
	}
	var keys []int64
	for v := range at {
		keys = append(keys, v)
	}
	slices.Sort(keys)
	for _, v := range slices.Backward(keys) {
		t.values = append(t.values, float64(v))
		t.counts = append(t.counts, at[v])
	}
	return t, len(t.values) > 0
}

// p99 is that of the rounds merged, round r counts[r] times.
func (t *tail) p99(counts []int) float64 {
	var total, above int64
	for r, c := range counts {
		total += int64(c) * t.totals[r]
	}
	for k, v := range t.values {
		for r, c := range counts {
			above += int64(c) * t.counts[k][r]
		}
		if above > total/100 {
			return v
		}
	}
	return t.values[len(t.values)-1]
}

// tails estimates the change of p99. No test is made: the interval is all there is.
func (o Options) tails(base, head *tail, paired bool) estimate {
	nb, nh := len(base.totals), len(head.totals)
	if !paired && base.p99(ones(nb)) > head.p99(ones(nh)) { // see unpaired
		return o.tails(head, base, false).mirror()
	}
	rng := o.rng(nb + nh)
	cb, ch := ones(nb), ones(nh)
	point := math.Log(head.p99(ch) / base.p99(cb))
	boot := make([]float64, o.Resamples)
	for i := range boot {
		resample(rng, cb)
		if paired {
			copy(ch, cb)
		} else {
			resample(rng, ch)
		}
		boot[i] = math.Log(head.p99(ch) / base.p99(cb))
	}
	e := o.interval(boot, min(nb, nh))
	e.point, e.p, e.pMin = point, math.NaN(), math.NaN()
	return e
}
