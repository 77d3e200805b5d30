package distance

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// Verdict says at which distances head beats base.
type Verdict string

// The verdicts.
const (
	Always  Verdict = "any"     // wins at every distance measured: the lines cross nearer than the nearest
	Never   Verdict = "never"   // the reverse
	Above   Verdict = "above"   // wins above the break-even
	Below   Verdict = "below"   // wins below it
	Same    Verdict = "same"    // the same round trips: distance does not matter
	Unclear Verdict = "unclear" // the rounds do not tell
)

// BreakEven is the distance at which the lines of two strategies cross: (S head − S base) / (R base − R head).
type BreakEven struct {
	Workload  string         `json:"workload"`
	Operation string         `json:"operation"`
	Outcome   result.Outcome `json:"outcome"`
	Base      string         `json:"base"`
	Head      string         `json:"head"`
	Verdict   Verdict        `json:"verdict"`
	At        compare.Number `json:"at_ns"`   // where the lines cross; below 0 when they do so nowhere on earth; null when they do not
	Low       compare.Number `json:"low_ns"`  // interval of At; null when there is none
	High      compare.Number `json:"high_ns"` //
	Gain      compare.Number `json:"gain_ns"` // S base − S head: what head saves without any distance
	GainLow   compare.Number `json:"gain_low_ns"`
	GainHigh  compare.Number `json:"gain_high_ns"`
	Trips     compare.Number `json:"r_change"` // R head − R base
	Text      string         `json:"text"`     // as in "above 1.2 ms [0.9, 1.6]", to follow "head beats base"

	near, far float64 // what was measured
	counted   float64 // round trips of both, where the count on the connection says that they are the same; else 0
}

// crossing of two lines; symmetric to the last digit.
func crossing(base, head line) float64 { return (head.s - base.s) / (base.r - head.r) }

func (o Options) breakEven(s *subject, base, head *arm) BreakEven {
	n := min(base.rounds(), head.rounds())
	b := BreakEven{
		Workload: s.workload, Operation: s.operation, Outcome: s.outcome, Base: base.strategy, Head: head.strategy,
		At:   wholeNS(crossing(base.line, head.line)),
		Gain: wholeNS(base.line.s - head.line.s), Trips: compare.Number(head.line.r - base.line.r),
		near: s.near, far: s.far,
	}
	low, high := o.interval(n, func(i int) float64 { return crossing(base.boot[i], head.boot[i]) })
	b.Low, b.High = wholeNS(low), wholeNS(high)
	low, high = o.interval(n, func(i int) float64 { return base.boot[i].s - head.boot[i].s })
	b.GainLow, b.GainHigh = wholeNS(low), wholeNS(high)
	low, high = o.interval(n, func(i int) float64 { return head.boot[i].r - base.boot[i].r })
	if base.trips > 0 && base.trips == head.trips && math.Abs(float64(b.Trips)) < max(TripTolerance, waitedShare*base.trips) {
		b.counted = base.trips // which is exact; a difference of R that small is noise
	}
	switch {
	case b.counted > 0, math.Abs(float64(b.Trips)) < max(SameTrips, SameShare*max(base.line.r, head.line.r)):
		b.Verdict = Same
	case math.IsNaN(low) || low <= 0 && high >= 0 || !b.Low.Valid() || !b.High.Valid():
		b.Verdict = Unclear
	default:
		b.judge()
		return b
	}
	b.At, b.Low, b.High = compare.None, compare.None, compare.None // lines that hardly differ in slope cross anywhere
	b.Text = b.text()
	return b
}

// judge gives the verdict of lines that surely cross.
func (b *BreakEven) judge() {
	low, high, fewer := float64(b.Low), float64(b.High), b.Trips < 0
	switch {
	case high <= b.near && fewer:
		b.Verdict = Always
	case high <= b.near:
		b.Verdict = Never
	case high > b.far && low < b.far/10:
		b.Verdict = Unclear
	case fewer:
		b.Verdict = Above
	default:
		b.Verdict = Below
	}
	b.Text = b.text()
}

// Turn is the same with base and head exchanged.
func (b BreakEven) Turn() BreakEven {
	b.Base, b.Head = b.Head, b.Base
	b.Gain, b.GainLow, b.GainHigh, b.Trips = -b.Gain, -b.GainHigh, -b.GainLow, -b.Trips
	if other, ok := map[Verdict]Verdict{Always: Never, Never: Always, Above: Below, Below: Above}[b.Verdict]; ok {
		b.Verdict = other
	}
	b.Text = b.text()
	return b
}

// Nothing is claimed of distances that were not measured.
const atEvery, atNone = "at every distance measured", "at no distance measured"

func (b BreakEven) text() string {
	at := fmt.Sprintf("%s ms [%s, %s]", millis(max(0, b.At)), millis(max(0, b.Low)), millis(max(0, b.High)))
	beyond := ""
	if float64(b.At) <= b.near && b.Verdict == Above { // where they cross nearer than that was not measured
		return fmt.Sprintf("above %s ms at the latest, and perhaps %s", millis(b.High), atEvery)
	}
	if float64(b.At) <= b.near && b.Verdict == Below {
		return fmt.Sprintf("below %s ms at the most, and perhaps %s", millis(b.High), atNone)
	}
	switch {
	case b.far == 0: // read from JSON
	case float64(b.Low) > b.far:
		beyond = ", farther than was measured"
	}
	switch b.Verdict {
	case Always:
		return atEvery
	case Never:
		return atNone
	case Above:
		return "above " + at + beyond
	case Below:
		return "below " + at + beyond
	case Same:
		return b.sameText()
	}
	if b.At.Valid() {
		return "unclear: the break-even may lie anywhere in " + at
	}
	return fmt.Sprintf("unclear: too few rounds to tell the round trips apart (R differs by %.2f)", math.Abs(float64(b.Trips)))
}

// sameText says who is ahead when distance does not matter.
func (b BreakEven) sameText() string {
	s := "distance does not matter"
	if b.counted > 0 {
		s = fmt.Sprintf("the same round trips (%s counted), so distance does not matter", strings.TrimSuffix(strconv.FormatFloat(b.counted, 'f', 2, 64), ".00"))
	}
	switch {
	case b.GainLow > 0:
		return fmt.Sprintf("%s, by the lines %s is faster by %s ms [%s, %s]",
			s, b.Head, millis(b.Gain), millis(b.GainLow), millis(b.GainHigh))
	case b.GainHigh < 0:
		return fmt.Sprintf("%s, by the lines %s is slower by %s ms [%s, %s]",
			s, b.Head, millis(-b.Gain), millis(-b.GainHigh), millis(-b.GainLow))
	}
	return s + " and no other difference was seen"
}

// millis gives nanoseconds as milliseconds with two or three digits and at most three decimals.
func millis[N ~float64](ns N) string {
	v := float64(ns) / 1e6
	decimals := 3
	if v != 0 {
		decimals = max(0, min(3, 1-int(math.Floor(math.Log10(math.Abs(v))))))
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}
