-- The items that have been visible longest, as many as asked for. As in fetch_work_item, the commit need not wait for the
-- disk.
select c.id, c.work_item, c.attempt_count + 1, set_config('synchronous_commit', 'off', true) from (
    select id, work_item, attempt_count from worker_queue
    where visible_at <= $1
    order by visible_at, id
    limit $2
    for update skip locked) c
