-- Null for a root.
select parent_instance_id from instances where instance_id = $1
