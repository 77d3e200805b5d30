-- A row only if that is the current execution: then whatever made it so has inserted its row in executions too. $4 is the
-- owner of the history that the fetch saw, $5 and $6 are the one that keeps it now, and through which event.
update instances
set updated_at = $3, history_owner = case when history_owner is not distinct from $4::uuid then $5::uuid end, history_through = $6
where instance_id = $1 and current_execution_id = $2
