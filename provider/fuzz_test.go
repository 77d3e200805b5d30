package provider

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// What decodes must be what could have been encoded: it is written back by the next turn.
func FuzzDecodeEvent(f *testing.F) {
	for kind := range eventKinds {
		f.Add(`{"` + kind + `":{"event_id":1,"name":"n","input":"i","source_event_id":1,"details":{"Application":{"kind":"k"}}}}`)
	}
	addBroken(f)
	f.Fuzz(func(t *testing.T, data string) { decoded(t, data, DecodeEvent, EncodeEvent) })
}

func FuzzDecodeWorkItem(f *testing.F) {
	for kind := range workItemKinds {
		f.Add(`{"` + kind + `":{"instance":"i","parent_instance":"p","execution_id":1,"id":2,"version":null,"details":{"Poison":{}}}}`)
	}
	addBroken(f)
	f.Fuzz(func(t *testing.T, data string) { decoded(t, data, DecodeWorkItem, EncodeWorkItem) })
}

func addBroken(f *testing.F) {
	for _, data := range []string{"", "null", "[]", "{}", `{"Nonsense":{}}`, `{"ExternalEvent":null}`, `{"ExternalEvent":{"event_id":"1"}}`,
		`{"ExternalEvent":{"event_id":1e99}}`, `{"ExternalEvent":{"data":"\u0000"}}`, `{"ExternalRaised":{"data":"\ud800"}}`, `{"ExternalRaised":{}} {}`,
		`{"ExternalRaised":{},"ExternalEvent":{}}`, `{"\u0045xternalRaised":{"Instance":"i"}}`, `{"ExternalRaised":{"data":"` + "\xff" + `"}}`,
		strings.Repeat("[", 20000), `{"TimerFired":{"fire_at_ms":-9223372036854775808}}`} {
		f.Add(data)
	}
}

func decoded[T any](t *testing.T, data string, decode func(string) (T, error), encode func(T) (string, error)) {
	v, err := decode(data)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "\x00") || len(err.Error()) > 500 {
			t.Fatalf("%q: the error %q cannot be stored as the reason", data, err)
		}
		return
	}
	text, err := encode(v)
	if err != nil {
		t.Fatalf("%q was decoded as %+v, which cannot be encoded: %v", data, v, err)
	}
	again, err := decode(text)
	if err != nil || !reflect.DeepEqual(again, v) {
		t.Fatalf("%q was decoded as %+v, and its own text %q as %+v, %v", data, v, text, again, err)
	}
}

// A token that is taken is one that could have been given out.
func FuzzLockToken(f *testing.F) {
	f.Add(string(TurnLock{newToken(), "i:1", []int64{1, 2, 1 << 62}}.encode()))
	f.Add(string(WorkLock{newToken(), 7}.encode()))
	for _, token := range []string{"", "turn:", "turn:::", "work:00000000-0000-4000-8000-000000000000:", "turn:00000000-0000-4000-8000-000000000000:AA:",
		"turn:00000000-0000-4000-8000-000000000000:Ag:\x00", "turn:00000000-0000-4000-8000-000000000000:gICAgICAgICAgAE:i"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if l, err := decodeTurnLock(LockToken(token)); err == nil {
			last := int64(0)
			for _, id := range l.MessageIDs {
				if id <= last {
					t.Fatalf("%q holds the ids %d, which do not ascend from 1", token, l.MessageIDs)
				}
				last = id
			}
			if last == 0 || l.InstanceID == "" {
				t.Fatalf("%q became %+v", token, l)
			}
			if again, err := decodeTurnLock(l.encode()); err != nil || !reflect.DeepEqual(again, l) {
				t.Fatalf("%q is %+v, and encoded again %+v, %v", token, l, again, err)
			}
		} else if !errors.Is(err, ErrLockLost) && !errors.Is(err, ErrInvalid) {
			t.Fatalf("%q: %v", token, err)
		}
		if l, err := decodeWorkLock(LockToken(token)); err == nil {
			if again, err := decodeWorkLock(l.encode()); err != nil || again != l {
				t.Fatalf("%q is %+v, and encoded again %+v, %v", token, l, again, err)
			}
		} else if !errors.Is(err, ErrLockLost) {
			t.Fatalf("%q: %v", token, err)
		}
	})
}
