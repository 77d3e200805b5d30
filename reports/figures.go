package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/compare"
)

const minus = "−" // U+2212, as wide as the plus; a hyphen is not a sign

// signed gives x with its sign and so many decimals; what rounds to 0 has no sign.
func signed(x float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	switch {
	case strings.Trim(s, "0.") == "":
		return s
	case x < 0:
		return minus + s
	default:
		return "+" + s
	}
}

// change gives "−67 % [−69, −65]", rounded to what the interval supports: whole percents unless it is
// narrower than half of one.
func change(c *compare.Comparison) string {
	if !c.Ratio.Valid() {
		return ""
	}
	point, low, high := 100*(float64(c.Ratio)-1), 100*(float64(c.CILow)-1), 100*(float64(c.CIHigh)-1)
	if !c.CILow.Valid() || !c.CIHigh.Valid() {
		return signed(point, 0) + " %"
	}
	d := decimals(high - low)
	return fmt.Sprintf("%s %% [%s, %s]", signed(point, d), signed(low, d), signed(high, d))
}

func decimals(width float64) int {
	switch {
	case width >= 0.5:
		return 0
	case width >= 0.05:
		return 1
	default:
		return 2
	}
}

// factor gives "3.1x as fast" for a change that a percentage makes hard to grasp, else "".
func factor(c *compare.Comparison) string {
	r := float64(c.Ratio)
	switch {
	case !c.Ratio.Valid():
		return ""
	case r < 0.5:
		return fmt.Sprintf("%.1fx as fast", 1/r)
	case r > 2:
		return fmt.Sprintf("%.1fx as slow", r)
	}
	return ""
}

// scale is a column of milliseconds with the decimals that its smallest value needs for three digits, at most three.
type scale int

func scaleOf(values ...time.Duration) scale {
	smallest := math.Inf(1)
	for _, v := range values {
		if v > 0 {
			smallest = min(smallest, float64(v)/1e6)
		}
	}
	if math.IsInf(smallest, 1) {
		return 3
	}
	return scale(max(0, min(3, 2-int(math.Floor(math.Log10(smallest))))))
}

func (s scale) ms(d time.Duration) string {
	if d == 0 {
		return "" // nothing was timed
	}
	return strconv.FormatFloat(float64(d)/1e6, 'f', int(s), 64)
}

// rtt gives a round-trip time in milliseconds with two or three digits.
func rtt(d time.Duration) string { return strings.TrimSpace(scaleOf(d).ms(d) + " ms") }

// trips gives round trips with two decimals, since they are means of calls that differ, and one above ten.
func trips(v float64) string {
	switch {
	case !(v > 0) || math.IsInf(v, 0):
		return ""
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// verdict is the word that people read.
func verdict(v compare.Verdict) string { return strings.ReplaceAll(string(v), "_", " ") }

func percent(x float64) string {
	return strconv.FormatFloat(100*x, 'f', decimals(200*x), 64) + " %"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
