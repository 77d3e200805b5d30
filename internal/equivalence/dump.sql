-- All that is stored, a row a line, without the ids that differ from server to server and from strategy to strategy.
select 'instances: ' || (to_jsonb(t) - 'history_owner')::text || ' owner ' || (t.history_owner is not null) from instances t
union all
select 'executions: ' || to_jsonb(t)::text from executions t
union all
select 'history: ' || to_jsonb(t)::text from history t
union all
select 'orchestrator_queue: ' || (to_jsonb(t) - 'id')::text || ' number ' || row_number() over (partition by instance_id order by id)
from orchestrator_queue t
union all
select 'instance_locks: ' || (to_jsonb(t) - 'head_id')::text || ' head ' || coalesce(
    (select left(q.work_item, 20) from orchestrator_queue q where q.instance_id = t.instance_id and q.id = t.head_id), 'none')
from instance_locks t
union all
select 'worker_queue: ' || (to_jsonb(t) - 'id')::text || ' number ' || row_number() over (order by id) from worker_queue t
order by 1
