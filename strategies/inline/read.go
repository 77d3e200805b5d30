package inline

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	readLatestTrace = sql.Get("read_history.latest_trace")
	readEvents      = sql.Get("read_history.events")
	readExecution   = sql.Get("read_execution")
	appendHistory   = sql.Get("append_history")
	readStatus      = sql.Get("read_status")
	listInstances   = sql.Get("list_instances")
	listExecutions  = sql.Get("list_executions")
	latestExecution = sql.Get("latest_execution_id")
	instanceInfo    = sql.Get("get_instance_info")
	executionInfo   = sql.Get("get_execution_info")
	systemMetrics   = sql.Get("get_system_metrics")
	queueDepths     = sql.Get("get_queue_depths")
	nextVisible     = sql.Get("next_visible")
)

type querier interface {
	Query(ctx context.Context, statement string, args ...any) (pgx.Rows, error)
}

func strings(ctx context.Context, q querier, statement string, args ...any) ([]string, error) {
	rows, err := q.Query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// ReadHistory implements [provider.Strategy].
func (Strategy) ReadHistory(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error) {
	var execution *int64
	if err := conn.QueryRow(ctx, readLatestTrace, instanceID).Scan(&execution); err != nil || execution == nil {
		return nil, err
	}
	return strings(ctx, conn, readEvents, instanceID, *execution)
}

// ReadExecution implements [provider.Strategy].
func (Strategy) ReadExecution(ctx context.Context, conn *pgx.Conn, instanceID string, executionID int64) ([]string, error) {
	return strings(ctx, conn, readExecution, instanceID, executionID)
}

// AppendHistory implements [provider.Strategy].
func (Strategy) AppendHistory(ctx context.Context, conn *pgx.Conn, instanceID string, executionID, now int64, e provider.Events) error {
	_, err := conn.Exec(ctx, appendHistory, instanceID, executionID, now, e.IDs, e.Data)
	return err
}

// ReadStatus implements [provider.Strategy].
func (Strategy) ReadStatus(ctx context.Context, conn *pgx.Conn, instanceID string) (s provider.InstanceStatus, err error) {
	err = conn.QueryRow(ctx, readStatus, instanceID).Scan(&s.ExecutionID, &s.Status, &s.Output)
	return s, provider.NoRows(err, provider.ErrInstanceNotFound)
}

// ListInstances implements [provider.Strategy].
func (Strategy) ListInstances(ctx context.Context, conn *pgx.Conn, status provider.Status) ([]string, error) {
	var only *string
	if status != "" {
		only = (*string)(&status)
	}
	return strings(ctx, conn, listInstances, only)
}

// ListExecutions implements [provider.Strategy].
func (Strategy) ListExecutions(ctx context.Context, conn *pgx.Conn, instanceID string) ([]int64, error) {
	rows, err := conn.Query(ctx, listExecutions, instanceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// LatestExecutionID implements [provider.Strategy].
func (Strategy) LatestExecutionID(ctx context.Context, conn *pgx.Conn, instanceID string) (id int64, err error) {
	err = conn.QueryRow(ctx, latestExecution, instanceID).Scan(&id)
	return id, provider.NoRows(err, provider.ErrInstanceNotFound)
}

// GetInstanceInfo implements [provider.Strategy].
func (Strategy) GetInstanceInfo(ctx context.Context, conn *pgx.Conn, instanceID string) (provider.InstanceInfo, error) {
	return provider.ScanInstanceInfo(conn.QueryRow(ctx, instanceInfo, instanceID), instanceID)
}

// GetExecutionInfo implements [provider.Strategy].
func (Strategy) GetExecutionInfo(ctx context.Context, conn *pgx.Conn, instanceID string, executionID int64) (provider.ExecutionInfo, error) {
	return provider.ScanExecutionInfo(conn.QueryRow(ctx, executionInfo, instanceID, executionID), executionID)
}

// GetSystemMetrics implements [provider.Strategy].
func (Strategy) GetSystemMetrics(ctx context.Context, conn *pgx.Conn) (provider.SystemMetrics, error) {
	return provider.ScanSystemMetrics(conn.QueryRow(ctx, systemMetrics))
}

// NextVisible implements [provider.Strategy].
func (Strategy) NextVisible(ctx context.Context, conn *pgx.Conn) (message, work *int64, err error) {
	err = conn.QueryRow(ctx, nextVisible).Scan(&message, &work)
	return message, work, err
}

// GetQueueDepths implements [provider.Strategy].
func (Strategy) GetQueueDepths(ctx context.Context, conn *pgx.Conn, now int64) (d provider.QueueDepths, err error) {
	err = conn.QueryRow(ctx, queueDepths, now).Scan(&d.Orchestrator, &d.Worker)
	return d, err
}
