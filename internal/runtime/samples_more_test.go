package runtime_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgbench-provider/internal/runtime"
	"pgbench-provider/provider"
)

var childSamples = []sample{
	{"sample_sub_orchestration_basic_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Child", func(c *runtime.Context, input string) (string, error) { return c.Activity("Upper", input).Await() })
		r.Orchestration("Parent", func(c *runtime.Context, input string) (string, error) {
			out, err := c.SubOrchestration("Child", input).Await()
			return "parent:" + out, err
		})
		b.does("Parent", "hi", "parent:HI")
	}},
	{"sample_sub_orchestration_fanout_fs", func(b *bench, r *runtime.Registry) {
		registerTyped(r)
		r.Orchestration("Sum", func(c *runtime.Context, input string) (string, error) { return c.Activity("Add", input).Await() })
		r.Orchestration("Fanout", func(c *runtime.Context, _ string) (string, error) {
			sums, err := c.Join(runtime.CallSubOrchestration[int](c, "Sum", addends{1, 2}).Future,
				runtime.CallSubOrchestration[int](c, "Sum", addends{3, 4}).Future)
			if err != nil {
				return "", err
			}
			x, errX := strconv.Atoi(sums[0])
			y, errY := strconv.Atoi(sums[1])
			return "total=" + strconv.Itoa(x+y), errors.Join(errX, errY)
		})
		b.does("Fanout", "", "total=10")
	}},
	{"sample_sub_orchestration_chained_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Leaf", func(c *runtime.Context, input string) (string, error) { return c.Activity("Append", input).Await() })
		r.Orchestration("Mid", func(c *runtime.Context, input string) (string, error) {
			out, err := c.SubOrchestration("Leaf", input).Await()
			return out + "-mid", err
		})
		r.Orchestration("Root", func(c *runtime.Context, input string) (string, error) {
			out, err := c.SubOrchestration("Mid", input).Await()
			return "root:" + out, err
		})
		b.does("Root", "a", "root:ax-mid")
	}},
	{"sample_detached_orchestration_scheduling_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Chained", func(c *runtime.Context, input string) (string, error) {
			if _, err := c.Timer(5 * time.Millisecond).Await(); err != nil {
				return "", err
			}
			return c.Activity("Echo", input).Await()
		})
		r.Orchestration("Coordinator", func(c *runtime.Context, _ string) (string, error) {
			c.StartDetached("Chained", "W1", "A")
			c.StartDetached("Chained", "W2", "B")
			return "scheduled", nil
		})
		b.does("Coordinator", "", "scheduled")
		b.completes("W1", "A")
		b.completes("W2", "B")
	}},
	{"sample_continue_as_new_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Counter", func(c *runtime.Context, input string) (string, error) {
			n, err := strconv.Atoi(input)
			if err == nil && n < 3 {
				return c.ContinueAsNew(strconv.Itoa(n + 1))
			}
			return "final:" + input, err
		})
		b.does("Counter", "0", "final:3")
		if got := b.executions("Counter"); !slices.Equal(got, []int64{1, 2, 3, 4}) {
			b.t.Errorf("executions %v", got)
		}
	}},
	{"sample_cancellation_parent_cascades_to_children_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Child", func(c *runtime.Context, _ string) (string, error) { return c.WaitEvent("Never").Await() })
		r.Orchestration("Parent", func(c *runtime.Context, _ string) (string, error) { return c.SubOrchestration("Child", "").Await() })
		b.start("Parent", "Parent", "")
		b.subscribed("Parent::2", "Never")
		if err := b.Cancel(b.t.Context(), "Parent", "user_request"); err != nil {
			b.t.Fatal(err)
		}
		b.cancelled("Parent", "user_request")
		instances, err := b.p.ListInstances(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		child := slices.IndexFunc(instances, func(id string) bool { return strings.HasPrefix(id, "Parent::") })
		if child < 0 {
			b.t.Fatalf("no child among %q", instances)
		}
		b.cancelled(instances[child], "parent canceled")
		if !has(b.history(instances[child]), func(provider.OrchestrationCancelRequested) bool { return true }) {
			b.t.Error("the child's history has no request to cancel")
		}
	}},
}

func (b *bench) cancelled(instance, reason string) {
	b.t.Helper()
	r := b.fails(instance, "cancelled: "+reason)
	if a := r.Details.Application; a == nil || a.Kind != "Cancelled" || a.Message != reason {
		b.t.Errorf("%s failed with %+v", instance, r.Details)
	}
}

var versionSamples = []sample{
	{"sample_versioning_start_latest_vs_exact_fs", func(b *bench, r *runtime.Registry) {
		versions(r, "Versioned")
		b.start("latest", "Versioned", "")
		b.completes("latest", "v2")
		r.Pin("Versioned", "1.0.0")
		b.start("pinned", "Versioned", "")
		b.completes("pinned", "v1")
	}},
	{"sample_versioning_sub_orchestration_explicit_vs_policy_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Child", func(*runtime.Context, string) (string, error) { return "c1", nil })
		r.OrchestrationVersion("Child", "2.0.0", func(*runtime.Context, string) (string, error) { return "c2", nil })
		r.Orchestration("Parent", func(c *runtime.Context, _ string) (string, error) {
			out, err := c.Join(c.SubOrchestrationVersion("Child", "1.0.0", ""), c.SubOrchestration("Child", ""))
			return strings.Join(out, "-"), err
		})
		b.does("Parent", "", "c1-c2")
	}},
	{"sample_versioning_continue_as_new_upgrade_fs", func(b *bench, r *runtime.Registry) {
		r.Orchestration("Upgrade", func(c *runtime.Context, input string) (string, error) { return c.ContinueAsNew("v1:" + input) })
		r.OrchestrationVersion("Upgrade", "2.0.0", func(_ *runtime.Context, input string) (string, error) { return "upgraded:" + input, nil })
		if err := b.StartVersion(b.t.Context(), "Upgrade", "Upgrade", "1.0.0", "state"); err != nil {
			b.t.Fatal(err)
		}
		b.completes("Upgrade", "upgraded:v1:state")
		if got := b.executions("Upgrade"); !slices.Equal(got, []int64{1, 2}) {
			b.t.Errorf("executions %v", got)
		}
		first, err := b.p.ReadExecution(b.t.Context(), "Upgrade", 1)
		if err != nil || !has(first, func(e provider.OrchestrationContinuedAsNew) bool { return e.Input == "v1:state" }) {
			b.t.Errorf("execution 1 is %+v, %v", first, err)
		}
		if !has(b.history("Upgrade"), func(e provider.OrchestrationStarted) bool { return e.Input == "v1:state" && e.Version == "2.0.0" }) {
			b.t.Errorf("execution 2 is %+v", b.history("Upgrade"))
		}
	}},
}

func versions(r *runtime.Registry, name string) {
	r.OrchestrationVersion(name, "2.0.0", func(*runtime.Context, string) (string, error) { return "v2", nil })
	r.OrchestrationVersion(name, "1.0.0", func(*runtime.Context, string) (string, error) { return "v1", nil })
}
