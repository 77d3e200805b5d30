select orchestration_name, orchestration_version, current_execution_id from instances where instance_id = $1
