-- The item that has been visible longest. Losing the lock is only a retry, so the commit need not wait for the disk.
select c.id, c.work_item, c.attempt_count, set_config('synchronous_commit', 'off', true) from (
    select id, work_item, attempt_count from worker_queue
    where visible_at <= $1
    order by visible_at, id
    limit 1
    for update skip locked) c
