select instance_id from instances where parent_instance_id = $1 order by created_at, instance_id
