package providertest

import (
	"math/rand/v2"
	"strings"

	"pgbench-provider/provider"
)

var lessonsData = []Rule{
	{Name: "nul_in_payload", test: nulInPayload},
	{Name: "escapes_in_payload_are_data", test: escapesInPayload},
	{Name: "large_payload_round_trip", test: largePayload},
	{Name: "hostile_names", test: hostileNames},
	{Name: "what_cannot_be_stored_is_named", test: unstorableIsNamed},
	{Name: "hostile_instance_ids", test: hostileInstanceIDs},
	{Name: "no_instance_row_on_enqueue", test: noInstanceRowOnEnqueue},
}

// PostgreSQL stores neither NUL nor what is no UTF-8. Every strategy must say so alike, before it writes anything.
func nulInPayload(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	s.schedule(activity("a", 1))
	item, w := s.fetch(), s.fetchWork()
	before, p := s.contents(), s.Provider
	for _, bad := range []string{"\x00", "a\x00b", "\xff", "tr\xc3", "\xed\xa0\x80"} {
		ack := func(a provider.OrchestrationAck) error { return s.tryAck(item, a) }
		for what, err := range map[string]error{
			"message":           p.EnqueueOrchestratorItem(s.ctx, external("a", bad), 0),
			"message target":    p.EnqueueOrchestratorItem(s.ctx, external(bad, "x"), 0),
			"version":           p.EnqueueOrchestratorItem(s.ctx, provider.StartOrchestration{Instance: "a", Version: provider.Optional(bad)}, 0),
			"error details":     p.AckWorkItem(s.ctx, w.LockToken, failed("a", bad)),
			"completion":        p.AckWorkItem(s.ctx, w.LockToken, provider.ActivityCompleted{Instance: "a", Result: bad}),
			"completion target": p.AckWorkItem(s.ctx, w.LockToken, completed(bad, 1)),
			"activity":          p.EnqueueWorkerItem(s.ctx, provider.ActivityExecute{Instance: "a", Input: bad}),
			"activity target":   p.EnqueueWorkerItem(s.ctx, activity(bad, 1)),
			"event":             ack(provider.OrchestrationAck{History: events(provider.ExternalEvent{ID: 2, Data: bad})}),
			"ack: activity":     ack(provider.OrchestrationAck{WorkerItems: []provider.ActivityExecute{{Instance: "a", Name: bad}}}),
			"ack: message":      ack(provider.OrchestrationAck{OrchestratorItems: messages(external("a", bad))}),
			"ack: output":       ack(provider.OrchestrationAck{Metadata: ended(provider.StatusCompleted, bad)}),
			"ack: name":         ack(provider.OrchestrationAck{Metadata: provider.ExecutionMetadata{Name: bad, Version: "1"}}),
			"append":            p.AppendHistory(s.ctx, "a", 1, events(provider.ExternalEvent{ID: 2, Name: bad})),
			"append target":     p.AppendHistory(s.ctx, bad, 1, events(scheduled(2))),
			"read":              second(p.ReadHistory(s.ctx, bad)),
			"info":              second(p.GetInstanceInfo(s.ctx, bad)),
			"delete":            second(p.DeleteInstance(s.ctx, bad, true)),
		} {
			s.fails(what+" with "+strings.ToValidUTF8(bad, "?"), err, provider.ErrInvalid)
		}
	}
	equal(s, "contents", s.contents(), before)
	s.fails("an empty instance id", p.EnqueueOrchestratorItem(s.ctx, start(""), 0), provider.ErrInvalid)
	s.ack(item, bare)
}

func failed(instance, message string) provider.ActivityFailed {
	return provider.ActivityFailed{Instance: instance, ExecutionID: 1, ID: 1,
		Details: provider.ErrorDetails{Application: &provider.ApplicationError{Kind: "ActivityFailed", Message: message}}}
}

func second[V any](_ V, err error) error { return err }

// roundTrip sends text through every column that holds payload and wants it back unchanged.
func (s *trial) roundTrip(text string) {
	s.Helper()
	in, run := external("a", text), activity("a", 2)
	in.Data, run.Input = text, text
	event := provider.ExternalEvent{ID: s.count("select count(*) + 1 from history"), Name: text, Data: text}
	s.enqueue(in)
	item := s.fetch()
	equal(s, "message", item.Messages, messages(in))
	s.ack(item, provider.OrchestrationAck{History: events(event), WorkerItems: []provider.ActivityExecute{run},
		Metadata: provider.ExecutionMetadata{Name: text, Version: text, Status: provider.StatusRunning, Output: text}})
	history := s.history("a")
	equal[provider.Event](s, "event", history[len(history)-1], event)
	w := s.fetchWork()
	equal[provider.WorkItem](s, "work item", w.Item, run)
	s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, failed("a", text)))
	equal(s, "completion", s.turn(bare).Messages, messages(failed("a", text)))
	info, err := s.Provider.GetInstanceInfo(s.ctx, "a")
	s.must(err)
	equal(s, "name, version and output", []string{info.Name, info.Version, info.Output}, []string{text, text, text})
}

// Text that merely looks like an escape, JSON or SQL is text.
func escapesInPayload(s *trial) {
	for _, text := range []string{`\u0000`, `\\u0000`, `\ufffd`, "\ufffd", `{"a":1,"a":2,"b":{}}`, "NULL", "null", `"`, `\`, `'`, `$1`, "%s",
		"<&>\u2028\u2029", "\x01\x1f\x7f\t\r\n", "日本語 🙂 e\u0301", "{1,2}", `\x41`, "  padded  ", "18446744073709551615"} {
		s.roundTrip(text)
	}
}

func largePayload(s *trial) {
	s.roundTrip(strings.Repeat("0123456789abcdef", 16<<10)) // 256 KiB
}

// A name is data wherever one can be given, of whatever it is made and however long.
func hostileNames(s *trial) {
	for i, name := range append(hostileIDs(), "", " ", ";", "--", "/*", "E'\\n'", "$$", "a'; select pg_sleep(9); --", "\u200f\u05d0\u202e", "e\u0301\u0301\u0301", "👩‍👩‍👧‍👦",
		"\ufeff", "\U0010ffff", strings.Repeat("'\"\\;", 1<<18)) {
		id := string(rune('a' + i))
		begin, run, event := start(id), activity(id, 2), external(id, name)
		begin.Orchestration, begin.Version, run.Name = name, provider.Optional(name), name
		s.enqueue(begin)
		item := s.fetch()
		equal(s, "message", item.Messages, messages(begin))
		equal(s, "name", item.Name, name)
		first := provider.OrchestrationStarted{ID: 1, Name: name, Version: name, Input: name}
		s.ack(item, provider.OrchestrationAck{History: events(first), WorkerItems: []provider.ActivityExecute{run}, OrchestratorItems: messages(event),
			Metadata: provider.ExecutionMetadata{Name: name, Version: name}})
		w := s.fetchWork()
		equal[provider.WorkItem](s, "work item", w.Item, run)
		s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, nil))
		equal(s, "event", s.turn(bare).Messages, messages(event))
		equal(s, "history", s.history(id), events(first))
		if name != "" { // else there is no instance
			info, err := s.Provider.GetInstanceInfo(s.ctx, id)
			s.must(err)
			equal(s, "name and version", []string{info.Name, info.Version}, []string{name, name})
		}
	}
}

// An error names the field, and nothing is sent.
func unstorableIsNamed(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	item := s.fetch()
	before, p := s.contents(), s.Provider
	long := strings.Repeat("i", 1<<20)
	for _, bad := range []string{"x\x00", "x\xff"} {
		for field, err := range map[string]error{
			"ExternalRaised.name":                        p.EnqueueOrchestratorItem(s.ctx, external("a", bad), 0),
			"StartOrchestration.orchestration":           p.EnqueueOrchestratorItem(s.ctx, provider.StartOrchestration{Instance: "a", Orchestration: bad}, 0),
			"StartOrchestration.parent_instance":         p.EnqueueOrchestratorItem(s.ctx, provider.StartOrchestration{Instance: "a", ParentInstance: provider.Optional(bad)}, 0),
			"ActivityFailed.details.Application.message": p.EnqueueOrchestratorItem(s.ctx, failed("a", bad), 0),
			"ActivityExecute.input":                      p.EnqueueWorkerItem(s.ctx, provider.ActivityExecute{Instance: "a", Input: bad}),
			"ExternalEvent.data":                         s.tryAck(item, provider.OrchestrationAck{History: events(provider.ExternalEvent{ID: 2, Data: bad})}),
			"instance id":                                p.EnqueueWorkerItem(s.ctx, activity(bad, 1)),
			"output":                                     s.tryAck(item, provider.OrchestrationAck{Metadata: ended(provider.StatusCompleted, bad)}),
			"version":                                    s.tryAck(item, provider.OrchestrationAck{Metadata: provider.ExecutionMetadata{Name: "n", Version: bad}}),
			"parent":                                     s.tryAck(item, provider.OrchestrationAck{Metadata: provider.ExecutionMetadata{Name: "n", Version: "1", ParentInstance: bad}}),
		} {
			s.unstorable(field, err)
		}
	}
	for what, err := range map[string]error{
		"message": p.EnqueueOrchestratorItem(s.ctx, external(long, "x"), 0), "activity": p.EnqueueWorkerItem(s.ctx, activity(long, 1)),
		"ack: message":  s.tryAck(item, provider.OrchestrationAck{OrchestratorItems: messages(external(long, "x"))}),
		"ack: activity": s.tryAck(item, provider.OrchestrationAck{WorkerItems: activities(long, 1)}),
		"append":        p.AppendHistory(s.ctx, long, 1, events(scheduled(2))), "read": second(p.ReadHistory(s.ctx, long)),
	} {
		s.unstorable("instance id", err)
		if !strings.Contains(err.Error(), "1048576 bytes") {
			s.Errorf("%s: %v does not tell the length", what, err)
		}
	}
	equal(s, "contents", s.contents(), before)
	s.ack(item, bare)
	longest := strings.Repeat("i", provider.MaxIDBytes)
	s.create(longest)
	equal(s, "history", len(s.history(longest)), 1)
}

func (s *trial) unstorable(field string, err error) {
	s.Helper()
	s.fails(field, err, provider.ErrInvalid)
	if text := err.Error(); !strings.Contains(text, field) || len(text) > 300 {
		s.Errorf("%q does not name %s, or is long", text, field)
	}
}

func hostileIDs() []string {
	random := rand.New(rand.NewPCG(1, 2))
	long := make([]byte, 2000) // what a btree entry holds, and too random to be compressed
	for i := range long {
		long[i] = byte('!' + random.IntN('~'-'!'))
	}
	return []string{"'; drop table instances; --", `"quoted"`, `back\slash\`, "$1", "{a,b}", `{"a"}`, "NULL", "%s%d", "x", "X", " x", "x ",
		"日本語", "🙂", "e\u0301", "\u00e9", "\u202e", "tab\tnewline\n", "turn:x:y:z", "a::b::1", ".", "/../", string(long),
		strings.Repeat("ü", 1000)}
}

func hostileInstanceIDs(s *trial) {
	ids := hostileIDs()
	for _, id := range ids {
		s.enqueue(start(id))
		item := s.fetch()
		equal(s, "instance", item.Instance, id)
		ack := firstTurn("1.0.0")
		ack.WorkerItems, ack.OrchestratorItems = activities(id, 2), messages(external(id, "x"))
		s.ack(item, ack)
		w := s.fetchWork()
		s.must(s.Provider.RenewWorkItemLock(s.ctx, w.LockToken, lockTimeout))
		s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, completed(id, 2)))
		item = s.fetch()
		equal(s, "messages", item.Messages, messages(external(id, "x"), completed(id, 2)))
		s.must(s.Provider.RenewOrchestrationLock(s.ctx, item.LockToken, lockTimeout))
		s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{}))
		s.turn(bare)
		equal(s, "history", s.history(id), events(started("1.0.0")))
	}
	list, err := s.Provider.ListInstances(s.ctx)
	s.must(err)
	equal(s, "instances", len(list), len(ids))
	for _, id := range ids {
		s.must(second(s.Provider.DeleteInstance(s.ctx, id, true)))
	}
	equal(s, "instances left", s.count("select count(*) from instances"), 0)
}

// Whatever is enqueued, and by whatever path, only a turn with metadata makes an instance.
func noInstanceRowOnEnqueue(s *trial) {
	s.enqueue(start("a"), external("b", "x"), provider.CancelInstance{Instance: "c", Reason: "none"})
	s.schedule(activity("d", 1))
	s.must(s.Provider.AckWorkItem(s.ctx, s.fetchWork().LockToken, completed("d", 1)))
	s.turn(provider.OrchestrationAck{OrchestratorItems: messages(start("a::child"))})
	s.fetch()
	equal(s, "instances", s.count("select count(*) from instances"), 0)
	equal(s, "executions", s.count("select count(*) from executions where instance_id <> 'a'"), 0)
	_, err := s.Provider.GetInstanceInfo(s.ctx, "a")
	s.fails("instance info", err, provider.ErrInstanceNotFound)
}
