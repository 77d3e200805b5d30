-- Touches nothing but after an abandon with delay: such messages are counted one by one.
update orchestrator_queue set attempt_count = attempt_count + 1
where instance_id = current_setting('pgbench_provider.instance', true) and visible_at <= $1 and attempt_count > 0
