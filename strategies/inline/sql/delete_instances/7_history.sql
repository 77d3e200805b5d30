delete from history where instance_id = any ($1::text[])
