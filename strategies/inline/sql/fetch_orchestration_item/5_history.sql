select event_data from history where instance_id = $1 and execution_id = $2 and event_id > $3 order by event_id
