delete from orchestrator_queue where instance_id = $1 and id = any ($2::bigint[])
