// Package runtime is a small durable-task runtime over [provider.Provider]: enough of one to load a provider the way a
// real runtime does, and nothing that would hide what the provider costs.
//
// An orchestration is a Go function that is run anew in every turn and answered from its history up to where it got.
// It must therefore be deterministic: it asks its [Context] for the time, for ids and for everything that takes time,
// starts no goroutines, and recovers from no panics but its own.
//
//	registry := runtime.NewRegistry()
//	registry.Activity("Hello", func(ctx context.Context, name string) (string, error) { return "Hello, " + name + "!", nil })
//	registry.Orchestration("Greet", func(c *runtime.Context, name string) (string, error) {
//		return c.Activity("Hello", name).Await()
//	})
//
// The turn itself ([decide]) touches neither database nor clock: it takes what was fetched and gives what is to be
// acked. Around it are dispatchers, which fetch, decide and ack; workers, which run activities; and clients.
//
// Nothing in one process waits by asking the database. Whoever enqueues something wakes an idle dispatcher, and the
// dispatcher that acks the end of an instance tells whoever awaits it. Only what other processes do is found by polling.
package runtime
