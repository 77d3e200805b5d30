update instances set current_execution_id = greatest(current_execution_id, $2), updated_at = $3 where instance_id = $1
