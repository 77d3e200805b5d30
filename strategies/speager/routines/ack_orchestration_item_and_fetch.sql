-- ack_orchestration_item, and then hand_over. Where no work item is fetchable, the first that the turn makes are what that
-- would find: they are then inserted as locked.
-- out_next, where a turn was wanted and there is none: when the own instance can be fetched for the messages that are left. They
-- may have come while this call waited for the instance's row, and be visible from a moment after p_now.
create function ack_orchestration_item_and_fetch(
    p_instance_id text, p_token uuid, p_message_ids bigint[], p_now bigint, p_execution_id bigint,
    p_name text, p_version text, p_parent text,
    p_status text, p_output text, p_completed_at bigint,
    p_event_ids bigint[], p_event_data text[],
    p_work_instances text[], p_work_executions bigint[], p_work_activities bigint[], p_work_items text[],
    p_message_instances text[], p_message_visible_at bigint[], p_message_items text[],
    p_cancelled_executions bigint[], p_cancelled_activities bigint[],
    p_history_seen uuid, p_history_owner uuid, p_history_through bigint,
    p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_turn_from bigint,
    p_works int, p_work_token uuid, p_work_until bigint, p_work_from bigint,
    out out_instance_id text, out out_attempt_count int, out out_message_ids bigint[], out out_messages text[],
    out out_known boolean, out out_name text, out out_version text, out out_execution_id bigint, out out_history text[],
    out out_history_owner uuid, out out_history_through bigint, out out_visible_at bigint,
    out out_work_ids bigint[], out out_work_items text[], out out_work_attempts int[], out out_work_enqueued_at bigint[],
    out out_next bigint)
language plpgsql as $$
declare
    v_made int := case when p_works > 0 and p_cancelled_activities is null then coalesce(cardinality(p_work_items), 0) else 0 end;
    v_works int := p_works;
    v_since bigint := case when v_made < p_works then 0 else p_work_from end; -- made before what else there is
    v_ids bigint[];
    v_held boolean;
    v_ready boolean := true;
begin
    if p_turn_token is not null and current_setting('transaction_isolation') <> 'read committed' then
        p_turn_token := null;
        out_next := p_now;
    end if;
    if v_made > 0 then
        if ack_orchestration_item(
            p_instance_id, p_token, p_message_ids, p_now, p_execution_id,
            p_name, p_version, p_parent,
            p_status, p_output, p_completed_at,
            p_event_ids, p_event_data,
            null, null, null, null,
            p_message_instances, p_message_visible_at, p_message_items,
            null, null,
            p_history_seen, p_history_owner, p_history_through) is null then
        end if;

        if v_made = 1 then
            insert into worker_queue (instance_id, execution_id, activity_id, work_item, visible_at, enqueued_at, lock_token, attempt_count)
            select p_work_instances[1], p_work_executions[1], p_work_activities[1], p_work_items[1],
                   case when a.alone then p_work_until else p_now end, p_now, case when a.alone then p_work_token end, a.alone::int
            from (select not exists (select from worker_queue w where w.visible_at between v_since and p_now) as alone) a
            returning array[id], lock_token is not null into v_ids, v_held;
        else
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
        if v_held then
            out_work_ids := v_ids[:p_works];
            out_work_items := p_work_items[:p_works];
            out_work_attempts := array_fill(1, array[cardinality(out_work_ids)]);
            out_work_enqueued_at := array_fill(p_now, array[cardinality(out_work_ids)]);
            v_works := 0;
        end if;
    else
        if ack_orchestration_item(
            p_instance_id, p_token, p_message_ids, p_now, p_execution_id,
            p_name, p_version, p_parent,
            p_status, p_output, p_completed_at,
            p_event_ids, p_event_data,
            p_work_instances, p_work_executions, p_work_activities, p_work_items,
            p_message_instances, p_message_visible_at, p_message_items,
            p_cancelled_executions, p_cancelled_activities,
            p_history_seen, p_history_owner, p_history_through) is null then
        end if;
    end if;

    if v_works > 0 then
        select h.* into out_instance_id, out_attempt_count, out_message_ids, out_messages,
            out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through, out_visible_at,
            out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at
        from hand_over(p_now, p_turn_token, p_turn_until, p_turn_owner, p_turn_from, p_works, p_work_token, p_work_until, p_work_from) h;
        v_ready := false;
    end if;
    if p_turn_token is null or out_instance_id is not null then
        return;
    end if;
    select v_ready and (exists (select from instance_locks l where l.visible_at between p_turn_from and p_now)
                        or exists (select from instance_locks l where l.visible_at < p_turn_from and l.visible_at <= p_now)),
           (select l.visible_at from instance_locks l where l.instance_id = p_instance_id and l.lock_token is null)
    into v_ready, out_next;
    if v_ready then
        select h.out_instance_id, h.out_attempt_count, h.out_message_ids, h.out_messages,
            h.out_known, h.out_name, h.out_version, h.out_execution_id, h.out_history, h.out_history_owner, h.out_history_through, h.out_visible_at
        into out_instance_id, out_attempt_count, out_message_ids, out_messages,
            out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through, out_visible_at
        from hand_over(p_now, p_turn_token, p_turn_until, p_turn_owner, p_turn_from, 0, null, null, null) h;
    end if;
    if out_instance_id is not null then
        out_next := null;
    end if;
end $$;
