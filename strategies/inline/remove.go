package inline

import (
	"context"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/provider"
)

var (
	listChildren    = sql.Get("list_children")
	getParentID     = sql.Get("get_parent_id")
	getInstanceTree = sql.Get("get_instance_tree")
	deleteBulk      = sql.Get("delete_instances_bulk")
	pruneInstances  = sql.Get("prune_executions.instances")
	pruneDelete     = sql.Get("prune_executions.delete")

	deleteParent        = sql.Get("delete_instance.parent")
	deleteLockQueues    = sql.Get("delete_instances.lock_queues")
	deleteLockInstances = sql.Get("delete_instances.lock_instances")
	deleteCheck         = sql.Get("delete_instances.check")
	deleteLocks         = sql.Get("delete_instances.instance_locks")
	deleteMessages      = sql.Get("delete_instances.orchestrator_queue")
	deleteWork          = sql.Get("delete_instances.worker_queue")
	deleteHistory       = sql.Get("delete_instances.history")
	deleteExecutions    = sql.Get("delete_instances.executions")
	deleteRows          = sql.Get("delete_instances.instances")
)

// ListChildren implements [provider.Strategy].
func (Strategy) ListChildren(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error) {
	return strings(ctx, conn, listChildren, instanceID)
}

// GetParentID implements [provider.Strategy].
func (Strategy) GetParentID(ctx context.Context, conn *pgx.Conn, instanceID string) (parent *string, err error) {
	err = conn.QueryRow(ctx, getParentID, instanceID).Scan(&parent)
	return parent, provider.NoRows(err, provider.ErrInstanceNotFound)
}

// GetInstanceTree implements [provider.Strategy].
func (Strategy) GetInstanceTree(ctx context.Context, conn *pgx.Conn, instanceID string) ([]string, error) {
	ids, err := strings(ctx, conn, getInstanceTree, []string{instanceID})
	if err == nil && len(ids) == 0 {
		return nil, provider.ErrInstanceNotFound
	}
	return ids, err
}

// DeleteInstances implements [provider.Strategy].
func (Strategy) DeleteInstances(ctx context.Context, conn *pgx.Conn, ids []string, force bool) (d provider.Deleted, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		d, err = remove(ctx, tx, ids, force)
		return err
	})
	return d, err
}

// DeleteInstance implements [provider.Strategy].
func (Strategy) DeleteInstance(ctx context.Context, conn *pgx.Conn, instanceID string, force bool) (d provider.Deleted, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var parent *string
		if err := tx.QueryRow(ctx, deleteParent, instanceID).Scan(&parent); err != nil {
			return provider.NoRows(err, provider.ErrInstanceNotFound)
		}
		if parent != nil {
			return provider.ErrSubOrchestration
		}
		var err error
		d, err = removeTrees(ctx, tx, []string{instanceID}, force)
		return err
	})
	return d, err
}

// DeleteInstancesBulk implements [provider.Strategy].
func (Strategy) DeleteInstancesBulk(ctx context.Context, conn *pgx.Conn, f provider.InstanceSet) (d provider.Deleted, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		roots, err := strings(ctx, tx, deleteBulk, f.IDs, f.CompletedBefore, f.Limit)
		if err != nil {
			return err
		}
		d, err = removeTrees(ctx, tx, roots, true)
		return err
	})
	return d, err
}

func removeTrees(ctx context.Context, tx pgx.Tx, roots []string, force bool) (provider.Deleted, error) {
	ids, err := strings(ctx, tx, getInstanceTree, roots)
	if err != nil {
		return provider.Deleted{}, err
	}
	return remove(ctx, tx, ids, force)
}

// remove deletes all of ids or none.
func remove(ctx context.Context, tx pgx.Tx, ids []string, force bool) (d provider.Deleted, err error) {
	for _, lock := range []string{deleteLockQueues, deleteLockInstances} {
		if _, err := tx.Exec(ctx, lock, ids); err != nil {
			return d, err
		}
	}
	var running, orphans bool
	if err := tx.QueryRow(ctx, deleteCheck, ids).Scan(&running, &orphans); err != nil {
		return d, err
	}
	switch {
	case running && !force:
		return d, provider.ErrInstanceRunning
	case orphans:
		return d, provider.ErrHasChildren
	}
	for _, step := range []struct {
		statement string
		count     *int64
	}{
		{deleteLocks, nil}, {deleteMessages, &d.Messages}, {deleteWork, nil},
		{deleteHistory, &d.Events}, {deleteExecutions, &d.Executions}, {deleteRows, &d.Instances},
	} {
		tag, err := tx.Exec(ctx, step.statement, ids)
		if err != nil {
			return d, err
		}
		if step.count != nil {
			*step.count = tag.RowsAffected()
		}
	}
	return d, nil
}

// PruneExecutions implements [provider.Strategy].
func (Strategy) PruneExecutions(ctx context.Context, conn *pgx.Conn, f provider.InstanceSet, keepLast int64, completedBefore *int64) (p provider.Pruned, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		ids, err := strings(ctx, tx, pruneInstances, f.IDs, f.CompletedBefore, f.Limit)
		if err != nil {
			return err
		}
		p.Instances = int64(len(ids))
		return tx.QueryRow(ctx, pruneDelete, ids, keepLast, completedBefore).Scan(&p.Executions, &p.Events)
	})
	return p, err
}
