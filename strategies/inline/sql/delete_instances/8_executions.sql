delete from executions where instance_id = any ($1::text[])
