// Package wake tells the processes that work on one schema of each other's work, by LISTEN and NOTIFY.
//
// A notification in the transaction that makes the work would hold a lock of the whole server while that transaction waits
// for the disk (async.c: PreCommit_Notify), so each is sent in a transaction of its own, on the hub's own connection, that
// waits for no disk. And it is sent only on demand: a process in which a dispatcher sleeps says that it is hungry;
// one that makes more work than its own idle dispatchers can take, and knows of somebody hungry, says so. A process alone
// with its work sends nothing.
//
// What is lost on the way costs time and nothing else: whoever sleeps also polls.
package wake
