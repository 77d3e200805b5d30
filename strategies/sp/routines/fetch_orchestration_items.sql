-- Locks the instances that have been fetchable longest, up to p_limit, all under one token, those since p_from before earlier
-- ones, and returns for each, in that order, what fetch_orchestration_item does. As there, the commit need not wait for the disk.
-- Plans for a few rows, whatever statistics know: the array, and limit 1 where a join could read all of a table that seems small.
create function fetch_orchestration_items(p_token uuid, p_now bigint, p_until bigint, p_owner uuid, p_from bigint, p_limit int)
returns table (
    out_instance_id text, out_attempt_count int, out_message_ids bigint[], out_messages text[],
    out_known boolean, out_name text, out_version text, out_execution_id bigint, out_history text[],
    out_history_owner uuid, out_history_through bigint, out_visible_at bigint)
language plpgsql as $$
declare
    v_commit text := set_config('synchronous_commit', 'off', true);
    v_ids text[];
    v_locks tid[];
begin
    loop
        select array_agg(c.instance_id), array_agg(c.ctid) into v_ids, v_locks from (
            select l.instance_id, l.ctid from instance_locks l
            where l.visible_at between p_from and p_now
            order by l.visible_at, l.head_id
            limit p_limit
            for update skip locked) c;
        if p_from > 0 and coalesce(cardinality(v_ids), 0) < p_limit then
            select v_ids || array_agg(c.instance_id), v_locks || array_agg(c.ctid) into v_ids, v_locks from (
                select l.instance_id, l.ctid from instance_locks l
                where l.visible_at < p_from and l.visible_at <= p_now
                order by l.visible_at, l.head_id
                limit p_limit - coalesce(cardinality(v_ids), 0)
                for update skip locked) c;
        end if;
        exit when v_ids is null;

        update instance_locks l
        set visible_at = p_until, lock_token = p_token, attempt_count = l.attempt_count + 1, dirty = false
        where l.ctid = any (v_locks);

        -- A new statement, hence a snapshot younger than the locks. An instance with nothing to do after all gets its clock right
        -- and gives no row: release_instance returns void, which is not null.
        return query
        select k.instance_id,
               case when m.attempts > 0 then greatest(l.attempt_count, count_attempts(k.instance_id, p_now)) else l.attempt_count end,
               m.ids, m.items::text[], i.instance_id is not null, i.orchestration_name::text, i.orchestration_version::text, e.id,
               array(select h.event_data::text from history h
                     where h.instance_id = k.instance_id and h.execution_id = e.id
                       and h.event_id > case when i.history_owner = p_owner then i.history_through else 0 end
                     order by h.event_id),
               i.history_owner, i.history_through, m.visible_at
        from (select unnest(v_ids) as instance_id) k
        cross join lateral (select n.attempt_count from instance_locks n where n.instance_id = k.instance_id limit 1) l
        cross join lateral (
            select array_agg(q.id) as ids, array_agg(q.work_item) as items, max(q.attempt_count) as attempts,
                   min(q.visible_at) as visible_at
            from (select id, work_item, o.attempt_count, visible_at from orchestrator_queue o
                  where o.instance_id = k.instance_id and o.visible_at <= p_now
                  order by o.id) q) m
        left join lateral (select * from instances n where n.instance_id = k.instance_id limit 1) i on true
        cross join lateral (
            -- Without a row in instances: the highest of which anything is stored, as latest_trace has it.
            select case when i.instance_id is not null then i.current_execution_id else greatest(
                (select max(x.execution_id) from executions x where x.instance_id = k.instance_id),
                (select max(x.execution_id) from history x where x.instance_id = k.instance_id)) end as id) e
        where case when m.ids is null then release_instance(k.instance_id) is null else true end;
        exit when found;
    end loop;
end $$;
