package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pgbench-provider/internal/compare"
)

// headline has the published changes as they were printed.
func (r *reproduction) headline() string {
	c := r.published.Comparison
	printed := map[string]float64{}
	for _, o := range c.Operations {
		if o.PrintedChange != nil {
			printed[o.Operation] = *o.PrintedChange
		}
	}
	out := fmt.Sprintf("Published for %s against %s: fetch %s %%, ack %s %%, whole test %s %%.", stages[bothStage], stages[inlineStage],
		signed(printed[fetchTurn], 0), signed(printed[ackTurn], 0), signed(c.Whole.PrintedChange, 0))
	return sentences(out, r.measuredHeadline(coldUse), r.measuredHeadline(warmUse))
}

func (r *reproduction) measuredHeadline(source string) string {
	var words []string
	for _, o := range []struct{ operation, name string }{{fetchTurn, "fetch"}, {ackTurn, "ack"}, {compare.Orchestration, "orchestration"}} {
		if c := r.line(o.operation, source).change(bothStage); c.Valid() {
			words = append(words, o.name+" "+percentOf(c))
		}
	}
	if len(words) == 0 {
		return fmt.Sprintf("Measured here, %s: nothing to compare.", source)
	}
	return fmt.Sprintf("Measured here, %s: %s.", source, strings.Join(words, ", "))
}

// differences has a paragraph for each gap that the figures at hand show.
func (r *reproduction) differences() []string {
	all := []string{
		r.firstCalls(), r.preparation(), r.statements(fetchTurn), r.statements(ackTurn), r.fixedCost(), r.outside(), r.distance(),
		r.unexplained(), r.forms(), r.sampleSizes(), r.disagreements(),
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// firstCalls says what the first call of a row does to its average, and which rows it does not explain.
func (r *reproduction) firstCalls() string {
	rows, slower := 0, 0
	var against, without []string
	for _, o := range r.published.Comparison.Operations {
		for i, c := range o.Stages() {
			rows++
			if c.MS[0] > c.Later() {
				slower++
			}
			if worst := slices.Max(c.MS[1:]); worst > c.MS[0] {
				against = append(against, fmt.Sprintf("%s under %s (%.0f ms first, %.0f ms later)", o.Operation, stages[i], c.MS[0], worst))
			}
		}
		if o.PrintedChange != nil {
			without = append(without, fmt.Sprintf("%s changes by %s and not %s %%", o.Operation, percentOf(r.corrected(o.Operation)), signed(*o.PrintedChange, 0)))
		}
	}
	out := fmt.Sprintf("First calls: the published averages mix the first call of a run with later ones. The first was slower than the mean of the "+
		"others in %d of %d rows; without it, %s.", slower, rows, strings.Join(without, " and "))
	if len(against) > 0 {
		out += " It does not explain every row: a later call was the slowest in " + strings.Join(against, " and ") + "."
	}
	return out
}

// statements compares the round trips of the inline code with those of the seed's.
func (r *reproduction) statements(operation string) string {
	theirs, ours := r.line(operation, published).RoundTrips[inlineStage], r.line(operation, warmUse).RoundTrips[inlineStage]
	t := r.published.RoundTrips.Find(operation, string(outcomeOf(operation)))
	if !theirs.Valid() || !ours.Valid() || t == nil {
		return ""
	}
	count := fmt.Sprintf("%d round trips", t.Inline[0])
	if len(t.Inline) > 1 {
		count = fmt.Sprintf("%s round trips (%s on average)", list(t.Inline), trips(float64(theirs)))
	}
	out := fmt.Sprintf("Inline %s: the seed's code made %s, ours makes %s when warm.", operation, count, trips(float64(ours)))
	if d := float64(theirs - ours); math.Abs(d) >= 0.01 && r.MeasuredRTT > 0 {
		more := "fewer"
		if d < 0 {
			more = "more"
		}
		out += fmt.Sprintf(" %s %s are %s ms a call at our distance.", trips(math.Abs(d)), more,
			strconv.FormatFloat(math.Abs(d)*float64(r.MeasuredRTT)/1e6, 'f', 0, 64))
	}
	return out
}

func list(values []int) string {
	var words []string
	for _, v := range values[:len(values)-1] {
		words = append(words, strconv.Itoa(v))
	}
	return strings.Join(words, ", ") + " and " + strconv.Itoa(values[len(values)-1])
}

// fixedCost takes out of the published whole what is not the orchestration.
func (r *reproduction) fixedCost() string {
	w, p := r.published.Comparison.Whole, r.published.Comparison.Phases
	fixed := r.fixed()
	out := fmt.Sprintf("The whole: the published %.2f s hold %.1f s from the start to the last ack; the other %.1f s are schema creation (%.1f s), polling and "+
		"shutdown. If the inline test had the same, the change without them is %s.",
		w.FetchAndAck, p.Orchestration, fixed, p.SchemaMigrations, percentOf(r.corrected(compare.Orchestration)))
	if c := r.line(compare.Orchestration, warmUse).change(bothStage); c.Valid() {
		out += fmt.Sprintf(" Ours holds none of it: %s warm.", percentOf(c))
	}
	return out
}

// fixed is the seconds of the published whole test that are not the orchestration.
func (r *reproduction) fixed() float64 {
	return r.published.Comparison.Whole.FetchAndAck - r.published.Comparison.Phases.Orchestration
}

// corrected is a published change, in percent, without what the seed could have left out: the first call of a row, and
// of the whole what is not the orchestration, taken to be the same in both stages.
func (r *reproduction) corrected(operation string) compare.Number {
	c := r.published.Comparison
	if operation == compare.Orchestration {
		return compare.Number(100 * (c.Phases.Orchestration/(c.Whole.Inline-r.fixed()) - 1))
	}
	for _, o := range c.Operations {
		if o.Operation == operation && o.Inline.Later() > 0 && o.FetchAndAck.Later() > 0 {
			return compare.Number(100 * (o.FetchAndAck.Later()/o.Inline.Later() - 1))
		}
	}
	return compare.None
}
