-- enqueue_orchestrator_item, and then hand_over. Where nothing else is fetchable and the instance had no messages, its turn is
-- what that would find: its row in instance_locks is then inserted as locked instead of being inserted, found and updated.
-- out_next, where a turn was wanted and none was looked for: when the instance can be fetched.
create function enqueue_orchestrator_item_and_fetch(
    p_instance_id text, p_visible_at bigint, p_item text, p_now bigint,
    p_turn_token uuid, p_turn_until bigint, p_turn_owner uuid, p_turn_from bigint,
    p_works int, p_work_token uuid, p_work_until bigint, p_work_from bigint,
    out out_instance_id text, out out_attempt_count int, out out_message_ids bigint[], out out_messages text[],
    out out_known boolean, out out_name text, out out_version text, out out_execution_id bigint, out out_history text[],
    out out_history_owner uuid, out out_history_through bigint, out out_visible_at bigint,
    out out_work_ids bigint[], out out_work_items text[], out out_work_attempts int[], out out_work_enqueued_at bigint[],
    out out_next bigint)
language plpgsql as $$
declare
    v_id bigint;
    v_alone boolean;
    v_token uuid;
    v_visible bigint;
begin
    if p_turn_token is not null and current_setting('transaction_isolation') <> 'read committed' then
        p_turn_token := null;
        out_next := p_visible_at;
    end if;
    insert into orchestrator_queue as q (instance_id, visible_at, work_item)
    values (p_instance_id, p_visible_at, p_item)
    returning q.id, p_turn_token is not null and p_works = 0 and p_visible_at between p_turn_from and p_now
                    and not exists (select from instance_locks l where l.visible_at between p_turn_from and p_now)
    into v_id, v_alone;

    insert into instance_locks as l (instance_id, visible_at, head_id, lock_token, attempt_count, dirty)
    values (p_instance_id, case when v_alone then p_turn_until else p_visible_at end, v_id,
            case when v_alone then p_turn_token end, v_alone::int, not v_alone)
    on conflict (instance_id) do update set
        visible_at = case when l.lock_token is null then least(l.visible_at, p_visible_at) else l.visible_at end,
        head_id = case when l.lock_token is null and (p_visible_at, v_id) < (l.visible_at, l.head_id)
                       then excluded.head_id else l.head_id end,
        dirty = true
    returning l.lock_token, l.visible_at into v_token, v_visible;

    if not v_alone or v_token is distinct from p_turn_token then
        select h.* into out_instance_id, out_attempt_count, out_message_ids, out_messages,
            out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through, out_visible_at,
            out_work_ids, out_work_items, out_work_attempts, out_work_enqueued_at
        from hand_over(p_now, p_turn_token, p_turn_until, p_turn_owner, p_turn_from, p_works, p_work_token, p_work_until, p_work_from) h;
        return;
    end if;

    out_instance_id := p_instance_id;
    out_attempt_count := 1;
    out_message_ids := array[v_id];
    out_visible_at := p_visible_at;
    out_messages := array[p_item];
    select true, i.orchestration_name, i.orchestration_version, i.current_execution_id,
           array(select h.event_data from history h
                 where h.instance_id = p_instance_id and h.execution_id = i.current_execution_id
                   and h.event_id > case when i.history_owner = p_turn_owner then i.history_through else 0 end
                 order by h.event_id),
           i.history_owner, i.history_through
    into out_known, out_name, out_version, out_execution_id, out_history, out_history_owner, out_history_through
    from instances i where i.instance_id = p_instance_id;
    if out_known is null then
        out_known := false;
        out_history := '{}';
        out_execution_id := latest_trace(p_instance_id);
        if out_execution_id is not null then
            out_history := array(select h.event_data from history h
                                 where h.instance_id = p_instance_id and h.execution_id = out_execution_id
                                 order by h.event_id);
        end if;
    end if;
end $$;
