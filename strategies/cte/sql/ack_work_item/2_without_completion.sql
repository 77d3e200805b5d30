delete from worker_queue where id = $1 and lock_token = $2::uuid and visible_at > $3
