-- Locks the instance that has been fetchable longest. The statements behind it, sent before its answer is known, find the
-- instance in a setting that lasts as long as the transaction.
update instance_locks
set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1, dirty = false
where instance_id = (
    select instance_id from instance_locks
    where visible_at <= $1
    order by visible_at, head_id
    limit 1
    for update skip locked)
returning instance_id, attempt_count, set_config('pgbench_provider.instance', instance_id, true),
          set_config('synchronous_commit', 'off', true)
