-- Only without an instance row: the highest execution of which anything is stored.
select greatest(
    (select max(execution_id) from executions where instance_id = $1),
    (select max(execution_id) from history where instance_id = $1))
