-- The row has been locked, so what this statement sees of the queue is all there is.
delete from instance_locks where instance_id = $1 and not exists (select from orchestrator_queue where instance_id = $1)
