// Package latency records how long operations, queries and whole orchestrations took.
//
// A [Recorder] belongs to one benchmark cell. Each worker has a shard of its own ([Recorder.Observer]) and so has each
// connection ([Recorder.Tracer]), so that no two goroutines ever write to the same memory; [Recorder.Snapshot] adds the
// shards up. Three scopes are kept apart, because they mean different things:
//
//   - operations, keyed by name and outcome: what a caller of the provider waited, comparable between strategies;
//   - queries, keyed by the name a statement carries: what one connection waited, a breakdown of one strategy;
//   - orchestrations: from start to completion, all turns and queueing included.
//
// Durations are held in HdrHistograms of nanoseconds between [Min] and [Max] with [Digits] significant digits. The
// figures follow from what is measured: a statement on the same machine takes some 75 µs, so a floor of 100 µs or 1 ms,
// as load generators have, would flatten it.
package latency
