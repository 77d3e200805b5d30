package reports

import (
	"fmt"
	"math"
	"strings"
)

// preparation counts what first uses cost here.
func (r *reproduction) preparation() string {
	var counts, costs, before []string
	for _, operation := range []string{fetchTurn, ackTurn} {
		cold, warm := r.line(operation, coldUse), r.line(operation, warmUse)
		var words []string
		for stage, name := range stages {
			further := float64(cold.RoundTrips[stage] - warm.RoundTrips[stage])
			if math.IsNaN(further) {
				continue
			}
			words = append(words, fmt.Sprintf("%s %s and %s", name, trips(float64(cold.RoundTrips[stage])), trips(float64(warm.RoundTrips[stage]))))
			if further < 0.01 {
				before = append(before, operation+" under "+name)
			} else if slower := float64(cold.Latency[stage] - warm.Latency[stage]); stage == inlineStage && slower > 0 && r.MeasuredRTT > 0 {
				costs = append(costs, fmt.Sprintf("%.0f ms of the %.0f ms that a cold %s is slower", further*float64(r.MeasuredRTT)/1e6, slower/1e6, operation))
			}
		}
		if len(words) > 0 {
			counts = append(counts, operation+": "+strings.Join(words, ", "))
		}
	}
	if len(counts) == 0 {
		return ""
	}
	out := "First uses: a statement that a connection has not seen is prepared first, which is a round trip more. Round trips here, cold and warm, " +
		"on average: " + strings.Join(counts, "; ") + "."
	if len(costs) > 0 {
		out += " Inline, the further ones take " + strings.Join(costs, " and ") + "."
	}
	if len(before) > 0 {
		out += " None more: " + strings.Join(before, ", ") + "; another call, as a fetch that found nothing, had used its statements on that connection before."
	}
	return out
}
