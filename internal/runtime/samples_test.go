package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgbench-provider/internal/runtime"
	"pgbench-provider/provider"
	"pgbench-provider/strategies"
)

// TestSamples runs the reference's end-to-end samples, by their names, on every strategy.
func TestSamples(t *testing.T) {
	t.Parallel()
	samples := slices.Concat(basicSamples, childSamples, versionSamples)
	if len(samples) != 25 {
		t.Errorf("%d samples, want 25", len(samples))
	}
	for _, strategy := range strategies.All() {
		t.Run(strategy.Name(), func(t *testing.T) {
			t.Parallel()
			for _, s := range samples {
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					r := runtime.NewRegistry()
					activities(r)
					s.body(run(t, open(t, strategy), r), r)
				})
			}
		})
	}
}

type sample struct {
	name string
	body func(b *bench, r *runtime.Registry)
}

// activities registers what several samples use.
func activities(r *runtime.Registry) {
	r.Activity("Hello", func(_ context.Context, name string) (string, error) { return "Hello, " + name + "!", nil })
	r.Activity("Append", func(_ context.Context, s string) (string, error) { return s + "x", nil })
	r.Activity("Upper", func(_ context.Context, s string) (string, error) { return strings.ToUpper(s), nil })
	r.Activity("Echo", func(_ context.Context, s string) (string, error) { return s, nil })
	r.Activity("Fail", func(context.Context, string) (string, error) { return "", errors.New("boom") })
	r.Activity("Validate", func(_ context.Context, s string) (string, error) {
		if s == "" {
			return "", errors.New("input cannot be empty")
		}
		return "Valid: " + s, nil
	})
	r.Activity("Process", func(_ context.Context, s string) (string, error) {
		if strings.Contains(s, "error") {
			return "", errors.New("processing failed for " + s)
		}
		return "Processed: " + s, nil
	})
	r.Activity("Slow", func(ctx context.Context, ms string) (string, error) {
		d, err := time.ParseDuration(ms)
		if err != nil {
			return "", err
		}
		return "slow", pause(ctx, d)
	})
}

var basicSamples = []sample{
	{"sample_hello_world_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("HelloWorld", func(c *runtime.Context, input string) (string, error) {
			if _, err := c.Activity("Hello", "Rust").Await(); err != nil {
				return "", err
			}
			return c.Activity("Hello", input).Await()
		})
		b.does("HelloWorld", "World", "Hello, World!")
	}},
	{"sample_basic_control_flow_fs", func(b *bench, r *runtime.Registry) {
		r.Activity("GetFlag", func(context.Context, string) (string, error) { return "yes", nil })
		r.Activity("SayYes", func(context.Context, string) (string, error) { return "picked_yes", nil })
		r.Activity("SayNo", func(context.Context, string) (string, error) { return "picked_no", nil })
		r.Orchestration("ControlFlow", func(c *runtime.Context, _ string) (string, error) {
			flag, err := c.Activity("GetFlag", "").Await()
			if err != nil {
				return "", err
			}
			if flag == "yes" {
				return c.Activity("SayYes", "").Await()
			}
			return c.Activity("SayNo", "").Await()
		})
		b.does("ControlFlow", "", "picked_yes")
	}},
	{"sample_loop_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Loop", func(c *runtime.Context, s string) (string, error) {
			for range 3 {
				var err error
				if s, err = c.Activity("Append", s).Await(); err != nil {
					return "", err
				}
			}
			return s, nil
		})
		b.does("Loop", "start", "startxxx")
	}},
	{"sample_error_handling_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("ErrorHandling", func(c *runtime.Context, _ string) (string, error) {
			if _, err := c.Activity("Fail", "").Await(); err != nil {
				return c.Activity("Echo", "recovered").Await()
			}
			return "no error", nil
		})
		b.does("ErrorHandling", "", "recovered")
	}},
	{"sample_timeout_with_timer_race_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Timeout", func(c *runtime.Context, _ string) (string, error) {
			work, timeout := c.Activity("Slow", "500ms"), c.Timer(100*time.Millisecond)
			winner, result, err := c.Select(work, timeout)
			if winner == 1 {
				return "", errors.New("timeout")
			}
			return result, err
		})
		b.start("Timeout", "Timeout", "")
		b.fails("Timeout", "timeout")
	}},
	{"sample_select2_activity_vs_external_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Select2", func(c *runtime.Context, _ string) (string, error) {
			winner, result, err := c.Select(c.Activity("Slow", "300ms"), c.WaitEvent("Go"))
			return []string{"activity:", "event:"}[winner] + result, err
		})
		b.start("Select2", "Select2", "")
		b.subscribed("Select2", "Go")
		b.raise("Select2", "Go", "ok")
		b.completes("Select2", "event:ok")
	}},
	{"dtf_legacy_gabbar_greetings_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Greetings", func(c *runtime.Context, _ string) (string, error) {
			greetings, err := c.Join(c.Activity("Hello", "Gabbar"), c.Activity("Hello", "Samba"))
			slices.Sort(greetings)
			return strings.Join(greetings, ", "), err
		})
		b.does("Greetings", "", "Hello, Gabbar!, Hello, Samba!")
	}},
	{"sample_system_activities_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("System", func(c *runtime.Context, _ string) (string, error) {
			return fmt.Sprintf("%d %s", c.Now().UnixMilli(), c.NewGUID()), nil
		})
		b.start("System", "System", "")
		var ms int64
		var guid string
		out := b.await("System").Output
		if n, err := fmt.Sscanf(out, "%d %s", &ms, &guid); n != 2 || err != nil || ms <= 0 || len(guid) != 36 ||
			strings.Trim(guid, "0123456789abcdef-") != "" {
			b.t.Errorf("output %q is no time and GUID", out)
		}
	}},
	{"sample_status_polling_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Polling", func(c *runtime.Context, _ string) (string, error) {
			_, err := c.Timer(20 * time.Millisecond).Await()
			return "done", err
		})
		b.does("Polling", "", "done")
		s, err := b.p.ReadStatus(b.t.Context(), "Polling")
		if err != nil || s.Status != provider.StatusCompleted || s.Output != "done" {
			b.t.Errorf("the database says %+v, %v", s, err)
		}
	}},
	{"sample_typed_activity_and_orchestration_fs", func(b *bench, r *runtime.Registry) {
		registerTyped(r)
		r.Orchestration("Typed", runtime.TypedOrchestration(func(c *runtime.Context, in addends) (sum, error) {
			n, err := runtime.CallActivity[int](c, "Add", in).Await()
			return sum{n}, err
		}))
		b.does("Typed", `{"a":2,"b":3}`, `{"sum":5}`)
	}},
	{"sample_typed_event_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("TypedEvent", func(c *runtime.Context, _ string) (string, error) {
			s, err := runtime.WaitEventOf[sum](c, "Ready").Await()
			if err != nil {
				return "", err
			}
			return runtime.Encode(s)
		})
		b.start("TypedEvent", "TypedEvent", "")
		b.subscribed("TypedEvent", "Ready")
		b.raise("TypedEvent", "Ready", `{ "sum": 7 }`)
		b.completes("TypedEvent", `{"sum":7}`)
	}},
	{"sample_mixed_string_and_typed_typed_orch_fs", func(b *bench, r *runtime.Registry) {
		registerTyped(r)
		r.Orchestration("Mixed", runtime.TypedOrchestration(func(c *runtime.Context, in addends) (string, error) {
			return mixed(c, in, "hello")
		}))
		b.start("Mixed", "Mixed", `{"a":1,"b":2}`)
		if out := b.await("Mixed").Output; out != `"sum=3"` && out != `"up=HELLO"` {
			b.t.Errorf("output %q", out)
		}
	}},
	{"sample_mixed_string_and_typed_string_orch_fs", func(b *bench, r *runtime.Registry) {
		registerTyped(r)
		r.Orchestration("Mixed", func(c *runtime.Context, _ string) (string, error) { return mixed(c, addends{5, 7}, "race") })
		b.start("Mixed", "Mixed", "")
		if out := b.await("Mixed").Output; out != "sum=12" && out != "up=RACE" {
			b.t.Errorf("output %q", out)
		}
	}},
	{"sample_basic_error_handling_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Basic", func(c *runtime.Context, input string) (string, error) { return c.Activity("Validate", input).Await() })
		b.start("good", "Basic", "test")
		b.completes("good", "Valid: test")
		b.start("bad", "Basic", "")
		b.fails("bad", "input cannot be empty")
	}},
	{"sample_nested_function_error_handling_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Nested", func(c *runtime.Context, input string) (string, error) {
			processed, err := validated(c, input)
			return "Final: " + processed, err
		})
		b.start("good", "Nested", "test")
		b.completes("good", "Final: Processed: test")
		b.start("bad", "Nested", "error")
		b.fails("bad", "processing failed for error")
	}},
	{"sample_error_recovery_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Recovery", func(c *runtime.Context, input string) (string, error) {
			processed, err := c.Activity("Process", input).Await()
			if err == nil {
				return processed, nil
			}
			if _, logged := c.Activity("Echo", err.Error()).Await(); logged != nil {
				return "", logged
			}
			return "", fmt.Errorf("failed to process %q: %w", input, err)
		})
		b.start("good", "Recovery", "test")
		b.completes("good", "Processed: test")
		b.start("bad", "Recovery", "error")
		b.fails("bad", `failed to process "error": processing failed for error`)
	}},
}

type addends struct {
	A int `json:"a"`
	B int `json:"b"`
}

type sum struct {
	Sum int `json:"sum"`
}

func registerTyped(r *runtime.Registry) {
	r.Activity("Add", runtime.TypedActivity(func(_ context.Context, in addends) (int, error) { return in.A + in.B, nil }))
}

func mixed(c *runtime.Context, in addends, text string) (string, error) {
	typed, plain := runtime.CallActivity[int](c, "Add", in), c.Activity("Upper", text)
	winner, result, err := c.Select(typed.Future, plain)
	return []string{"sum=", "up="}[winner] + result, err
}

func validated(c *runtime.Context, input string) (string, error) {
	if _, err := c.Activity("Validate", input).Await(); err != nil {
		return "", err
	}
	return c.Activity("Process", input).Await()
}
