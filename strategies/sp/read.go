package sp

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	readHistory     = sql.Get("read_history")
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

// ReadHistory implements [provider.Strategy].
func (Strategy) ReadHistory(ctx context.Context, conn *pgx.Conn, instanceID string) (events []string, err error) {
	err = conn.QueryRow(ctx, readHistory, instanceID).Scan(&events)
	return events, err
}

// ReadExecution implements [provider.Strategy].
func (Strategy) ReadExecution(ctx context.Context, conn *pgx.Conn, instanceID string, executionID int64) (events []string, err error) {
	err = conn.QueryRow(ctx, readExecution, instanceID, executionID).Scan(&events)
	return events, err
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
func (Strategy) ListInstances(ctx context.Context, conn *pgx.Conn, status provider.Status) (ids []string, err error) {
	var only *string
	if status != "" {
		only = (*string)(&status)
	}
	err = conn.QueryRow(ctx, listInstances, only).Scan(&ids)
	return ids, err
}

// ListExecutions implements [provider.Strategy].
func (Strategy) ListExecutions(ctx context.Context, conn *pgx.Conn, instanceID string) (ids []int64, err error) {
	err = conn.QueryRow(ctx, listExecutions, instanceID).Scan(&ids)
	return ids, err
}

// LatestExecutionID implements [provider.Strategy].
func (Strategy) LatestExecutionID(ctx context.Context, conn *pgx.Conn, instanceID string) (id int64, err error) {
	err = conn.QueryRow(ctx, latestExecution, instanceID).Scan(&id)
	return id, err
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
