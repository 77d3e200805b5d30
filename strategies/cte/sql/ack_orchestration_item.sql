-- Commits a turn that sends nothing to other instances: those must be locked in order with the own one, and the branches
-- of one statement run in no order. held is the lock's row as it is now, locked; is_fresh says whether it is the version
-- that the snapshot holds. When it is not, messages may have come that this statement cannot see: the instance is then left
-- fetchable at once, and the fetch finds out.
with held as materialized (
    select l.instance_id, l.dirty, l.ctid as locked_version from instance_locks l
    where l.instance_id = $1 and l.lock_token = $2::uuid and l.visible_at > $4
    for update
), lock as materialized (
    select h.instance_id, h.dirty,
           h.locked_version is not distinct from
               (select s.ctid from instance_locks s where s.instance_id = h.instance_id) as is_fresh
    from held h
), gone as (
    delete from orchestrator_queue q using lock k where q.instance_id = k.instance_id and q.id = any ($3::bigint[])
), sent as (
    insert into orchestrator_queue (instance_id, visible_at, work_item)
    select k.instance_id, unnest($18::bigint[]), unnest($19::text[]) from lock k
    returning id, visible_at
), remaining as materialized (
    select r.visible_at, r.id from (
        select q.visible_at, q.id from orchestrator_queue q where q.instance_id = $1 and q.id <> all ($3::bigint[])
        union all
        select s.visible_at, s.id from sent s) r
    order by r.visible_at, r.id
    limit 1
), released as (
    delete from instance_locks l using lock k
    where l.instance_id = k.instance_id and (k.is_fresh or not k.dirty) and not exists (select from remaining)
), released_to_next as (
    update instance_locks l
    set visible_at = case when k.is_fresh or not k.dirty then r.visible_at else $4 end,
        head_id = coalesce(r.id, l.head_id),
        lock_token = null, attempt_count = 0, dirty = true
    from lock k left join remaining r on true
    where l.instance_id = k.instance_id and not ((k.is_fresh or not k.dirty) and r.id is null)
), named as (
    insert into instances as i (instance_id, orchestration_name, orchestration_version, current_execution_id,
                                parent_instance_id, created_at, updated_at, history_owner, history_through)
    select k.instance_id, $6, $7, $5, $8, $4, $4, $21::uuid, $22 from lock k where $6::text is not null
    on conflict (instance_id) do update set
        orchestration_name = excluded.orchestration_name,
        orchestration_version = excluded.orchestration_version,
        current_execution_id = greatest(i.current_execution_id, excluded.current_execution_id),
        parent_instance_id = coalesce(i.parent_instance_id, excluded.parent_instance_id),
        updated_at = excluded.updated_at,
        history_owner = case when i.history_owner is not distinct from $20::uuid then excluded.history_owner end,
        history_through = excluded.history_through
), raised as (
    update instances i
    set current_execution_id = greatest(i.current_execution_id, $5), updated_at = $4,
        history_owner = case when i.history_owner is not distinct from $20::uuid then $21::uuid end, history_through = $22
    from lock k where i.instance_id = k.instance_id and $6::text is null
      -- A turn with events in the current execution says in them when it was.
      and not (i.current_execution_id = $5 and i.history_owner is null and $21::uuid is null and coalesce(cardinality($12::bigint[]), 0) > 0)
), execution as (
    insert into executions as e (instance_id, execution_id, status, output, started_at, completed_at)
    select k.instance_id, $5, coalesce($9, 'Running'), $10, $4, $11 from lock k
    -- An update that is refused would lock the row all the same.
    where $9::text is not null or not exists (
        select from executions x where x.instance_id = k.instance_id and x.execution_id = $5)
    on conflict (instance_id, execution_id) do update set
        status = excluded.status, output = excluded.output, completed_at = excluded.completed_at
        where $9::text is not null
), appended as (
    insert into history (instance_id, execution_id, event_id, event_data, created_at)
    select k.instance_id, $5, unnest($12::bigint[]), unnest($13::text[]), $4::bigint from lock k
), scheduled as (
    insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at)
    select unnest($14::text[]), unnest($15::bigint[]), unnest($16::bigint[]), unnest($17::text[]), $4::bigint, $4::bigint
    from lock k
)
select count(*) from lock
