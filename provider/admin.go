package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

type (
	// InstanceStatus is the least a client needs to know to wait for an instance.
	InstanceStatus struct {
		ExecutionID int64
		Status      Status
		Output      string
	}
	// InstanceInfo describes an instance. Times are Unix milliseconds.
	InstanceInfo struct {
		InstanceID         string
		Name               string
		Version            string // UnknownVersion when there is none
		CurrentExecutionID int64
		Status             Status // of the current execution; Running when it has no row
		Output             string
		ParentInstanceID   string // empty for a root
		CreatedAt          int64
		UpdatedAt          int64 // of its last ack, or of an event appended later to the current execution
	}
	// ExecutionInfo describes an execution. Times are Unix milliseconds.
	ExecutionInfo struct {
		ExecutionID int64
		Status      Status
		Output      string
		StartedAt   int64
		CompletedAt int64 // 0 unless Completed or Failed
		EventCount  int64
	}
	// SystemMetrics counts rows; running, completed and failed go by the current execution.
	SystemMetrics struct {
		Instances, Executions, Events int64
		Running, Completed, Failed    int64
	}
	// QueueDepths counts what could be fetched now: visible messages of instances that nobody holds, and visible work
	// items that nobody holds. What becomes visible later is not counted.
	QueueDepths struct{ Orchestrator, Worker int64 }
)

// ListInstances returns the ids of all instances, newest first.
func (p *Provider) ListInstances(ctx context.Context) ([]string, error) {
	return ask(p, ctx, "list_instances", func(conn *pgx.Conn) ([]string, error) {
		return p.strategy.ListInstances(ctx, conn, "")
	})
}

// ListInstancesByStatus returns the ids of the instances whose current execution has that status, newest first.
func (p *Provider) ListInstancesByStatus(ctx context.Context, status Status) ([]string, error) {
	if !status.valid() {
		return nil, p.refuse("list_instances_by_status", fmt.Errorf("%w: status %.40q", ErrInvalid, string(status)))
	}
	return ask(p, ctx, "list_instances_by_status", func(conn *pgx.Conn) ([]string, error) {
		return p.strategy.ListInstances(ctx, conn, status)
	})
}

// ListExecutions returns the execution ids of an instance, ascending; none for an unknown one.
func (p *Provider) ListExecutions(ctx context.Context, instance string) ([]int64, error) {
	return about(p, ctx, "list_executions", instance, func(conn *pgx.Conn) ([]int64, error) {
		return p.strategy.ListExecutions(ctx, conn, instance)
	})
}

// LatestExecutionID returns the current execution's id. Returns [ErrInstanceNotFound].
func (p *Provider) LatestExecutionID(ctx context.Context, instance string) (int64, error) {
	return about(p, ctx, "latest_execution_id", instance, func(conn *pgx.Conn) (int64, error) {
		return p.strategy.LatestExecutionID(ctx, conn, instance)
	})
}

// ReadStatus returns the status of an instance's current execution in one small row. Returns [ErrInstanceNotFound].
func (p *Provider) ReadStatus(ctx context.Context, instance string) (InstanceStatus, error) {
	return about(p, ctx, "read_status", instance, func(conn *pgx.Conn) (InstanceStatus, error) {
		return p.strategy.ReadStatus(ctx, conn, instance)
	})
}

// GetInstanceInfo describes an instance. Returns [ErrInstanceNotFound].
func (p *Provider) GetInstanceInfo(ctx context.Context, instance string) (InstanceInfo, error) {
	return about(p, ctx, "get_instance_info", instance, func(conn *pgx.Conn) (InstanceInfo, error) {
		return p.strategy.GetInstanceInfo(ctx, conn, instance)
	})
}

// GetExecutionInfo describes an execution. Returns [ErrExecutionNotFound].
func (p *Provider) GetExecutionInfo(ctx context.Context, instance string, execution int64) (ExecutionInfo, error) {
	return about(p, ctx, "get_execution_info", instance, func(conn *pgx.Conn) (ExecutionInfo, error) {
		return p.strategy.GetExecutionInfo(ctx, conn, instance, execution)
	})
}

// GetSystemMetrics counts what is stored.
func (p *Provider) GetSystemMetrics(ctx context.Context) (SystemMetrics, error) {
	return ask(p, ctx, "get_system_metrics", func(conn *pgx.Conn) (SystemMetrics, error) {
		return p.strategy.GetSystemMetrics(ctx, conn)
	})
}

// NextVisible returns after how long something can be fetched from the orchestrator and from the worker queue,
// because it is or becomes visible, or because its lock expires: 0 or less is now.
func (p *Provider) NextVisible(ctx context.Context) (next Next, err error) {
	var now int64
	var message, work *int64
	err = p.once(ctx, "next_visible", func(conn *pgx.Conn) (err error) {
		message, work, err = p.strategy.NextVisible(ctx, conn)
		now = p.Now()
		return err
	})
	until := func(at *int64) (time.Duration, bool) {
		if at == nil {
			return 0, false
		}
		return time.Duration(*at-now) * time.Millisecond, true
	}
	next.Turn, next.HasTurn = until(message)
	next.Work, next.HasWork = until(work)
	return next, err
}

// Next is after how long something can be fetched from each queue, if ever.
type Next struct {
	Turn, Work       time.Duration
	HasTurn, HasWork bool
}

// GetQueueDepths counts what could be fetched now.
func (p *Provider) GetQueueDepths(ctx context.Context) (QueueDepths, error) {
	return ask(p, ctx, "get_queue_depths", func(conn *pgx.Conn) (QueueDepths, error) {
		return p.strategy.GetQueueDepths(ctx, conn, p.Now())
	})
}

func ask[T any](p *Provider, ctx context.Context, op string, body func(*pgx.Conn) (T, error)) (answer T, err error) {
	err = p.once(ctx, op, func(conn *pgx.Conn) (err error) {
		answer, err = body(conn)
		return err
	})
	return answer, err
}

func about[T any](p *Provider, ctx context.Context, op, instance string, body func(*pgx.Conn) (T, error)) (answer T, err error) {
	if err := checkID("instance id", instance); err != nil {
		return answer, p.refuse(op, err)
	}
	return ask(p, ctx, op, body)
}

// ScanInstanceInfo reads name, version, current execution, status, output, parent and both times, in that order. No row
// is [ErrInstanceNotFound]. It serves strategies.
func ScanInstanceInfo(row pgx.Row, instanceID string) (InstanceInfo, error) {
	i := InstanceInfo{InstanceID: instanceID, Version: UnknownVersion}
	var version *string
	err := row.Scan(&i.Name, &version, &i.CurrentExecutionID, &i.Status, &i.Output, &i.ParentInstanceID, &i.CreatedAt, &i.UpdatedAt)
	if err != nil {
		return InstanceInfo{}, NoRows(err, ErrInstanceNotFound)
	}
	if version != nil {
		i.Version = *version
	}
	return i, nil
}

// ScanExecutionInfo reads status, output, both times and the number of events, in that order. No row is
// [ErrExecutionNotFound]. It serves strategies.
func ScanExecutionInfo(row pgx.Row, executionID int64) (ExecutionInfo, error) {
	e := ExecutionInfo{ExecutionID: executionID}
	err := row.Scan(&e.Status, &e.Output, &e.StartedAt, &e.CompletedAt, &e.EventCount)
	return e, NoRows(err, ErrExecutionNotFound)
}

// ScanSystemMetrics reads the counts of instances, executions, events, and of running, completed and failed instances, in
// that order. It serves strategies.
func ScanSystemMetrics(row pgx.Row) (m SystemMetrics, err error) {
	err = row.Scan(&m.Instances, &m.Executions, &m.Events, &m.Running, &m.Completed, &m.Failed)
	return m, err
}
