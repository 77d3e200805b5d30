update worker_queue set visible_at = $3, lock_token = $2::uuid, attempt_count = attempt_count + 1 where id = any($1)
