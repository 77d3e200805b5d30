-- Rows of instance_locks go first and in order, as everywhere; with them the turns in flight lose their locks.
select from instance_locks where instance_id = any ($1::text[]) order by instance_id for update
