-- The item that has been visible longest. Losing the lock is only a retry, so the commit need not wait for the disk.
update worker_queue
set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1
where id = (
    select id from worker_queue
    where visible_at <= $1
    order by visible_at, id
    limit 1
    for update skip locked)
returning id, work_item, attempt_count, set_config('synchronous_commit', 'off', true)
