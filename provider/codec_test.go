package provider

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWorkItemsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, item := range []WorkItem{
		StartOrchestration{Instance: "i", Orchestration: "o", Input: `a"\u0000 literally <&>`, Version: "1", ParentInstance: "p", ParentID: 2, ParentExecutionID: 3, ExecutionID: 1},
		ActivityExecute{Instance: "i", ExecutionID: 1, ID: 2, Name: "n", Input: "ünï"},
		ActivityCompleted{Instance: "i", ExecutionID: 1, ID: 2, Result: "r"},
		ActivityFailed{Instance: "i", ExecutionID: 1, ID: 2, Details: ErrorDetails{Application: &ApplicationError{Kind: "ActivityFailed", Message: "m"}}},
		TimerFired{Instance: "i", ExecutionID: 1, ID: 2, FireAt: 1 << 60}, ExternalRaised{Instance: "i", Name: "n", Data: "d"},
		SubOrchCompleted{ParentInstance: "p", ParentExecutionID: 1, ParentID: 2, Result: "r"},
		SubOrchFailed{ParentInstance: "p", ParentExecutionID: 1, ParentID: 2, Details: ErrorDetails{Poison: &PoisonError{AttemptCount: 11}}},
		CancelInstance{Instance: "i", Reason: "r"}, ContinueAsNew{Instance: "i", Orchestration: "o", Input: "x"}, QueueMessage{Instance: "i", Name: "n"},
	} {
		text, err := EncodeWorkItem(item)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(text, `{"`+item.Kind()+`":{`) {
			t.Errorf("%s is not an object of its kind", text)
		}
		got, err := DecodeWorkItem(text)
		if err != nil || !reflect.DeepEqual(got, item) {
			t.Errorf("%s: got %+v, %v; want %+v", text, got, err, item)
		}
		// White space is another program's right.
		if got, err := DecodeWorkItem(" " + strings.Replace(text, ":", " : ", 1) + "\n"); err != nil || !reflect.DeepEqual(got, item) {
			t.Errorf("with white space: got %+v, %v", got, err)
		}
	}
	if len(workItemKinds) != 11 || len(eventKinds) != 17 {
		t.Errorf("%d kinds of work items and %d of events", len(workItemKinds), len(eventKinds))
	}
}

// Absent fields are null, as the reference writes them.
func TestAbsentIsNull(t *testing.T) {
	t.Parallel()
	text, err := EncodeWorkItem(StartOrchestration{Instance: "i", Orchestration: "o", ExecutionID: 1})
	want := `{"StartOrchestration":{"instance":"i","orchestration":"o","input":"","version":null,"parent_instance":null,"parent_id":null,"execution_id":1}}`
	if err != nil || text != want {
		t.Errorf("got %s, %v; want %s", text, err, want)
	}
}

func TestDecodingRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "null", "[]", `{"X":{}}`, `{"TimerFired":{}`, `{"TimerFired":3}`, `{"TimerFired":{},"QueueMessage":{}}`,
		`{"TimerFired":{"fire_at_ms":9223372036854775808}}`, `{"TimerFired":null}`, "\x00"} {
		if got, err := DecodeWorkItem(text); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: got %+v, %v; want ErrCorrupt", text, got, err)
		}
		if got, err := DecodeEvent(text); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q as an event: got %+v, %v; want ErrCorrupt", text, got, err)
		}
	}
}

func TestUnstorableTextIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\x00b", "\xff", "\\\x00"} {
		if _, err := EncodeEvent(ExternalEvent{ID: 1, Data: text}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v, want ErrInvalid", text, err)
		}
	}
	for _, text := range []string{`\u0000`, `\\u0000`, "\ufffd", `\ufffd`, "\u2028"} {
		data, err := EncodeEvent(ExternalEvent{ID: 1, Data: text})
		if err != nil {
			t.Errorf("%q was refused: %v", text, err)
			continue
		}
		if got, err := DecodeEvent(data); err != nil || got != (ExternalEvent{ID: 1, Data: text}) {
			t.Errorf("%q came back as %+v, %v", text, got, err)
		}
	}
}

func TestTokensRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := TurnLock{Token: newToken(), InstanceID: rapid.StringN(1, 40, -1).Filter(func(s string) bool { return !strings.Contains(s, "\x00") }).Draw(t, "instance"),
			MessageIDs: rapid.SliceOfNDistinct(rapid.Int64Min(1), 1, 20, rapid.ID[int64]).Draw(t, "ids")}
		slices.Sort(want.MessageIDs)
		got, err := decodeTurnLock(want.encode())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		work := WorkLock{Token: newToken(), ID: rapid.Int64().Draw(t, "id")}
		if got, err := decodeWorkLock(work.encode()); err != nil || got != work {
			t.Fatalf("got %+v, %v; want %+v", got, err, work)
		}
	})
}
