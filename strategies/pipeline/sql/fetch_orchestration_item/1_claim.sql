-- Locks the instance that has been fetchable longest, of those since $4 if there is one. The statements behind it, sent before its answer is known, find the
-- instance in a setting that lasts as long as the transaction.
update instance_locks
set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1, dirty = false
where instance_id = (
    select c.instance_id from (
        select * from (
            select instance_id from instance_locks
            where visible_at between $4 and $1
            order by visible_at, head_id
            limit 1
            for update skip locked) recent
        union all
        select * from (
            select instance_id from instance_locks
            where visible_at < $4 and visible_at <= $1
            order by visible_at, head_id
            limit 1
            for update skip locked) earlier) c
    limit 1)
returning instance_id, attempt_count, set_config('pgbench_provider.instance', instance_id, true),
          set_config('synchronous_commit', 'off', true)
