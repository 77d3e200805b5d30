// Package gate decides whether a build may pass: it keeps what a good build measured in a [Baseline] and compares a later
// build with it. It reads and writes that file and does nothing else outside memory.
//
// Tier 1 is counted and needs no statistics: round trips, statements, rows, bytes, buffers and WAL for each call. With one
// client, a fixed seed and a fixed number of units the counts of one build are the same on every machine.
//
// Tier 2 is the ratio of two strategies that were measured next to each other in one run, now against then. Machines
// differ in both strategies alike, so most of that difference cancels; the distance does not. Ratios are therefore
// compared at a stated round trip where both runs were sweeps, (S head + R head x) / (S base + R base x), and otherwise
// only at the same added distance with measured round trips within [RTTTolerance]. Tier 2b is R, the round trips that
// latency waits for.
//
// Tier 3 is absolute: budgets, which fail a build only on request, and the latencies themselves, which never do.
//
// # Whole pages in the WAL
//
// The first change of a page after a checkpoint puts the whole page, up to 8 kB, into the WAL (full_page_writes), and with
// checksums or wal_log_hints a hint bit adds a record of its own for it. When that happens is up to the checkpointer and
// not to the build: 0.02 images a call are more than the usual tolerance for a call of 400 bytes. A wider tolerance would
// hide real growth, so the images are counted instead (wal_fpi of pg_stat_statements). Where baseline and build have the
// same images for each call, WAL is compared as it is. Where not, WAL without images is only known to lie in
// [bytes - images x 8256, bytes] and [records - images, records]: a case fails if all of its interval is beyond the limit
// that the baseline's greatest value allows, passes if all of it is within the limit of the least, and is inconclusive in
// between. To never see that, let no checkpoint begin during the counter run: none between warm-up and measurement,
// max_wal_size and checkpoint_timeout large, or full_page_writes off on a private cluster.
//
// The same is done for fetches. The server does not tell empty ones from those that found work, so it is a mean over all
// that is compared, and how many are empty can differ by the moment a run ends. An empty fetch does between nothing and as
// much as one that finds work; what that allows for is the interval.
package gate
