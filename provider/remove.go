package provider

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// RemovalStrategy is the part of a [Strategy] that knows the hierarchy of instances and removes what has ended.
type RemovalStrategy interface {
	// ListChildren returns direct children, oldest first; none for an unknown instance.
	ListChildren(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error)
	// GetParentID returns nil for a root and [ErrInstanceNotFound] for an unknown instance.
	GetParentID(ctx context.Context, conn *pgx.Conn, instanceID string) (*string, error)
	// GetInstanceTree returns the instance and all below it, deepest first, or [ErrInstanceNotFound].
	GetInstanceTree(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error)
	// DeleteInstances deletes all of ids with everything that belongs to them, or nothing: [ErrInstanceRunning] without
	// force, [ErrHasChildren] when a child is not among ids. Unknown ids are ignored.
	DeleteInstances(ctx context.Context, conn *pgx.Conn, ids []string, force bool) (Deleted, error)
	// DeleteInstance deletes a root and all below it. Returns [ErrInstanceNotFound], [ErrSubOrchestration],
	// [ErrInstanceRunning].
	DeleteInstance(ctx context.Context, conn *pgx.Conn, instanceID string, force bool) (Deleted, error)
	// DeleteInstancesBulk deletes ended roots, each with all below it, those first that ended first.
	DeleteInstancesBulk(ctx context.Context, conn *pgx.Conn, f InstanceSet) (Deleted, error)
	// PruneExecutions deletes executions that are neither current nor running, beyond the keepLast newest (the current
	// one counted) and ended before completedBefore, of which nil does not filter.
	PruneExecutions(ctx context.Context, conn *pgx.Conn, f InstanceSet, keepLast int64, completedBefore *int64) (Pruned, error)
}

type (
	// An InstanceSet selects instances: nil fields do not filter. Times are Unix milliseconds.
	InstanceSet struct {
		IDs             []string
		CompletedBefore *int64
		Limit           int64
	}
	// An InstanceFilter selects instances for bulk operations; its zero value selects all.
	InstanceFilter struct {
		IDs             []string  // nil selects all, empty selects none
		CompletedBefore time.Time // strictly; the zero time does not filter
		Limit           int       // 0 is 1000
	}
	// PruneOptions say which executions may go; all conditions must hold. The current execution and one that is running
	// never go, so that KeepLast 0 and 1 are the same.
	PruneOptions struct {
		KeepLast        int       // newest executions to keep
		CompletedBefore time.Time // strictly; the zero time does not filter
	}
	// Deleted counts the rows that went. Messages are those of the orchestrator queue.
	Deleted struct{ Instances, Executions, Events, Messages int64 }
	// Pruned counts the instances that were looked at and the rows that went.
	Pruned struct{ Instances, Executions, Events int64 }
)

// ListChildren returns the ids of an instance's direct children, oldest first; none for an unknown instance.
func (p *Provider) ListChildren(ctx context.Context, instance string) ([]string, error) {
	return about(p, ctx, "list_children", instance, func(conn *pgx.Conn) ([]string, error) {
		return p.strategy.ListChildren(ctx, conn, instance)
	})
}

// GetParentID returns the parent's id, empty for a root. Returns [ErrInstanceNotFound].
func (p *Provider) GetParentID(ctx context.Context, instance string) (string, error) {
	return about(p, ctx, "get_parent_id", instance, func(conn *pgx.Conn) (string, error) {
		parent, err := p.strategy.GetParentID(ctx, conn, instance)
		if err != nil || parent == nil {
			return "", err
		}
		return *parent, nil
	})
}

// GetInstanceTree returns an instance and all below it, deepest first, which is an order to delete in. Returns
// [ErrInstanceNotFound].
func (p *Provider) GetInstanceTree(ctx context.Context, instance string) ([]string, error) {
	return about(p, ctx, "get_instance_tree", instance, func(conn *pgx.Conn) ([]string, error) {
		return p.strategy.GetInstanceTree(ctx, conn, instance)
	})
}

// DeleteInstances deletes all of ids with their executions, history, messages, work items and locks, or nothing at all:
// [ErrInstanceRunning] when one is running and force is false, [ErrHasChildren] when a child of one is not among ids.
// Unknown ids are ignored. A turn or an activity in flight fails at its ack and cannot bring the instance back.
func (p *Provider) DeleteInstances(ctx context.Context, ids []string, force bool) (Deleted, error) {
	const op = "delete_instances"
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if err := checkIDs(ids); err != nil {
		return Deleted{}, p.refuse(op, err)
	}
	return ask(p, ctx, op, func(conn *pgx.Conn) (Deleted, error) {
		return p.strategy.DeleteInstances(ctx, conn, ids, force)
	})
}

// DeleteInstance deletes a root instance and everything below it. A child whose parent is gone counts as a root. Returns [ErrInstanceNotFound], [ErrSubOrchestration]
// for what is no root, and [ErrInstanceRunning] when one of them is running and force is false; then nothing changed.
func (p *Provider) DeleteInstance(ctx context.Context, instance string, force bool) (Deleted, error) {
	return about(p, ctx, "delete_instance", instance, func(conn *pgx.Conn) (Deleted, error) {
		return p.strategy.DeleteInstance(ctx, conn, instance, force)
	})
}

// DeleteInstancesBulk deletes roots that have ended and match f, each with all below it, those first that ended first.
// Running ones are passed over.
func (p *Provider) DeleteInstancesBulk(ctx context.Context, f InstanceFilter) (Deleted, error) {
	const op = "delete_instances_bulk"
	set, err := f.set()
	if err != nil {
		return Deleted{}, p.refuse(op, err)
	}
	return ask(p, ctx, op, func(conn *pgx.Conn) (Deleted, error) {
		return p.strategy.DeleteInstancesBulk(ctx, conn, set)
	})
}

// PruneExecutions deletes old executions of one instance with their history. Returns [ErrInstanceNotFound].
func (p *Provider) PruneExecutions(ctx context.Context, instance string, o PruneOptions) (Pruned, error) {
	const op = "prune_executions"
	if err := checkID("instance id", instance); err != nil {
		return Pruned{}, p.refuse(op, err)
	}
	pruned, err := p.prune(ctx, op, InstanceSet{IDs: []string{instance}, Limit: 1}, o)
	if err == nil && pruned.Instances == 0 {
		err = p.refuse(op, ErrInstanceNotFound)
	}
	return pruned, err
}

// PruneExecutionsBulk deletes old executions of all instances that match f, whether they have ended or not.
func (p *Provider) PruneExecutionsBulk(ctx context.Context, f InstanceFilter, o PruneOptions) (Pruned, error) {
	const op = "prune_executions_bulk"
	set, err := f.set()
	if err != nil {
		return Pruned{}, p.refuse(op, err)
	}
	return p.prune(ctx, op, set, o)
}

func (p *Provider) prune(ctx context.Context, op string, set InstanceSet, o PruneOptions) (Pruned, error) {
	if o.KeepLast < 0 {
		return Pruned{}, p.refuse(op, fmt.Errorf("%w: KeepLast %d is negative", ErrInvalid, o.KeepLast))
	}
	keep := int64(o.KeepLast)
	return ask(p, ctx, op, func(conn *pgx.Conn) (Pruned, error) {
		return p.strategy.PruneExecutions(ctx, conn, set, keep, before(o.CompletedBefore))
	})
}

func (f InstanceFilter) set() (InstanceSet, error) {
	if f.Limit < 0 {
		return InstanceSet{}, fmt.Errorf("%w: Limit %d is negative", ErrInvalid, f.Limit)
	}
	if f.Limit == 0 {
		f.Limit = 1000
	}
	return InstanceSet{IDs: f.IDs, CompletedBefore: before(f.CompletedBefore), Limit: int64(f.Limit)}, checkIDs(f.IDs)
}

func before(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

func checkIDs(ids []string) error {
	for _, id := range ids {
		if err := checkID("instance id", id); err != nil {
			return err
		}
	}
	return nil
}

// ScanDeleted reads the counts of instances, executions, events and messages, in that order. It serves strategies.
func ScanDeleted(row pgx.Row) (d Deleted, err error) {
	err = row.Scan(&d.Instances, &d.Executions, &d.Events, &d.Messages)
	return d, err
}
