package providertest

import (
	"strings"
	"time"

	"pgbench-provider/provider"
)

var lessonsCorrupt = []Rule{
	{Name: "corrupt_messages_are_told_and_counted", test: corruptMessages},
	{Name: "corrupt_work_items_are_told_and_counted", test: corruptWorkItems},
	{Name: "corrupt_events_are_told_and_counted", test: corruptEvents},
	{Name: "corrupt_history_can_be_ended", test: corruptHistoryEnds},
	{Name: "corrupt_execution_number", test: corruptExecutionNumber},
}

// spoiled is text that a column can hold and that is no item or event, whatever kind it claims to be.
func spoiled(kind string) []string {
	whole := `{"` + kind + `":{"instance":"a","event_id":2,"name":"n"}}`
	return []string{"", " ", "null", "[]", "{}", "no json", whole[:len(whole)-2], whole + whole, `{"Nonsense":{}}`, `{"` + kind + `":null}`, `{"` + kind + `":[]}`,
		`{"` + kind + `":{"name":7}}`, `{"` + kind + `":{"event_id":"2","id":"2"}}`, `{"` + kind + `":{"event_id":1e99,"id":1e99}}`,
		`{"` + kind + `":{"name":"\u0000"}}`, `{"` + kind + `":{},"Other":{}}`, strings.Repeat("[", 11000), `{"` + strings.Repeat("x", 1<<20) + `":{}}`}
}

// keepable wants an error that can be kept as the reason of a failure.
func (s *trial) keepable(err error) {
	s.Helper()
	if text := err.Error(); len(text) > 1000 || strings.Contains(text, "\x00") {
		s.Fatalf("an error of %d bytes: %.200q", len(text), text)
	}
}

// spoilt fetches a turn that is corrupt, at its nth attempt, and gives it back with a delay, which keeps it from looping.
func (s *trial) spoilt(text string, attempts int) {
	s.Helper()
	item := s.fetch()
	if item.HistoryError == nil {
		s.Fatalf("%.80q was taken as %+v", text, item)
	}
	s.fails("turn", item.HistoryError, provider.ErrCorrupt)
	s.keepable(item.HistoryError)
	equal(s, "history beside the error", len(item.History), 0)
	equal(s, "attempts", item.AttemptCount, attempts)
	s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{Delay: time.Second}))
	s.fetchNone()
	s.Clock.Advance(time.Second)
}

func corruptMessages(s *trial) {
	s.create("a")
	for _, text := range append(spoiled("ExternalRaised"), `{"ActivityExecute":{"instance":"a"}}`, `{"ExternalRaised":{"instance":"b","name":"n"}}`, `{"ExternalRaised":{}}`) {
		s.enqueue(external("a", "x"), external("a", "y"))
		s.exec("update orchestrator_queue set work_item = $1 where id = (select min(id) from orchestrator_queue)", text)
		s.spoilt(text, 1)
		s.spoilt(text, 2)
		item := s.fetch()
		equal(s, "messages that can be read", item.Messages, messages(external("a", "y")))
		s.ack(item, bare) // an ack removes what could not be read too
		s.fetchNone()
	}
	equal(s, "messages left", s.count("select count(*) from orchestrator_queue"), 0)
}

func corruptWorkItems(s *trial) {
	for _, text := range append(spoiled("ActivityExecute"), `{"ExternalRaised":{"instance":"a"}}`, `{"ActivityExecute":{}}`, `{"ActivityExecute":{"instance":""}}`) {
		s.schedule(activity("a", 1))
		s.exec("update worker_queue set work_item = $1", text)
		for attempts := 1; attempts <= 3; attempts++ {
			w, err := s.Provider.FetchWorkItem(s.ctx, lockTimeout)
			s.must(err)
			if w.Err == nil || w.Item != nil {
				s.Fatalf("%.80q was taken as %+v", text, w)
			}
			s.fails("work item", w.Err, provider.ErrCorrupt)
			s.keepable(w.Err)
			equal(s, "attempts", w.AttemptCount, attempts)
			if attempts == 3 {
				s.must(s.Provider.AckWorkItem(s.ctx, w.LockToken, nil))
				break
			}
			s.must(s.Provider.AbandonWorkItem(s.ctx, w.LockToken, provider.Abandon{Delay: time.Second}))
			s.fetchNoWork()
			s.Clock.Advance(time.Second)
		}
		s.fetchNoWork()
	}
}

func corruptEvents(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	for _, text := range spoiled("ExternalEvent") {
		s.exec("update history set event_data = $1", text)
		item := s.fetch()
		s.fails("turn", item.HistoryError, provider.ErrCorrupt)
		s.keepable(item.HistoryError)
		equal(s, "messages", item.Messages, messages(external("a", "x")))
		s.fails("read", second(s.Provider.ReadHistory(s.ctx, "a")), provider.ErrCorrupt)
		s.fails("read of one execution", second(s.Provider.ReadExecution(s.ctx, "a", 1)), provider.ErrCorrupt)
		s.must(s.Provider.AbandonOrchestrationItem(s.ctx, item.LockToken, provider.Abandon{IgnoreAttempt: true}))
	}
	for i := range 200 {
		s.exec("insert into history (instance_id, execution_id, event_id, event_data, created_at) select instance_id, execution_id, $1, $2, created_at from history where event_id = 1", i+2, "no json")
	}
	s.spoilt("many", 1)
}

// What a runtime does at last: a failure under an id above all others, which needs no event that can be read.
func corruptHistoryEnds(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	s.exec("update history set event_data = 'no json'")
	item := s.fetch()
	end := provider.OrchestrationAck{History: events(provider.OrchestrationFailed{ID: 99999}), Metadata: provider.ExecutionMetadata{Status: provider.StatusFailed, Output: "corrupt"}}
	s.ack(item, end)
	s.fetchNone()
	info, err := s.Provider.GetInstanceInfo(s.ctx, "a")
	s.must(err)
	equal(s, "status", info.Status, provider.StatusFailed)
	// What comes later finds the end there already, and is removed.
	s.enqueue(external("a", "late"))
	item = s.fetch()
	s.fails("turn", item.HistoryError, provider.ErrCorrupt)
	s.fails("second end", s.tryAck(item, end), provider.ErrDuplicateEvent)
	s.must(s.Provider.DiscardOrchestrationItem(s.ctx, item.LockToken))
	s.fetchNone()
	s.must(second(s.Provider.DeleteInstance(s.ctx, "a", false)))
}

func corruptExecutionNumber(s *trial) {
	s.create("a")
	s.enqueue(external("a", "x"))
	s.exec("update instances set current_execution_id = 0")
	item := s.fetch()
	s.fails("turn", item.HistoryError, provider.ErrCorrupt)
	equal(s, "execution", item.ExecutionID, int64(1))
	s.ack(item, provider.OrchestrationAck{History: events(provider.OrchestrationFailed{ID: 99999})})
	s.fetchNone()
	s.exec("update instances set current_execution_id = 1")
}
