package html

import (
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/reports/html/chart"
)

func inMS(d time.Duration) float64 { return float64(d) / 1e6 }

// millis gives a duration in milliseconds with three digits.
func millis(d time.Duration) string { return chart.Number(inMS(d)) + " ms" }

// tripMS is a round trip in ms without what is below a microsecond, as the tables have it.
func tripMS(d time.Duration) string { return chart.Number(inMS(d.Round(time.Microsecond))) }

func trip(d time.Duration) string { return tripMS(d) + " ms" }

var (
	interval = regexp.MustCompile(`\[[^\]]*\]`)
	option   = regexp.MustCompile(`--[a-z][a-z-]*( \d+)?`)
	units    = strings.NewReplacer(" % [", "\u00a0%\u00a0[", " %", "\u00a0%", " ms", "\u00a0ms", " → ", "\u00a0→\u00a0")
)

// prose keeps on one line what is read as one: an interval, a number with its unit, an option.
func prose(s string) template.HTML {
	s = units.Replace(chart.Clean(s))
	s = interval.ReplaceAllStringFunc(s, func(in string) string { return strings.ReplaceAll(in, " ", "\u00a0") })
	s = option.ReplaceAllString(html.EscapeString(s), `<span class="option">$0</span>`)
	return template.HTML(s) //nolint:gosec // escaped, but for what was just put in
}

func number(d time.Duration) Cell {
	if d == 0 {
		return Cell{}
	}
	return Cell{Text: chart.Number(inMS(d))}
}

func cells(texts ...string) (out []Cell) {
	for _, t := range texts {
		out = append(out, Cell{Text: t})
	}
	return out
}

// ratio gives a factor with two decimals, and more below a tenth.
func ratio(v float64) string {
	if v < 0.1 {
		return chart.Number(v)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// are says who is fastest.
func are(names []string) string {
	if len(names) == 1 {
		return names[0] + " is fastest"
	}
	return list(names) + " tie as fastest"
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
