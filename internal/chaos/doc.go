// Package chaos breaks a private server, the network and the processes around a runtime at random seeded moments, and then
// reads the database: every instance must have ended once, with the right output, and nothing may be left behind.
//
// One seed is one run: a cluster of its own, a strategy, two processes of dispatchers and clients that start a mix of
// orchestrations without a pause. The seed fixes which faults come in which order, how long they last and what is started;
// it cannot fix what the machine does in between, so a violation may need several runs of its seed to be seen again.
package chaos
