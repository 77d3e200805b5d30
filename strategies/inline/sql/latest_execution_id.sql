select current_execution_id from instances where instance_id = $1
