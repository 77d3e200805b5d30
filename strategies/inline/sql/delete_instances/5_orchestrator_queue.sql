delete from orchestrator_queue where instance_id = any ($1::text[])
