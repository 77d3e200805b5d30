select event_data from history where instance_id = $1 and execution_id = $2 order by event_id
