-- The instance that has been fetchable longest, of those since $2 if there is one. Losing the lock is only a retry, so the
-- commit need not wait for the disk.
select c.instance_id, set_config('synchronous_commit', 'off', true) from (
    select * from (
        select instance_id from instance_locks
        where visible_at between $2 and $1
        order by visible_at, head_id
        limit 1
        for update skip locked) recent
    union all
    select * from (
        select instance_id from instance_locks
        where visible_at < $2 and visible_at <= $1
        order by visible_at, head_id
        limit 1
        for update skip locked) earlier) c
limit 1
