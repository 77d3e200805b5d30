package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pgbench-provider/internal/seed"
)

// outside compares what the seed's log has of the ack's one statement with the time of the call.
func (r *reproduction) outside() string {
	at := slices.IndexFunc(r.published.Breakdowns, func(b seed.Breakdown) bool { return b.Form == "procedure" && b.Operation == fetchTurn })
	if at < 0 || r.published.Breakdowns[at].Total == nil {
		return ""
	}
	b := r.published.Breakdowns[at]
	rest := *b.Total - b.Listed()
	out := fmt.Sprintf("Outside of the statement: the first published fetch by procedure took %.0f ms, of which its only statement took %.0f ms. The other "+
		"%.0f ms are %.1f round trips of %.0f ms: the pool's liveness ping, opening the connection and the like, which the log does not tell apart.",
		*b.Total, b.Listed(), rest, rest/r.published.Statements.RoundTrip, r.published.Statements.RoundTrip)
	ours := r.line(fetchTurn, warmUse).RoundTrips[bothStage]
	switch {
	case !ours.Valid():
	case ours < 1.005:
		out += " Our warm fetch by procedure makes 1 round trip, so no ping is in it."
	default:
		out += fmt.Sprintf(" Our warm fetch by procedure makes %s round trips.", trips(float64(ours)))
	}
	return out
}

// distance says how far the servers were.
func (r *reproduction) distance() string {
	if r.MeasuredRTT <= 0 {
		return ""
	}
	ratio := float64(r.PublishedRTT) / float64(r.MeasuredRTT)
	out := fmt.Sprintf("Distance: about %.0f ms then, inferred from the log and not measured; %s now, measured.", r.published.Statements.RoundTrip, rtt(r.MeasuredRTT))
	if ratio < 0.9 || ratio > 1.1 {
		out += fmt.Sprintf(" Then was %.2g times as far as now: compare the changes and not the times.", ratio)
	}
	return out
}

// unexplained says, for the inline turn, what is left of the published time when ours on new connections is taken off.
func (r *reproduction) unexplained() string {
	var words []string
	for _, operation := range []string{fetchTurn, ackTurn} {
		theirs, ours := r.line(operation, published).Latency[inlineStage], r.line(operation, coldUse).Latency[inlineStage]
		if !ours.Valid() {
			continue
		}
		than := "more"
		if ours > theirs {
			than = "less"
		}
		words = append(words, fmt.Sprintf("%s took %.0f ms then and takes %.0f ms here, %.0f ms %s then",
			operation, float64(theirs)/1e6, float64(ours)/1e6, math.Abs(float64(theirs-ours))/1e6, than))
	}
	if len(words) == 0 {
		return ""
	}
	out := "What is left, inline and cold: " + strings.Join(words, "; ") + "."
	for _, b := range r.published.Breakdowns {
		if b.Total != nil && b.Operation == fetchTurn && b.Form == "statements" {
			return out + fmt.Sprintf(" The seed's own list of a fetch leaves %.0f of %.0f ms without a statement.", *b.Total-b.Listed(), *b.Total)
		}
	}
	return out
}

// forms names operations whose form the seed left alone and the strategies here do not.
func (r *reproduction) forms() string {
	var words []string
	for _, o := range r.published.Comparison.Operations {
		ours := r.line(o.Operation, warmUse).RoundTrips
		if o.Inline.Form != o.FetchOnly.Form || o.Inline.Form != o.FetchAndAck.Form || !ours[inlineStage].Valid() || !ours[bothStage].Valid() {
			continue
		}
		if math.Abs(float64(ours[inlineStage]-ours[bothStage])) < 0.5 {
			continue
		}
		form := "inline statements"
		if o.Inline.Form == "procedure" {
			form = "a procedure"
		}
		words = append(words, fmt.Sprintf("%s was %s in all three stages; here it makes %s round trips under %s and %s under %s", o.Operation, form,
			trips(float64(ours[inlineStage])), stages[inlineStage], trips(float64(ours[bothStage])), stages[bothStage]))
	}
	if len(words) == 0 {
		return ""
	}
	return "Stages: " + strings.Join(words, "; ") + ". Its change here has no published counterpart, and is part of the orchestration's."
}

// sampleSizes sets the calls behind each side beside each other.
func (r *reproduction) sampleSizes() string {
	of := func(source string) string {
		low, high := int64(math.MaxInt64), int64(0)
		for _, o := range r.published.Comparison.Operations {
			for _, n := range r.line(o.Operation, source).Calls {
				if n > 0 {
					low, high = min(low, n), max(high, n)
				}
			}
		}
		switch {
		case high == 0:
			return "none"
		case low == high:
			return fmt.Sprint(low)
		}
		return fmt.Sprintf("%d to %d", low, high)
	}
	return fmt.Sprintf("Samples: %s calls an operation and one run a stage were published, without a variance; here %s cold, of one orchestration a strategy, and %s warm.",
		of(published), of(coldUse), of(warmUse))
}

// disagreements are those of the documents among themselves.
func (r *reproduction) disagreements() string {
	var figures []string
	files := map[string][]string{}
	for _, i := range r.published.Comparison.Inconsistencies {
		figure := fmt.Sprintf("%s %s instead of %s", strings.ReplaceAll(i.Figure, "_", " "), plain(i.Printed), plain(i.Recomputed))
		if files[figure] == nil {
			figures = append(figures, figure)
		}
		files[figure] = append(files[figure], i.File)
	}
	if len(figures) == 0 {
		return ""
	}
	for i, f := range figures {
		figures[i] = f + " in " + strings.Join(files[f], ", ")
	}
	return fmt.Sprintf("Printed figures that do not follow from the calls beside them: %s.", strings.Join(figures, "; "))
}

func plain(v float64) string {
	return strings.Replace(fmt.Sprintf("%g", v), "-", minus, 1)
}
