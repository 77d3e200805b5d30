package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Tick is a labelled place on an axis.
type Tick struct {
	At    float64
	Label string
}

// Axis maps values to a length. Its ends are where the data end, ticks are at round numbers within.
type Axis struct {
	Label    string
	Low, Top float64
	Log      bool
	Ticks    []Tick
}

// Linear is an axis that holds all values. It begins at 0 if zero is set.
func Linear(label string, zero bool, values ...float64) Axis {
	low, top := ends(values)
	if zero {
		low, top = min(low, 0), max(top, 0)
	}
	if top-low <= 1e-6*max(math.Abs(low), math.Abs(top)) { // steps would be lost to rounding
		low, top = low-math.Abs(low)/10-0.5, top+math.Abs(top)/10+0.5
	}
	step := roundStep((top - low) / 5)
	a := Axis{Label: label, Low: math.Floor(low/step+1e-9) * step, Top: math.Ceil(top/step-1e-9) * step}
	decimals := 1 - int(math.Floor(math.Log10(step)+1e-9)) // 2.5 needs one more
	for i := math.Round(a.Low / step); i <= math.Round(a.Top/step); i++ {
		a.Ticks = append(a.Ticks, Tick{i * step, fixed(i*step, decimals)})
	}
	return a
}

// Log is a logarithmic axis that holds all values above 0, with a little room on both sides.
func Log(label string, values ...float64) Axis {
	values = slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !(v > 0) })
	low, top := ends(values)
	if len(values) == 0 {
		low, top = 1, 10
	}
	low, top = low/1.08, top*1.08
	a := Axis{Label: label, Low: low, Top: top, Log: true}
	a.Ticks = logTicks(low, top)
	return a
}

// logTicks takes every power of ten, or 1-2-5 or finer where there would be few of them.
func logTicks(low, top float64) (out []Tick) {
	for _, digits := range [][]float64{{1}, {1, 3}, {1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 6, 8}} {
		out = nil
		for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(top)); e++ {
			for _, d := range digits {
				if v := d * math.Pow(10, e); v >= low*(1-1e-9) && v <= top*(1+1e-9) {
					out = append(out, Tick{v, Number(v)})
				}
			}
		}
		if len(out) >= 4 {
			return out
		}
	}
	a := Linear("", false, low, top) // less than a factor of two
	return slices.DeleteFunc(a.Ticks, func(t Tick) bool { return t.At < low || t.At > top })
}

// place gives where v lies, from 0 to 1.
func (a Axis) place(v float64) float64 {
	if a.Log {
		return (math.Log(v) - math.Log(a.Low)) / (math.Log(a.Top) - math.Log(a.Low))
	}
	return (v - a.Low) / (a.Top - a.Low)
}

func (a Axis) holds(v float64) bool {
	return !math.IsNaN(v) && v >= a.Low-1e-9*math.Abs(a.Low) && v <= a.Top+1e-9*math.Abs(a.Top)
}

func (a Axis) clamp(v float64) float64 { return min(max(v, a.Low), a.Top) }

func ends(values []float64) (low, top float64) {
	low, top = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, top = min(low, v), max(top, v)
		}
	}
	if low > top {
		return 0, 1
	}
	return low, top
}

// roundStep is the smallest of 1, 2, 2.5, 5 x 10^n that is not below x.
func roundStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, d := range []float64{1, 2, 2.5, 5} {
		if d*power >= x*(1-1e-9) {
			return d * power
		}
	}
	return 10 * power
}

// Number gives v with three significant digits and no trailing zeros; thousands are set apart.
func Number(v float64) string {
	if v == 0 || math.IsNaN(v) {
		return "0"
	}
	return fixed(v, 2-int(math.Floor(math.Log10(math.Abs(v))+1e-9)))
}

// fixed gives v with so many decimals but no trailing zeros.
func fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', max(0, decimals), 64)
	whole, rest, _ := strings.Cut(s, ".")
	rest = strings.TrimRight(rest, "0")
	if len(whole) > 4 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "\u202f" + whole[i:]
		}
	}
	if rest != "" {
		whole += "." + rest
	}
	if v < 0 && strings.Trim(whole, "0.") != "" {
		return "−" + whole
	}
	return whole
}
