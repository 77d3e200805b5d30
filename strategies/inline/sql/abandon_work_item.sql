update worker_queue
set lock_token = null, visible_at = coalesce($3::bigint, enqueued_at), attempt_count = attempt_count - $4::int
where id = $1 and lock_token = $2::uuid
