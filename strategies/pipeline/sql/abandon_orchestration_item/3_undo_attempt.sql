update instance_locks set attempt_count = greatest(0, attempt_count - 1) where instance_id = $1
