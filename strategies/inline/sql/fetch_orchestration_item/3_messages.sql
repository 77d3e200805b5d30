select id, work_item, attempt_count, visible_at from orchestrator_queue
where instance_id = $1 and visible_at <= $2
order by id
