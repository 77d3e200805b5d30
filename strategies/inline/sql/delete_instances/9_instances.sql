delete from instances where instance_id = any ($1::text[])
