// Package compare turns two sets of rounds into estimates, intervals, verdicts and warnings. It does no I/O, and the same
// input always gives the same output: the analysis has a seed of its own.
//
// The unit of analysis is the round and never the call, because calls next to each other share the state of the machine:
// tests on calls tell two runs of the same code apart more often than not. For each round d = ln(q_head / q_base), with q
// a quantile or mean of the round. From the d of all rounds come
//
//   - the point estimate, Hodges and Lehmann's median of all pairwise means (Ann. Math. Statist. 34, 1963);
//   - its interval, a percentile bootstrap over rounds, widened for few rounds as Hesterberg proposes ("What Teachers
//     Should Know About the Bootstrap", Am. Stat. 69, 2015, expanded percentile interval);
//   - a p-value from flipping the signs of d, corrected after Holm (Scand. J. Stat. 6, 1979) over all p50 comparisons.
//
// A verdict claims a change only when the whole interval is beyond the margin and beyond what a control arm, the same
// strategy run twice, shows. docs/method.md tells every figure and what this finds in simulation.
//
// Ratios are reported as exp(d). Two files have no rounds in common: there d is the shift between the two samples, the
// median of all pairwise differences, and the p-value is Mann and Whitney's.
package compare
