delete from instance_locks where instance_id = $1
