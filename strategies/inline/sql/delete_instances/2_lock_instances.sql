select from instances where instance_id = any ($1::text[]) order by instance_id for update
