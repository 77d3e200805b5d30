-- A new statement, hence a snapshot younger than the locks.
select k.instance_id, m.id, m.work_item, m.attempt_count, m.visible_at
from (select unnest(nullif(current_setting('pgbench_provider.instances', true), '')::text[]) as instance_id) k
cross join lateral (
    select id, work_item, attempt_count, visible_at from orchestrator_queue q
    where q.instance_id = k.instance_id and q.visible_at <= $1
    order by q.id) m
