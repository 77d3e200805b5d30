-- A new statement, hence a snapshot younger than the lock.
select id, work_item, attempt_count, visible_at from orchestrator_queue
where instance_id = current_setting('pgbench_provider.instance', true) and visible_at <= $1
order by id
