package html

import (
	"strconv"
	"strings"
	"time"

	"pgbench-provider/reports/html/chart"
)

func inMS(d time.Duration) float64 { return float64(d) / 1e6 }

// millis gives a duration in milliseconds with three digits.
func millis(d time.Duration) string { return chart.Number(inMS(d)) + " ms" }

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

func are(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return list(names) + " are"
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
