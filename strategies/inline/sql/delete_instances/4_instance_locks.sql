delete from instance_locks where instance_id = any ($1::text[])
