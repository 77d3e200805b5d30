-- The item that has been visible longest, of those since $2 if there is one. Losing the lock is only a retry, so the commit
-- need not wait for the disk.
select c.id, c.work_item, c.attempt_count, c.enqueued_at, set_config('synchronous_commit', 'off', true) from (
    select * from (
        select id, work_item, attempt_count, enqueued_at from worker_queue
        where visible_at between $2 and $1
        order by visible_at, id
        limit 1
        for update skip locked) recent
    union all
    select * from (
        select id, work_item, attempt_count, enqueued_at from worker_queue
        where visible_at < $2 and visible_at <= $1
        order by visible_at, id
        limit 1
        for update skip locked) earlier) c
limit 1
