package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pgbench-provider/internal/compare"
)

// shape says whether the middle stage improves the fetch alone, and the last one the whole turn.
func (r *reproduction) shape() []string {
	margin := r.margin()
	all := []string{fmt.Sprintf("Published: %s. So operations that had not changed moved by up to %.0f %%; what moves by less is taken as unchanged.",
		r.middle(published), margin)}
	for _, source := range []string{coldUse, warmUse} {
		all = append(all, r.verdict(source, margin))
	}
	all = append(all, r.contradictions(margin)...)
	return all
}

// margin is the greatest change, in percent, of an operation whose form the middle stage left alone.
func (r *reproduction) margin() (greatest float64) {
	for _, o := range r.published.Comparison.Operations {
		if o.Inline.Form == o.FetchOnly.Form {
			greatest = max(greatest, math.Abs(float64(r.line(o.Operation, published).change(fetchStage))))
		}
	}
	return greatest
}

// middle gives the changes of the middle stage, "" if one of the turn's is not known.
func (r *reproduction) middle(source string) string {
	fetch, others := r.middleChanges(source)
	if !fetch.Valid() || len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("%s changes %s by %s, the other operations by %s to %s", stages[fetchStage], fetchTurn,
		percentOf(fetch), percentOf(slices.Min(others)), percentOf(slices.Max(others)))
}

func (r *reproduction) middleChanges(source string) (fetch compare.Number, others []compare.Number) {
	for _, o := range r.published.Comparison.Operations {
		c := r.line(o.Operation, source).change(fetchStage)
		switch {
		case o.Operation == fetchTurn:
			fetch = c
		case c.Valid():
			others = append(others, c)
		}
	}
	return fetch, others
}

// verdict is one source's.
func (r *reproduction) verdict(source string, margin float64) string {
	words := r.middle(source)
	fetch, ack := r.line(fetchTurn, source).change(bothStage), r.line(ackTurn, source).change(bothStage)
	if words == "" || !r.line(ackTurn, source).change(fetchStage).Valid() || !fetch.Valid() || !ack.Valid() {
		return fmt.Sprintf("Measured, %s: cannot be told, a strategy or an operation was not measured.", source)
	}
	middle, others := r.middleChanges(source)
	moved := slices.ContainsFunc(others, func(c compare.Number) bool { return math.Abs(float64(c)) > margin })
	middleHolds := float64(middle) < -margin && !moved
	bothHold := float64(fetch) < -margin && float64(ack) < -margin
	out := fmt.Sprintf("Measured, %s: %s; %s changes fetch by %s and ack by %s.", source, words, stages[bothStage], percentOf(fetch), percentOf(ack))
	switch {
	case middleHolds && bothHold:
		return out + " The shape is reproduced: the middle stage improves the fetch alone, the last one both."
	case middleHolds:
		return out + " Half of the shape is reproduced: the middle stage improves the fetch alone, but the last one does not improve both."
	case bothHold:
		return out + " Half of the shape is reproduced: the last stage improves both, but the middle one does not improve the fetch alone."
	}
	return out + " The shape is not reproduced."
}

// contradictions name published changes that the warm measurement does not confirm, and whether leaving out of them what
// can be left out would.
func (r *reproduction) contradictions(margin float64) (all []string) {
	var same []string
	for _, o := range []string{fetchTurn, ackTurn, compare.Orchestration} {
		theirs, ours := r.line(o, published).change(bothStage), r.line(o, warmUse).change(bothStage)
		if !ours.Valid() {
			continue
		}
		figures := fmt.Sprintf("%s %s published and %s warm", whole(o), percentOf(theirs), percentOf(ours))
		switch d := math.Abs(float64(ours - theirs)); {
		case theirs < 0 && ours >= 0:
			all = append(all, "Contradicted: "+figures+".")
		case d > margin:
			all = append(all, "Not confirmed as printed: "+figures+"; "+r.afterwards(o, ours, margin)+".")
		default:
			same = append(same, figures)
		}
	}
	if len(same) > 0 {
		all = append(all, fmt.Sprintf("Within %.0f percentage points: %s.", margin, strings.Join(same, "; ")))
	}
	return all
}

func (r *reproduction) afterwards(operation string, ours compare.Number, margin float64) string {
	corrected := r.corrected(operation)
	left := "without its first calls"
	if operation == compare.Orchestration {
		left = "without schema creation and shutdown, if both had the same,"
	}
	if !corrected.Valid() {
		return "the published calls allow no more"
	}
	if math.Abs(float64(ours-corrected)) <= margin {
		return fmt.Sprintf("%s the published one is %s, which agrees", left, percentOf(corrected))
	}
	return fmt.Sprintf("%s the published one is %s, which still does not agree", left, percentOf(corrected))
}
