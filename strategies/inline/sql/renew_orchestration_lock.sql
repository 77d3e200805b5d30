update instance_locks set visible_at = $4 where instance_id = $1 and lock_token = $2::uuid and visible_at > $3
