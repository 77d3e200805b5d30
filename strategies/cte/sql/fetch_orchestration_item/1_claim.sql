-- Locks the instance that has been fetchable longest, of those since $5 if there is one, and reads what its turn needs, in one statement. The statement reads
-- with a snapshot that is older than the lock it takes, so what it read may be stale. Whoever gives an instance a message
-- or a turn also writes its row here, so it is stale only if the row that was locked is not the version that the snapshot
-- holds: then is_fresh is false, and the caller reads again. $1 now, $2 token, $3 until,
-- $4 who may have had the instance's last turn and then needs only what is newer.
with candidate as materialized (
    select c.* from (
        select * from (
            select instance_id, ctid as locked_version from instance_locks
            where visible_at between $5 and $1
            order by visible_at, head_id
            limit 1
            for update skip locked) recent
        union all
        select * from (
            select instance_id, ctid as locked_version from instance_locks
            where visible_at < $5 and visible_at <= $1
            order by visible_at, head_id
            limit 1
            for update skip locked) earlier) c
    limit 1
), claimed as (
    update instance_locks l
    set visible_at = $3, lock_token = $2::uuid, attempt_count = l.attempt_count + 1, dirty = false
    from candidate c
    where l.instance_id = c.instance_id
    returning l.instance_id, l.attempt_count,
              c.locked_version is not distinct from
                  (select s.ctid from instance_locks s where s.instance_id = c.instance_id) as is_fresh,
              set_config('synchronous_commit', 'off', true)
), counted as (
    update orchestrator_queue q set attempt_count = q.attempt_count + 1
    from claimed c
    where c.is_fresh and q.instance_id = c.instance_id and q.visible_at <= $1 and q.attempt_count > 0
)
select c.instance_id, c.attempt_count, c.is_fresh, m.ids, m.items, m.attempts,
       i.instance_id is not null, i.orchestration_name, i.orchestration_version,
       x.execution_id,
       array(select h.event_data from history h
             where h.instance_id = c.instance_id and h.execution_id = x.execution_id
               and h.event_id > case when i.history_owner = $4::uuid then i.history_through else 0 end
             order by h.event_id),
       i.history_owner::text, i.history_through, m.visible_at
from claimed c
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
