-- The instance that has been fetchable longest. Losing the lock is only a retry, so the commit need not wait for the disk.
select c.instance_id, set_config('synchronous_commit', 'off', true) from (
    select instance_id from instance_locks
    where visible_at <= $1
    order by visible_at, head_id
    limit 1
    for update skip locked) c
