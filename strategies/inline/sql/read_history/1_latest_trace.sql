select greatest(
    (select max(execution_id) from executions where instance_id = $1),
    (select max(execution_id) from history where instance_id = $1))
