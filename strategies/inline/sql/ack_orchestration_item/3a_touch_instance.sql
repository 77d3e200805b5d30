-- A row only if that is the current execution: then whatever made it so has inserted its row in executions too.
update instances set updated_at = $3 where instance_id = $1 and current_execution_id = $2
