package sp

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	listChildren    = sql.Get("list_children")
	getParentID     = sql.Get("get_parent_id")
	getInstanceTree = sql.Get("get_instance_tree")
	deleteInstances = sql.Get("delete_instances")
	deleteInstance  = sql.Get("delete_instance")
	deleteBulk      = sql.Get("delete_instances_bulk")
	pruneExecutions = sql.Get("prune_executions")
)

// ListChildren implements [provider.Strategy].
func (Strategy) ListChildren(ctx context.Context, conn *pgx.Conn, instanceID string) (ids []string, err error) {
	err = conn.QueryRow(ctx, listChildren, instanceID).Scan(&ids)
	return ids, err
}

// GetParentID implements [provider.Strategy].
func (Strategy) GetParentID(ctx context.Context, conn *pgx.Conn, instanceID string) (parent *string, err error) {
	err = conn.QueryRow(ctx, getParentID, instanceID).Scan(&parent)
	return parent, err
}

// GetInstanceTree implements [provider.Strategy].
func (Strategy) GetInstanceTree(ctx context.Context, conn *pgx.Conn, instanceID string) (ids []string, err error) {
	err = conn.QueryRow(ctx, getInstanceTree, instanceID).Scan(&ids)
	return ids, err
}

// DeleteInstances implements [provider.Strategy].
func (Strategy) DeleteInstances(ctx context.Context, conn *pgx.Conn, ids []string, force bool) (provider.Deleted, error) {
	return provider.ScanDeleted(conn.QueryRow(ctx, deleteInstances, ids, force))
}

// DeleteInstance implements [provider.Strategy].
func (Strategy) DeleteInstance(ctx context.Context, conn *pgx.Conn, instanceID string, force bool) (provider.Deleted, error) {
	return provider.ScanDeleted(conn.QueryRow(ctx, deleteInstance, instanceID, force))
}

// DeleteInstancesBulk implements [provider.Strategy].
func (Strategy) DeleteInstancesBulk(ctx context.Context, conn *pgx.Conn, f provider.InstanceSet) (provider.Deleted, error) {
	return provider.ScanDeleted(conn.QueryRow(ctx, deleteBulk, f.IDs, f.CompletedBefore, f.Limit))
}

// PruneExecutions implements [provider.Strategy].
func (Strategy) PruneExecutions(ctx context.Context, conn *pgx.Conn, f provider.InstanceSet, keepLast int64, completedBefore *int64) (p provider.Pruned, err error) {
	err = conn.QueryRow(ctx, pruneExecutions, f.IDs, f.CompletedBefore, f.Limit, keepLast, completedBefore).
		Scan(&p.Instances, &p.Executions, &p.Events)
	return p, err
}
