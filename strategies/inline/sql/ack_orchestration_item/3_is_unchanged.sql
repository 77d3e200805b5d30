-- Of a turn with events and no kept history: whether the instance's row may stay as it is, since that is the current execution. Then
-- whatever made it so has inserted its row in executions too.
select exists (select from instances where instance_id = $1 and current_execution_id = $2 and history_owner is null)
