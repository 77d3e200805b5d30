-- Only after an abandon with delay: such messages are counted one by one.
update orchestrator_queue set attempt_count = attempt_count + 1
where instance_id = $1 and id = any ($2::bigint[]) and attempt_count > 0
