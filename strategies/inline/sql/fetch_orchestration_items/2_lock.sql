-- The array's length is hidden from the planner: a plan for each length would be made anew for each call.
update instance_locks
set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1, dirty = false
where instance_id = any (array(select unnest($1::text[])))
returning instance_id, attempt_count
