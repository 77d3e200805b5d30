// Package equivalence proves that strategies mean the same: it runs random scripts of operations on them and on a model
// in memory, and compares every answer, step by step, and the tables at the end. It works on provider.Strategy itself,
// with tokens and times of its own making, so that nothing in an answer depends on chance.
package equivalence

import (
	"fmt"
	"strings"
)

// A Kind is an operation of a script, named as in every report.
type Kind string

// An Op is one step of a script. It is self-contained: any part of a script, in order, is a script again, which is what
// makes shrinking by leaving steps out possible.
type Op struct {
	Kind Kind
	// Instance and Other choose among instanceIDs.
	Instance, Other int
	// Slot chooses among the locks that the script has taken so far; a negative one is a token that nobody was given.
	Slot int
	// Execution is the execution id; Event the first event id; Count how many events.
	Execution, Event, Count int
	// Delay, Timeout and Advance are milliseconds. A fetch prefers what is visible for less than Since; 0 is no bound.
	Delay, Timeout, Advance, Since int64
	// Works, Messages and Cancels count what an ack carries.
	Works, Messages, Cancels int
	Status                   int // chooses among statuses
	Payload                  int // chooses among payloads
	Room                     int // chooses among rooms: what an enqueue or ack asks for beside its answer
	Flag, Named              bool
}

// A Script is operations in order.
type Script []Op

// String gives the script one step a line.
func (s Script) String() string {
	var b strings.Builder
	for i, op := range s {
		fmt.Fprintf(&b, "%3d  %s\n", i+1, op)
	}
	return b.String()
}

// The identifiers are hostile on purpose: they are data, never SQL.
var (
	instanceIDs = []string{"a", "b", "B", "a::1", `o'"; drop table history; --`, "søster 子 🜚"}
	statuses    = []string{"", "", "Running", "Completed", "Failed", "ContinuedAsNew"}
	payloads    = []string{"{}", "", `{"k":"v"}`, `"\\ ' $1 %s ;`, "ünï 子", strings.Repeat("x", 70_000)}
)

// Source gives a number in [0, n). A random generator and a shrinking one both fit.
type Source func(n int) int

func pick[T any](s Source, of ...T) T { return of[s(len(of))] }

// weights say how often each kind is drawn. Turns and work come first: a script of reads proves little.
var weights = []struct {
	kind   Kind
	weight int
}{
	{"advance_clock", 8},
	{"enqueue_orchestrator_item", 16}, {"fetch_orchestration_item", 18}, {"ack_orchestration_item", 14},
	{"enqueue_orchestrator_items", 5}, {"fetch_orchestration_items", 6}, {"ack_orchestration_items", 8},
	{"abandon_orchestration_item", 6}, {"renew_orchestration_lock", 3}, {"discard_orchestration_item", 2},
	{"enqueue_worker_item", 5}, {"fetch_work_item", 7}, {"fetch_work_items", 3}, {"ack_work_item", 6}, {"ack_work_items", 4}, {"abandon_work_item", 4}, {"renew_work_item_lock", 3},
	{"read_history", 3}, {"read_execution", 1}, {"append_history", 2}, {"read_status", 2},
	{"list_instances", 1}, {"list_executions", 1}, {"latest_execution_id", 1}, {"get_instance_info", 2}, {"get_execution_info", 1},
	{"get_system_metrics", 1}, {"get_queue_depths", 2},
	{"list_children", 1}, {"get_parent_id", 1}, {"get_instance_tree", 1},
	{"delete_instances", 2}, {"delete_instance", 3}, {"delete_instances_bulk", 1}, {"prune_executions", 1},
}

// Draw gives one random operation.
func Draw(s Source) Op {
	total := 0
	for _, w := range weights {
		total += w.weight
	}
	n := s(total)
	op := Op{}
	for _, w := range weights {
		if n < w.weight {
			op.Kind = w.kind
			break
		}
		n -= w.weight
	}
	op.Instance, op.Other = s(len(instanceIDs)), s(len(instanceIDs))
	op.Slot = s(8) - 1
	op.Execution = pick(s, 1, 1, 1, 2, 3)
	op.Event, op.Count = 1+s(5), s(4)
	op.Delay = pick[int64](s, 0, 0, 0, 1, 50, 1000)
	op.Timeout = pick[int64](s, 1, 50, 50, 1000)
	op.Advance = pick[int64](s, 1, 1, 49, 50, 51, 999, 1000)
	op.Works, op.Messages, op.Cancels = pick(s, 0, 1, 3), pick(s, 0, 0, 1, 3), pick(s, 0, 0, 0, 2)
	op.Status = s(len(statuses))
	op.Payload = pick(s, 0, 0, 0, 1, 2, 3, 4, 5)
	op.Flag, op.Named = s(2) == 1, s(2) == 1
	op.Room = pick(s, 0, 0, 0, 1, 2, 3)
	op.Since = pick[int64](s, 0, 0, 0, 1, 2, 51, 1001)
	return op
}

// Random gives a script of n operations.
func Random(s Source, n int) Script {
	script := make(Script, n)
	for i := range script {
		script[i] = Draw(s)
	}
	return script
}

func (op Op) instance() string { return instanceIDs[op.Instance%len(instanceIDs)] }
func (op Op) other() string    { return instanceIDs[op.Other%len(instanceIDs)] }
func (op Op) status() string   { return statuses[op.Status%len(statuses)] }
func (op Op) payload() string  { return payloads[op.Payload%len(payloads)] }

// batch is how many turns or work items an operation is on, or asks for.
func (op Op) batch() int { return 1 + op.Count }

// target is the instance of the n-th message of an ack.
func (op Op) target(n int) string { return instanceIDs[(op.Other+n)%len(instanceIDs)] }

func (op Op) lock() string {
	if op.Slot < 0 {
		return "a token nobody was given"
	}
	return fmt.Sprintf("lock %d", op.Slot)
}

// String gives the operation as a person would write it down.
func (op Op) String() string {
	text := op.text()
	switch op.Kind {
	case "enqueue_orchestrator_item", "enqueue_orchestrator_items", "ack_orchestration_item", "ack_orchestration_items", "ack_work_item", "ack_work_items":
		if r := rooms[op.Room%len(rooms)]; op.Room > 0 {
			return fmt.Sprintf("%s, and fetch%s: turns %t, %d work items, for %d ms", text, op.since(), r.turn, r.works, op.Timeout)
		}
	}
	return text
}

func (op Op) since() string {
	if op.Since == 0 {
		return ""
	}
	return fmt.Sprintf(" (first what is visible for less than %d ms)", op.Since)
}

func (op Op) text() string {
	name := string(op.Kind)
	switch op.Kind {
	case "advance_clock":
		return fmt.Sprintf("%s by %d ms", name, op.Advance)
	case "enqueue_orchestrator_item":
		return fmt.Sprintf("%s for %q, payload %d, visible in %d ms", name, op.instance(), op.Payload, op.Delay)
	case "enqueue_worker_item":
		return fmt.Sprintf("%s for %q, execution %d, activity %d, payload %d", name, op.instance(), op.Execution, op.Event, op.Payload)
	case "enqueue_orchestrator_items":
		return fmt.Sprintf("%s: %d for %q and on, payload %d, visible in %d ms", name, op.batch(), op.instance(), op.Payload, op.Delay)
	case "ack_orchestration_items":
		return fmt.Sprintf("%s: %d from %s: execution %d, named %t, parent %t, status %q, %d events from %d, %d activities",
			name, op.batch(), op.lock(), op.Execution, op.Named, op.Flag, op.status(), op.Count, op.Event, op.Works)
	case "fetch_work_items", "fetch_orchestration_items":
		return fmt.Sprintf("%s%s: %d, for %d ms", name, op.since(), op.batch(), op.Timeout)
	case "fetch_orchestration_item", "fetch_work_item":
		return fmt.Sprintf("%s%s for %d ms", name, op.since(), op.Timeout)
	case "ack_orchestration_item":
		return fmt.Sprintf("%s %s: execution %d, named %t, parent %t, status %q, %d events from %d, %d activities, %d messages from %q in %d ms, %d cancelled",
			name, op.lock(), op.Execution, op.Named, op.Flag, op.status(), op.Count, op.Event, op.Works, op.Messages, op.other(), op.Delay, op.Cancels)
	case "ack_work_item":
		return fmt.Sprintf("%s %s, completion %t for %q", name, op.lock(), op.Flag, op.instance())
	case "ack_work_items":
		return fmt.Sprintf("%s: %d from %s, completions for %q and on", name, op.batch(), op.lock(), op.instance())
	case "abandon_orchestration_item", "abandon_work_item":
		return fmt.Sprintf("%s %s, delay %d ms, ignore attempt %t", name, op.lock(), op.Delay, op.Flag)
	case "renew_orchestration_lock", "renew_work_item_lock":
		return fmt.Sprintf("%s %s for %d ms", name, op.lock(), op.Timeout)
	case "discard_orchestration_item":
		return name + " " + op.lock()
	case "append_history":
		return fmt.Sprintf("%s to %q, execution %d, %d events from %d", name, op.instance(), op.Execution, op.Count, op.Event)
	case "list_instances":
		return fmt.Sprintf("%s with status %q", name, op.status())
	case "get_system_metrics", "get_queue_depths":
		return name
	case "read_execution", "get_execution_info":
		return fmt.Sprintf("%s %d of %q", name, op.Execution, op.instance())
	case "delete_instances":
		return fmt.Sprintf("%s %q and %q, force %t", name, op.instance(), op.other(), op.Flag)
	case "delete_instance":
		return fmt.Sprintf("%s %q, force %t", name, op.instance(), op.Flag)
	case "delete_instances_bulk", "prune_executions":
		return fmt.Sprintf("%s: ids %t, ended %d ms ago, at most %d", name, op.Named, op.Delay, op.Count)
	}
	return fmt.Sprintf("%s %q", name, op.instance())
}
