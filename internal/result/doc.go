// Package result is the versioned file of a benchmark run: its types, and reading and writing it. The file is the only
// artefact of a run; comparisons, gates and reports are projections of it and need no database.
//
// The format grows by addition. A key keeps its meaning for as long as [Format] stays the same, unknown keys are
// ignored by [Read], and a file with a higher format is refused. schema/result.schema.json says so for other tools.
//
// Durations are time.Duration in Go and integer nanoseconds under keys that end in _ns in the file.
package result
