update instance_locks
set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1, dirty = false
where instance_id = $1
returning attempt_count
