// Package distance answers how much of a latency is distance: for each operation of each strategy it fits
//
//	latency = S + R x RTT
//
// where S is the work of server and client, R the round trips on the critical path and RTT the measured p50 of a null
// query. From the lines come the distance at which one strategy overtakes another, the latency at any distance, and what
// a saving is owed to. It does no I/O, and the same file and seed give the same figures.
//
// # The fit
//
// For each distance the medians over the rounds of the RTT and of the round's p50 are taken. The median of an affine
// function is the function of the median, so this is exact for a line even where the RTT moves from round to round, and
// one bad round of many changes nothing. Through the medians goes the line of weighted least squares with weights
// 1/y²: noise grows with latency, so what counts is the relative error. S is thereby decided by the near distances and R
// by the span of all. Where the weights bring unequal spread to one scale see Carroll and Ruppert, "Transformation and
// Weighting in Regression", 1988, chapter 2. In a simulation of noise in both parts
// (simulation_test.go) the error of S was half that of Theil and Sen's estimator, which takes the scatter of far points
// for that of near ones, and its interval held. A distance that is off the line is not left out but named in a warning.
//
// # The intervals
//
// The bootstrap draws round numbers, the same for all strategies, operations and distances, because what ran side by side
// shares the state of the machine. Percentiles are moved outwards for few rounds as in package compare.
package distance
