package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// OptionalInt is an integer whose zero value means absent: JSON null.
type OptionalInt int64

// MarshalJSON writes null for zero.
func (o OptionalInt) MarshalJSON() ([]byte, error) {
	if o == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(int64(o))
}

// MarshalJSON writes null for the empty string.
func (o Optional) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return encodeJSON(string(o))
}

// EncodeEvent gives an event's JSON. It fails with [ErrInvalid] when a string of it holds a NUL character or is not
// UTF-8, neither of which PostgreSQL stores.
func EncodeEvent(e Event) (string, error) { return encodeTagged(e.Kind(), e) }

// DecodeEvent reads an event's JSON. It fails with [ErrCorrupt] on anything that is no event.
func DecodeEvent(data string) (Event, error) { return decodeTagged(data, "event", eventKinds) }

// EncodeWorkItem gives a work item's JSON. It fails like [EncodeEvent].
func EncodeWorkItem(w WorkItem) (string, error) { return encodeTagged(w.Kind(), w) }

// DecodeWorkItem reads a work item's JSON. It fails with [ErrCorrupt] on anything that is no work item.
func DecodeWorkItem(data string) (WorkItem, error) {
	return decodeTagged(data, "work item", workItemKinds)
}

func encodeTagged(kind string, v any) (string, error) {
	body, err := encodeJSON(v)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %v", ErrInvalid, kind, err)
	}
	// json writes what PostgreSQL cannot store as escapes of its own making, and only those.
	if hasEscape(body, `\u0000`) {
		return "", fmt.Errorf("%w: %s holds a NUL character, which PostgreSQL cannot store: remove it", ErrInvalid, fieldWith(kind, body, `\u0000`))
	}
	if hasEscape(body, `\ufffd`) {
		return "", fmt.Errorf("%w: %s is not valid UTF-8: encode binary data, for example as base64", ErrInvalid, fieldWith(kind, body, `\ufffd`))
	}
	var b strings.Builder
	b.Grow(len(kind) + len(body) + 5)
	b.WriteString(`{"`)
	b.WriteString(kind)
	b.WriteString(`":`)
	b.Write(body)
	b.WriteByte('}')
	return b.String(), nil
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// hasEscape finds an escape sequence that is not itself the tail of an escaped backslash.
func hasEscape(b []byte, escape string) bool {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(escape))
		if i < 0 {
			return false
		}
		backslashes := 0
		for j := from + i - 1; j >= 0 && b[j] == '\\'; j-- {
			backslashes++
		}
		if backslashes%2 == 0 {
			return true
		}
		from += i + len(escape)
	}
}

// fieldWith names the first field of an object, in the order of the alphabet, that holds an escape: "ExternalEvent.data".
func fieldWith(path string, body []byte, escape string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return path // a string
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if hasEscape(fields[name], escape) {
			return fieldWith(path+"."+name, fields[name], escape)
		}
	}
	return path
}

func decodeTagged[T any](data, what string, kinds map[string]func([]byte) (T, error)) (T, error) {
	var zero T
	kind, body, err := splitTagged(data)
	if err != nil {
		return zero, fmt.Errorf("%w: %s: %.200v", ErrCorrupt, what, err)
	}
	decode, ok := kinds[kind]
	if !ok {
		return zero, fmt.Errorf("%w: %s of unknown kind %.40q", ErrCorrupt, what, kind)
	}
	v, err := decode(body)
	if err != nil {
		return zero, fmt.Errorf("%w: %s %s: %.200v", ErrCorrupt, what, kind, err)
	}
	// What comes of it could never be stored.
	if hasEscape(body, `\u0000`) {
		return zero, fmt.Errorf("%w: %s %s: it holds a NUL character", ErrCorrupt, what, kind)
	}
	return v, nil
}

func splitTagged(data string) (kind string, body []byte, err error) {
	// Our own text needs no second pass to find the key.
	if rest, ok := strings.CutPrefix(data, `{"`); ok && strings.HasSuffix(data, "}") {
		if k, b, ok := strings.Cut(rest, `":`); ok && !strings.ContainsAny(k, `"\`) && json.Valid([]byte(b[:len(b)-1])) {
			return k, []byte(b[:len(b)-1]), nil
		}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(data), &object); err != nil {
		return "", nil, err
	}
	if len(object) != 1 {
		return "", nil, fmt.Errorf("an object of %d keys where one is expected", len(object))
	}
	for kind, body = range object {
	}
	return kind, body, nil
}

// into decodes a T and gives it as the interface I, which T must satisfy.
func into[T, I any](body []byte) (I, error) {
	var v T
	err := json.Unmarshal(body, &v)
	if err == nil && (len(body) == 0 || body[0] != '{') {
		err = errors.New("an object is expected")
	}
	return any(v).(I), err
}

// checkText refuses what a text column cannot hold.
func checkText(field, value string) error {
	switch {
	case strings.IndexByte(value, 0) >= 0:
		return fmt.Errorf("%w: %s %.40q holds a NUL character, which PostgreSQL cannot store: remove it", ErrInvalid, field, value)
	case !utf8.ValidString(value):
		return fmt.Errorf("%w: %s %.40q is not valid UTF-8", ErrInvalid, field, value)
	}
	return nil
}

// MaxIDBytes is how long an instance id may be. A row of an index holds a third of a page, 2,704 bytes of the usual 8 KB.
const MaxIDBytes = 2048

func checkID(field, value string) error {
	switch {
	case value == "":
		return fmt.Errorf("%w: %s is empty", ErrInvalid, field)
	case len(value) > MaxIDBytes:
		return fmt.Errorf("%w: %s %.40q... has %d bytes: at most %d can be stored", ErrInvalid, field, value, len(value), MaxIDBytes)
	}
	return checkText(field, value)
}
