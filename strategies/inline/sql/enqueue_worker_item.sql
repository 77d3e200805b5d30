insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at)
values ($1, $2, $3, $4, $5, $5)
