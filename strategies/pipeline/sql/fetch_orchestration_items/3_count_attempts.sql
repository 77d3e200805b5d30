-- Touches nothing but after an abandon with delay: such messages are counted one by one.
update orchestrator_queue set attempt_count = attempt_count + 1
where instance_id = any (nullif(current_setting('pgbench_provider.instances', true), '')::text[]) and visible_at <= $1 and attempt_count > 0
