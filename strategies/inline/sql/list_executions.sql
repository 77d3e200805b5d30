select execution_id from executions where instance_id = $1 order by execution_id
