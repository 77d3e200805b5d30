-- ack_orchestration_items, and then fetches of turns, a row each, and of work items, all in one row. Where no work item is fetchable, the first that the turns make are what that
-- would find: they are then inserted as locked.
-- out_next, where a turn was wanted and there is none: when instances can be fetched for the messages that are left, a row each, as in
-- ack_orchestration_item_and_fetch.
create function ack_orchestration_items_and_fetch(
    p_instance_ids text[], p_tokens uuid[], p_now bigint, p_execution_ids bigint[],
    p_message_instances text[], p_message_ids bigint[],
    p_names text[], p_versions text[], p_parents text[],
    p_statuses text[], p_outputs text[], p_completed_at bigint[],
    p_event_instances text[], p_event_executions bigint[], p_event_ids bigint[], p_event_data text[],
    p_work_instances text[], p_work_executions bigint[], p_work_activities bigint[], p_work_items text[],
    p_history_seen uuid[], p_history_owners uuid[], p_history_through bigint[],
    p_turns int, p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_turn_from bigint,
    p_works int, p_work_token uuid, p_work_until bigint, p_work_from bigint)
returns table (
    out_instance_id text, out_attempt_count int, out_message_ids bigint[], out_messages text[],
    out_known boolean, out_name text, out_version text, out_execution_id bigint, out_history text[],
    out_history_owner uuid, out_history_through bigint, out_visible_at bigint,
    out_work_ids bigint[], out_work_items text[], out_work_attempts int[], out_work_enqueued_at bigint[],
    out_next bigint)
language plpgsql as $$
declare
    v_commit text := current_setting('synchronous_commit');
    v_made int := case when p_works > 0 then coalesce(cardinality(p_work_items), 0) else 0 end;
    v_since bigint := case when v_made < p_works then 0 else p_work_from end; -- made before what else there is
    v_ids bigint[];
    v_held boolean := false;
    v_turns boolean := false;
begin
    if ack_orchestration_items(
        p_instance_ids, p_tokens, p_now, p_execution_ids, p_message_instances, p_message_ids,
        p_names, p_versions, p_parents, p_statuses, p_outputs, p_completed_at,
        p_event_instances, p_event_executions, p_event_ids, p_event_data,
        case when v_made = 0 then p_work_instances end, p_work_executions, p_work_activities, case when v_made = 0 then p_work_items end,
        p_history_seen, p_history_owners, p_history_through) is null then
    end if;

    if v_made > 0 then
        with made as (
            insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at, lock_token, attempt_count)
            select n.instance_id, n.execution_id, n.activity_id, n.work_item,
                   case when n.held then p_work_until else p_now end, p_now, case when n.held then p_work_token end, n.held::int
            from (select i.instance_id, i.execution_id, i.activity_id, i.work_item, a.alone and i.n <= p_works as held
                  from (select not exists (select from worker_queue w where w.visible_at between v_since and p_now) as alone) a,
                       (select unnest(p_work_instances) as instance_id, unnest(p_work_executions) as execution_id,
                               unnest(p_work_activities) as activity_id, unnest(p_work_items) as work_item,
                               generate_series(1, v_made) as n) i) n
            returning id, lock_token is not null as held)
        select array_agg(m.id order by m.id), bool_or(m.held) into v_ids, v_held from made m;
    end if;

    if p_turn_token is not null then
        if current_setting('transaction_isolation') <> 'read committed' then
            out_next := p_now;
        elsif exists (select from instance_locks l where l.visible_at between p_turn_from and p_now)
            or exists (select from instance_locks l where l.visible_at < p_turn_from and l.visible_at <= p_now) then
            for out_instance_id, out_attempt_count, out_message_ids, out_messages,
                out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through, out_visible_at in
                select f.* from fetch_orchestration_items(p_turn_token, p_now, p_turn_until, p_turn_owner, p_turn_from, p_turns) f
            loop
                v_turns := true;
                return next;
            end loop;
        end if;
        if not v_turns and out_next is null then
            for out_next in
                select h.visible_at
                from (select unnest(p_instance_ids) as instance_id) k
                cross join lateral (select l.visible_at from instance_locks l
                                    where l.instance_id = k.instance_id and l.lock_token is null limit 1) h
            loop
                out_instance_id := null;
                return next;
            end loop;
            out_next := null;
        end if;
    end if;

    if v_held then
        out_work_ids := v_ids[:p_works];
        out_work_items := p_work_items[:p_works];
        out_work_attempts := array_fill(1, array[cardinality(out_work_ids)]);
        out_work_enqueued_at := array_fill(p_now, array[cardinality(out_work_ids)]);
    elsif p_works > 0 then
        select f.* into out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at
        from fetch_work_items(p_work_token, p_now, p_work_until, p_works, p_work_from) f;
    end if;
    if out_work_ids is not null or out_next is not null then
        out_instance_id := null;
        return next;
    end if;
    v_commit := set_config('synchronous_commit', v_commit, true); -- the fetches have lowered it
end $$;
