-- The item that has been visible longest, of those since $4 if there is one. Losing the lock is only a retry, so the commit
-- need not wait for the disk.
update worker_queue
set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1
where id = (
    select c.id from (
        select * from (
            select id from worker_queue
            where visible_at between $4 and $1
            order by visible_at, id
            limit 1
            for update skip locked) recent
        union all
        select * from (
            select id from worker_queue
            where visible_at < $4 and visible_at <= $1
            order by visible_at, id
            limit 1
            for update skip locked) earlier) c
    limit 1)
returning id, work_item, attempt_count, enqueued_at, set_config('synchronous_commit', 'off', true)
