package runtime

import (
	"context"
	"encoding/json"
)

// A Typed future has an answer that is the JSON of a T.
type Typed[T any] struct{ Future }

// Await is [Future.Await], decoded. Fails on what is no JSON of a T.
func (f Typed[T]) Await() (T, error) {
	data, err := f.Future.Await()
	if err != nil {
		var zero T
		return zero, err
	}
	return Decode[T](data)
}

// Decode reads the JSON of a T, as typed code sends it.
func Decode[T any](data string) (T, error) {
	var v T
	err := json.Unmarshal([]byte(data), &v)
	return v, err
}

// Encode gives v's JSON, as typed code expects it. Fails on what JSON cannot say.
func Encode(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

// encoded fails the orchestration, by a panic, on a value that can never be sent.
func encoded(v any) string {
	data, err := Encode(v)
	if err != nil {
		panic(err)
	}
	return data
}

// CallActivity is [Context.Activity] with an input and a result in JSON. The orchestration fails if JSON cannot say the
// input.
func CallActivity[O, I any](c *Context, name string, input I) Typed[O] {
	return Typed[O]{c.Activity(name, encoded(input))}
}

// CallSubOrchestration is [Context.SubOrchestration] with an input and a result in JSON, like [CallActivity].
func CallSubOrchestration[O, I any](c *Context, name string, input I) Typed[O] {
	return Typed[O]{c.SubOrchestration(name, encoded(input))}
}

// WaitEventOf is [Context.WaitEvent] for an event whose data is the JSON of a T.
func WaitEventOf[T any](c *Context, name string) Typed[T] { return Typed[T]{c.WaitEvent(name)} }

// TypedOrchestration makes code with a typed input and output registrable. Both are JSON.
func TypedOrchestration[I, O any](fn func(*Context, I) (O, error)) OrchestrationFunc {
	return func(c *Context, input string) (string, error) { return typed(c, input, fn) }
}

// TypedActivity makes an activity with a typed input and output registrable. Both are JSON.
func TypedActivity[I, O any](fn func(context.Context, I) (O, error)) ActivityFunc {
	return func(ctx context.Context, input string) (string, error) { return typed(ctx, input, fn) }
}

func typed[C, I, O any](c C, input string, fn func(C, I) (O, error)) (string, error) {
	in, err := Decode[I](input)
	if err != nil {
		return "", err
	}
	out, err := fn(c, in)
	if err != nil {
		return "", err
	}
	return Encode(out)
}
