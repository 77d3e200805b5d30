-- Only when messages are left: they decide when the instance may be fetched again. $2 is what its attempts begin with,
-- null leaves them.
update instance_locks
set (visible_at, head_id) = (select visible_at, id from orchestrator_queue where instance_id = $1
                             order by visible_at, id limit 1),
    lock_token = null, attempt_count = coalesce($2::int, attempt_count), dirty = true
where instance_id = $1 and exists (select from orchestrator_queue where instance_id = $1)
