package equivalence

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

// A Subject is what scripts run on: a strategy on a connection, or the model. The methods are those of
// [provider.Strategy].
type Subject interface {
	EnqueueOrchestratorItem(m provider.Message) error
	FetchOrchestrationItem(l provider.Lock) (*provider.Turn, error)
	AckOrchestrationItem(a *provider.TurnAck) error
	EnqueueOrchestratorItems(m provider.Messages) error
	FetchOrchestrationItems(l provider.Lock, n int) ([]*provider.Turn, error)
	AckOrchestrationItems(now int64, acks []*provider.TurnAck) error
	AbandonOrchestrationItem(a provider.TurnAbandon) error
	DiscardOrchestrationItem(l provider.TurnLock, now int64) error
	RenewOrchestrationLock(l provider.TurnLock, now, until int64) error
	EnqueueWorkerItem(w provider.Work, now int64) error
	FetchWorkItem(l provider.Lock) (*provider.LockedWork, error)
	FetchWorkItems(l provider.Lock, n int) ([]provider.LockedWork, error)
	AckWorkItem(l provider.WorkLock, now int64, completion *provider.Message) error
	AckWorkItems(l provider.WorkLocks, now int64, completions provider.Messages) error
	AbandonWorkItem(a provider.WorkAbandon) error
	RenewWorkItemLock(l provider.WorkLock, now, until int64) error
	ReadHistory(instanceID string) ([]string, error)
	ReadExecution(instanceID string, executionID int64) ([]string, error)
	AppendHistory(instanceID string, executionID, now int64, e provider.Events) error
	ReadStatus(instanceID string) (provider.InstanceStatus, error)
	ListInstances(status provider.Status) ([]string, error)
	ListExecutions(instanceID string) ([]int64, error)
	LatestExecutionID(instanceID string) (int64, error)
	GetInstanceInfo(instanceID string) (provider.InstanceInfo, error)
	GetExecutionInfo(instanceID string, executionID int64) (provider.ExecutionInfo, error)
	GetSystemMetrics() (provider.SystemMetrics, error)
	GetQueueDepths(now int64) (provider.QueueDepths, error)
	ListChildren(instanceID string) ([]string, error)
	GetParentID(instanceID string) (*string, error)
	GetInstanceTree(instanceID string) ([]string, error)
	DeleteInstances(ids []string, force bool) (provider.Deleted, error)
	DeleteInstance(instanceID string, force bool) (provider.Deleted, error)
	DeleteInstancesBulk(f provider.InstanceSet) (provider.Deleted, error)
	PruneExecutions(f provider.InstanceSet, keepLast int64, completedBefore *int64) (provider.Pruned, error)
}

// onServer is a strategy on a connection.
type onServer struct {
	ctx  context.Context
	s    provider.Strategy
	conn *pgx.Conn
}

// On gives a strategy on a connection, whose search_path is a migrated schema, as a Subject. It is for one goroutine.
func On(ctx context.Context, s provider.Strategy, conn *pgx.Conn) Subject {
	if e, ok := s.(provider.EagerStrategy); ok {
		return eager{onServer{ctx, s, conn}, e}
	}
	return onServer{ctx, s, conn}
}

func (o onServer) EnqueueOrchestratorItem(m provider.Message) error {
	return o.s.EnqueueOrchestratorItem(o.ctx, o.conn, m)
}
func (o onServer) FetchOrchestrationItem(l provider.Lock) (*provider.Turn, error) {
	return o.s.FetchOrchestrationItem(o.ctx, o.conn, l)
}
func (o onServer) AckOrchestrationItem(a *provider.TurnAck) error {
	return o.s.AckOrchestrationItem(o.ctx, o.conn, a)
}
func (o onServer) EnqueueOrchestratorItems(m provider.Messages) error {
	return o.s.EnqueueOrchestratorItems(o.ctx, o.conn, m)
}
func (o onServer) FetchOrchestrationItems(l provider.Lock, n int) ([]*provider.Turn, error) {
	return o.s.FetchOrchestrationItems(o.ctx, o.conn, l, n)
}
func (o onServer) AckOrchestrationItems(now int64, acks []*provider.TurnAck) error {
	return o.s.AckOrchestrationItems(o.ctx, o.conn, provider.NewTurnAcks(now, acks))
}
func (o onServer) AbandonOrchestrationItem(a provider.TurnAbandon) error {
	return o.s.AbandonOrchestrationItem(o.ctx, o.conn, a)
}
func (o onServer) DiscardOrchestrationItem(l provider.TurnLock, now int64) error {
	return o.s.DiscardOrchestrationItem(o.ctx, o.conn, l, now)
}
func (o onServer) RenewOrchestrationLock(l provider.TurnLock, now, until int64) error {
	return o.s.RenewOrchestrationLock(o.ctx, o.conn, l, now, until)
}
func (o onServer) EnqueueWorkerItem(w provider.Work, now int64) error {
	return o.s.EnqueueWorkerItem(o.ctx, o.conn, w, now)
}
func (o onServer) FetchWorkItem(l provider.Lock) (*provider.LockedWork, error) {
	return o.s.FetchWorkItem(o.ctx, o.conn, l)
}
func (o onServer) FetchWorkItems(l provider.Lock, n int) ([]provider.LockedWork, error) {
	return o.s.FetchWorkItems(o.ctx, o.conn, l, n)
}
func (o onServer) AckWorkItem(l provider.WorkLock, now int64, completion *provider.Message) error {
	return o.s.AckWorkItem(o.ctx, o.conn, l, now, completion)
}
func (o onServer) AckWorkItems(l provider.WorkLocks, now int64, completions provider.Messages) error {
	return o.s.AckWorkItems(o.ctx, o.conn, l, now, completions)
}

func (o onServer) AbandonWorkItem(a provider.WorkAbandon) error {
	return o.s.AbandonWorkItem(o.ctx, o.conn, a)
}
func (o onServer) RenewWorkItemLock(l provider.WorkLock, now, until int64) error {
	return o.s.RenewWorkItemLock(o.ctx, o.conn, l, now, until)
}
func (o onServer) ReadHistory(instanceID string) ([]string, error) {
	return o.s.ReadHistory(o.ctx, o.conn, instanceID)
}
func (o onServer) ReadExecution(instanceID string, executionID int64) ([]string, error) {
	return o.s.ReadExecution(o.ctx, o.conn, instanceID, executionID)
}
func (o onServer) AppendHistory(instanceID string, executionID, now int64, e provider.Events) error {
	return o.s.AppendHistory(o.ctx, o.conn, instanceID, executionID, now, e)
}
func (o onServer) ReadStatus(instanceID string) (provider.InstanceStatus, error) {
	return o.s.ReadStatus(o.ctx, o.conn, instanceID)
}
func (o onServer) ListInstances(status provider.Status) ([]string, error) {
	return o.s.ListInstances(o.ctx, o.conn, status)
}
func (o onServer) ListExecutions(instanceID string) ([]int64, error) {
	return o.s.ListExecutions(o.ctx, o.conn, instanceID)
}
func (o onServer) LatestExecutionID(instanceID string) (int64, error) {
	return o.s.LatestExecutionID(o.ctx, o.conn, instanceID)
}
func (o onServer) GetInstanceInfo(instanceID string) (provider.InstanceInfo, error) {
	return o.s.GetInstanceInfo(o.ctx, o.conn, instanceID)
}
func (o onServer) GetExecutionInfo(instanceID string, executionID int64) (provider.ExecutionInfo, error) {
	return o.s.GetExecutionInfo(o.ctx, o.conn, instanceID, executionID)
}
func (o onServer) GetSystemMetrics() (provider.SystemMetrics, error) {
	return o.s.GetSystemMetrics(o.ctx, o.conn)
}
func (o onServer) GetQueueDepths(now int64) (provider.QueueDepths, error) {
	return o.s.GetQueueDepths(o.ctx, o.conn, now)
}
func (o onServer) ListChildren(instanceID string) ([]string, error) {
	return o.s.ListChildren(o.ctx, o.conn, instanceID)
}
func (o onServer) GetParentID(instanceID string) (*string, error) {
	return o.s.GetParentID(o.ctx, o.conn, instanceID)
}
func (o onServer) GetInstanceTree(instanceID string) ([]string, error) {
	return o.s.GetInstanceTree(o.ctx, o.conn, instanceID)
}
func (o onServer) DeleteInstances(ids []string, force bool) (provider.Deleted, error) {
	return o.s.DeleteInstances(o.ctx, o.conn, ids, force)
}
func (o onServer) DeleteInstance(instanceID string, force bool) (provider.Deleted, error) {
	return o.s.DeleteInstance(o.ctx, o.conn, instanceID, force)
}
func (o onServer) DeleteInstancesBulk(f provider.InstanceSet) (provider.Deleted, error) {
	return o.s.DeleteInstancesBulk(o.ctx, o.conn, f)
}
func (o onServer) PruneExecutions(f provider.InstanceSet, keepLast int64, completedBefore *int64) (provider.Pruned, error) {
	return o.s.PruneExecutions(o.ctx, o.conn, f, keepLast, completedBefore)
}
