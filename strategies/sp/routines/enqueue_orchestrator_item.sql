-- Returns the id of the message.
create function enqueue_orchestrator_item(p_instance_id text, p_visible_at bigint, p_item text)
returns bigint language plpgsql as $$
declare
    v_id bigint;
begin
    insert into orchestrator_queue as q (instance_id, visible_at, work_item)
    values (p_instance_id, p_visible_at, p_item)
    returning q.id into v_id;

    insert into instance_locks as l (instance_id, visible_at, head_id)
    values (p_instance_id, p_visible_at, v_id)
    on conflict (instance_id) do update set
        visible_at = case when l.lock_token is null then least(l.visible_at, excluded.visible_at) else l.visible_at end,
        head_id = case when l.lock_token is null
                        and (excluded.visible_at, excluded.head_id) < (l.visible_at, l.head_id)
                       then excluded.head_id else l.head_id end,
        dirty = true;
    return v_id;
end $$;
