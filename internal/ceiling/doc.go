// Package ceiling says how many turns a second one instance can have at most. Its turns run one after the other, each
// under the instance's lock, so whatever the number of dispatchers
//
//	turns per second <= 1 / held,   held = S_held + R_held x RTT
//
// where R_held is the round trips between the server's execution of the statement that takes the lock and of the commit
// that gives it back, and S_held the time of server and client in between. The line is fitted to an uncontended run, one
// turn at a time, at several distances; the ceiling it predicts is compared with what a contended run got done. It does
// no I/O.
//
// The bound is that of a critical section with a single holder: Denning and Buzen, "The Operational Analysis of Queueing
// Network Models", 1978, the utilization law at utilization 1.
package ceiling
