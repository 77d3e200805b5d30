package reports

import (
	"cmp"
	"errors"
	"strings"
	"unicode"

	"pgbench-provider/internal/compare"
	"pgbench-provider/internal/result"
)

// ofRounds lists the formats that hold what was measured: of one file they show all of it, whatever its kind.
func ofRounds(format string) bool {
	switch format {
	case "csv", "benchfmt", "hgrm", "hlog":
		return true
	}
	return false
}

// side is one of the files of a comparison.
type side struct {
	name string // "" when there is only one
	file *result.File
}

var errNoFiles = errors.New("this format shows rounds and the analysis has none: give it the result files")

// sidesOf gives the files that were compared.
func sidesOf(a *compare.Analysis) ([]side, error) {
	switch {
	case a.Base == nil || a.Head == nil:
		return nil, errNoFiles
	case a.Base == a.Head:
		return []side{{"", a.Base}}, nil
	}
	base, head := cmp.Or(a.BaseSource, "base"), cmp.Or(a.HeadSource, "head")
	if base == head {
		base, head = "base", "head"
	}
	return []side{{base, a.Base}, {head, a.Head}}, nil
}

// arm is what ran: the strategy, or its second run.
func arm(c *result.Cell) string {
	if c.Control {
		return c.Strategy + "-control"
	}
	return c.Strategy
}

// name tells calls that found nothing or failed from the others: "fetch_orchestration_item.empty".
func (s subject) name() string {
	if s.outcome == result.Empty || s.outcome == result.Failed {
		return s.operation + "." + string(s.outcome)
	}
	return s.operation
}

// token makes a name fit for formats whose fields end at a space, a comma, a slash or an equals sign.
func token(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(",/=:\"", r) || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, s)
	return cmp.Or(s, "_")
}
