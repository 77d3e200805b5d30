update worker_queue set visible_at = $4 where id = $1 and lock_token = $2::uuid and visible_at > $3
