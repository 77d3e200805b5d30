-- Commits turns of several instances, given in ascending order, all or nothing, as ack_orchestration_item does with one that sends
-- no messages and cancels no activities. Plans for a few rows, whatever statistics know: rows that this call has locked are found
-- by ctid, others by limit 1 where a join could read all of a table that seems small.
create function ack_orchestration_items(
    p_instance_ids text[], p_tokens uuid[], p_now bigint, p_execution_ids bigint[],
    p_message_instances text[], p_message_ids bigint[],
    p_names text[], p_versions text[], p_parents text[],
    p_statuses text[], p_outputs text[], p_completed_at bigint[],
    p_event_instances text[], p_event_executions bigint[], p_event_ids bigint[], p_event_data text[],
    p_work_instances text[], p_work_executions bigint[], p_work_activities bigint[], p_work_items text[],
    p_history_seen uuid[], p_history_owners uuid[], p_history_through bigint[])
returns void language plpgsql as $$
declare
    v_locks tid[];
    v_freed bigint;
begin
    -- One by one in the order that is given, so that two calls cannot deadlock.
    select array_agg(h.ctid) into v_locks
    from (select unnest(p_instance_ids) as instance_id, unnest(p_tokens) as token) k
    cross join lateral (
        select l.ctid from instance_locks l
        where l.instance_id = k.instance_id and l.lock_token = k.token and l.visible_at > p_now
        limit 1
        for update) h;
    if v_locks is null or cardinality(v_locks) < cardinality(p_instance_ids) then
        raise exception 'a lock token is not held' using errcode = 'PB001';
    end if;

    delete from orchestrator_queue q
    where q.ctid = any (array(
        select h.ctid from (select unnest(p_message_instances) as instance_id, unnest(p_message_ids) as id) m
        cross join lateral (
            select o.ctid from orchestrator_queue o where o.instance_id = m.instance_id and o.id = m.id limit 1) h));

    delete from instance_locks l
    where l.ctid = any (v_locks)
      and (select o.id from orchestrator_queue o where o.instance_id = l.instance_id limit 1) is null;
    get diagnostics v_freed = row_count;
    if v_freed < cardinality(v_locks) then
        perform release_instance(l.instance_id) from instance_locks l where l.ctid = any (v_locks);
    end if;

    insert into instances as i (instance_id, orchestration_name, orchestration_version, current_execution_id,
                                parent_instance_id, created_at, updated_at, history_owner, history_through)
    select k.instance_id, coalesce(k.name, o.orchestration_name), case when k.name is null then o.orchestration_version else k.version end,
           k.execution_id, k.parent, p_now, p_now, k.owner, k.through
    from (select unnest(p_instance_ids) as instance_id, unnest(p_execution_ids) as execution_id,
                 unnest(p_names) as name, unnest(p_versions) as version, unnest(p_parents) as parent,
                 unnest(p_history_owners) as owner, unnest(p_history_through) as through) k
    left join lateral (select * from instances n where n.instance_id = k.instance_id limit 1) o on true
    where k.name is not null
       -- A turn with events in the current execution says in them when it was, unless a history is kept.
       or o.instance_id is not null and not (o.current_execution_id = k.execution_id and o.history_owner is null and k.owner is null
                                             and coalesce(k.instance_id = any (p_event_instances), false))
    on conflict (instance_id) do update set
        orchestration_name = excluded.orchestration_name,
        orchestration_version = excluded.orchestration_version,
        current_execution_id = greatest(i.current_execution_id, excluded.current_execution_id),
        parent_instance_id = coalesce(i.parent_instance_id, excluded.parent_instance_id),
        updated_at = excluded.updated_at,
        history_owner = case when i.history_owner is not distinct from p_history_seen[array_position(p_instance_ids, i.instance_id)]
                             then excluded.history_owner end,
        history_through = excluded.history_through;

    if array_position(p_statuses, null) is not null then
        insert into executions (instance_id, execution_id, status, started_at)
        select k.instance_id, k.execution_id, 'Running', p_now
        from (select unnest(p_instance_ids) as instance_id, unnest(p_execution_ids) as execution_id, unnest(p_statuses) as status) k
        where k.status is null
        on conflict (instance_id, execution_id) do nothing;
    end if;
    if cardinality(array_remove(p_statuses, null)) > 0 then
        insert into executions as e (instance_id, execution_id, status, output, started_at, completed_at)
        select k.instance_id, k.execution_id, k.status, k.output, p_now, k.completed_at
        from (select unnest(p_instance_ids) as instance_id, unnest(p_execution_ids) as execution_id, unnest(p_statuses) as status,
                     unnest(p_outputs) as output, unnest(p_completed_at) as completed_at) k
        where k.status is not null
        on conflict (instance_id, execution_id) do update set
            status = excluded.status, output = excluded.output, completed_at = excluded.completed_at;
    end if;

    if p_event_ids is not null then
        insert into history (instance_id, execution_id, event_id, event_data, created_at)
        select unnest(p_event_instances), unnest(p_event_executions), unnest(p_event_ids), unnest(p_event_data), p_now;
    end if;
    if p_work_items is not null then
        insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at)
        select unnest(p_work_instances), unnest(p_work_executions), unnest(p_work_activities), unnest(p_work_items), p_now, p_now;
    end if;
end $$;
