select event_data from history
where instance_id = $1 and execution_id = greatest(
    (select max(execution_id) from executions where instance_id = $1),
    (select max(execution_id) from history where instance_id = $1))
order by event_id
