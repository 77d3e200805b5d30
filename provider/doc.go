// Package provider keeps the state of a durable-task runtime in PostgreSQL: instances, executions, event history, an
// orchestrator queue and a worker queue.
//
// A [Provider] holds everything that is not SQL: argument checks, lock tokens, the clock, encoding, error
// classification, retries and timing. A [Strategy] holds only the SQL and how it is sent, so that a difference between
// two strategies is never a difference of the code around them.
//
// One turn of an orchestration, and one activity:
//
//	client           orchestration dispatcher            worker dispatcher
//	  | enqueue start        |                                  |
//	  |--------------------->| fetch: peek-lock the instance,   |
//	  |                      |   its messages and its history   |
//	  |                      | replay                           |
//	  |                      | ack: events, work items and      |
//	  |                      |   messages in one transaction -->| fetch: peek-lock one work item
//	  |                      |                                  | run the activity
//	  |                      |<-------- message of completion --| ack: delete the item, enqueue its completion
//
// Fetching does not delete: it takes a lock that expires. Ack deletes, abandon gives back, expiry gives back by itself.
// Delivery is at least once; the runtime discards what it has seen. All of the contract is in docs/contract.md.
package provider
