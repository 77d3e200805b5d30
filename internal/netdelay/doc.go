// Package netdelay wraps the connections to the server: it counts round trips and bytes, and adds a round-trip time.
//
// Distance is what decides between statements and procedures, and this is how one machine stands in for many distances:
// every chunk that passes is held back for half a round-trip time, once in each direction. Chunks keep their order and
// their distances, so that a pipeline of requests pays once and a dialogue pays at each turn. It happens below TLS and
// needs no privileges, unlike tc-netem.
//
// A delay is only as good as the clock that ends it. time.Sleep overshoots by 0.6 to 1.1 ms on Linux, where the runtime
// waits in epoll with a resolution of a millisecond (golang/go#53824). Here the wait is a timerfd in the same epoll: the
// kernel's own timers, no thread held. [MeasureOvershoot] tells what that gives on the machine at hand; measured on a
// virtual machine of two cores, as overshoot of 250 µs, p50 / p99:
//
//	                              1 waiter          32 waiters
//	time.Sleep                    837 / 892 µs      843 /   987 µs
//	clock_nanosleep                78 /  86 µs       75 / 10705 µs
//	timerfd                        33 /  60 µs      109 /   222 µs
//
// Note: clock_nanosleep was tried first. It blocks a thread that keeps its share of GOMAXPROCS until the runtime takes
// that away, some time within 10 ms, and meanwhile starves the other connections. One pacing thread for all would cost a
// hand-over to the connection's goroutine at each release; epoll wakes that goroutine itself.
package netdelay
