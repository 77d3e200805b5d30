-- What a fetch read may have been stale: the lock is held and committed by now, so this snapshot is younger. $1 now, $2
-- token, $3 instance, $4 as above. No row means that the lock is not held any more.
with held as materialized (
    select instance_id, attempt_count from instance_locks where instance_id = $3 and lock_token = $2::uuid for update
), counted as (
    update orchestrator_queue q set attempt_count = q.attempt_count + 1
    from held c
    where q.instance_id = c.instance_id and q.visible_at <= $1 and q.attempt_count > 0
)
select c.instance_id, c.attempt_count, true, m.ids, m.items, m.attempts,
       i.instance_id is not null, i.orchestration_name, i.orchestration_version,
       x.execution_id,
       array(select h.event_data from history h
             where h.instance_id = c.instance_id and h.execution_id = x.execution_id
               and h.event_id > case when i.history_owner = $4::uuid then i.history_through else 0 end
             order by h.event_id),
       i.history_owner::text, i.history_through, m.visible_at
from held c
left join instances i on i.instance_id = c.instance_id
cross join lateral (
    select array_agg(q.id) as ids, array_agg(q.work_item) as items, max(q.attempt_count) as attempts, min(q.visible_at) as visible_at
    from (select id, work_item, attempt_count, visible_at from orchestrator_queue
          where instance_id = c.instance_id and visible_at <= $1 order by id) q
) m
cross join lateral (
    select case when i.instance_id is not null then i.current_execution_id else greatest(
        (select max(e.execution_id) from executions e where e.instance_id = c.instance_id),
        (select max(h.execution_id) from history h where h.instance_id = c.instance_id)) end as execution_id
) x
